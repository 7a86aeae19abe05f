"""The base of every list, and the list of people."""

from typing import Any, cast

import django_tables2 as tables
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from employees import formatting
from employees.models import Employee
from employees.naming import nip_for
from employees.templatetags.portal import TONES

#: Rows that are counted, and can be paged through, at most: beyond it the filters are the better way.
COUNT_LIMIT = 10_000
PER_PAGE = 25


class CappedPaginator(Paginator):
    """Counts up to COUNT_LIMIT and says "10,000+" beyond: an exact count is most of a long list's cost."""

    @cached_property
    def _counted(self) -> int:
        # The paginator is handed the table's rows, whose `data` is the table's data.
        data = cast(Any, self.object_list).data.data
        if isinstance(data, list):
            return len(data)
        return data.order_by()[: COUNT_LIMIT + 1].count()

    @property
    def count(self) -> int:
        return min(self._counted, COUNT_LIMIT)

    @property
    def count_words(self) -> str:
        """How many rows there are, as a sentence for the list."""
        if self._counted > COUNT_LIMIT:
            return _("More than %(limit)s rows; narrow the list with the filters") % {
                "limit": number_format(COUNT_LIMIT, force_grouping=True)
            }
        return ngettext("%(n)d row", "%(n)d rows", self.count) % {"n": self.count}


class PortalTable(tables.Table):
    """A list of the portal. `plain` leaves out the count and the sorting, for short lists inside a page."""

    plain = False
    caption: Any = ""
    empty_hint: Any = ""

    def paged(self, request: HttpRequest, per_page: int = PER_PAGE) -> "PortalTable":
        """Order and page this table by the address and return it. A page too far shows the last."""
        self.request = request
        order = request.GET.getlist(self.prefixed_order_by_field)
        if order:
            self.order_by = order
        self.paginator = CappedPaginator(self.rows, per_page)
        self.page = self.paginator.get_page(request.GET.get(self.prefixed_page_field))
        return self

    def keys(self, accessor: str = "pk") -> list[int]:
        """One key of each row of the page shown: its own, or that of the person behind it."""
        return [tables.A(accessor).resolve(row.record) for row in self.paginated_rows]

    def unpaged(self, request: HttpRequest) -> "PortalTable":
        """All rows on one page, for lists that are short by nature."""
        self.request = request
        return self


class StateColumn(tables.Column):
    """A coded state as a badge with its word."""

    def render(self, value: Any, record: Any, bound_column: Any) -> Any:
        field = bound_column.accessor
        code = getattr(record, str(field), value)
        return format_html('<span class="state state-{}">{}</span>', TONES.get(str(code), "quiet"), value)


class DayColumn(tables.Column):
    """A date as people write it, the exact one on hover."""

    def render(self, value: Any) -> Any:
        return formatting.time_element(value)


#: On a phone each row is a card: this column is its headline.
LEAD = {"td": {"class": "headline"}}
WAIT = {"td": {"class": "wait"}}
REASON = {"td": {"class": "reason"}}
NUMBER = {"th": {"class": "num"}, "td": {"class": "num"}}


class EmployeeTable(PortalTable):
    name = tables.Column(
        gettext_lazy("Name"), linkify=("employees:detail", {"pk": tables.A("pk")}), attrs=LEAD
    )
    position = tables.Column(gettext_lazy("Position"), empty_values=())
    unit = tables.Column(gettext_lazy("Unit"), order_by=("unit__name", "name", "pk"))
    status = tables.Column(gettext_lazy("Status"))
    last_training = DayColumn(
        gettext_lazy("Last training"),
        accessor="standing__last_training",
        order_by=("standing__last_training", "pk"),
    )
    waiting = tables.Column(
        gettext_lazy("Wait"),
        accessor="standing__waiting_since",
        attrs=WAIT,
        order_by=("standing__ever_trained", "standing__waiting_since", "standing__service_start", "pk"),
    )

    caption = gettext_lazy("Employees")
    empty_text = gettext_lazy("Nobody in your units fits these filters.")
    empty_hint = gettext_lazy("Take one of the filters away, or write less of the name.")

    class Meta:
        model = Employee
        fields = ("name", "position", "unit", "status", "last_training", "waiting")
        order_by = "name"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_text = type(self).empty_text

    def render_name(self, value: str, record: Employee) -> Any:
        return format_html(
            '{} <small class="nip">{}</small>', record.full_name, nip_for(record, self.request.user)
        )

    def order_name(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        sign = "-" if is_descending else ""
        return queryset.order_by(f"{sign}name", f"{sign}pk"), True

    def render_position(self, record: Employee) -> Any:
        return format_html("{} <small>{}</small>", record.position or "–", record.grade_display)

    def render_last_training(self, value: Any) -> Any:
        return formatting.time_element(value)

    def value_last_training(self, value: Any) -> Any:
        return value

    def render_waiting(self, value: Any, record: Employee) -> Any:
        words = formatting.wait_words(value)
        return words if record.standing.ever_trained else format_html(
            '{} <small>{}</small>', words, _("never trained")
        )  # fmt: skip
