"""The base of every list, and the list of people."""

import hashlib
from typing import Any, cast

import django_tables2 as tables
from django.core.cache import cache
from django.http import HttpRequest, QueryDict
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_tables2.rows import BoundRows

from employees import formatting
from employees.cells import rows_html
from employees.models import Employee
from employees.naming import nip_for
from employees.paging import PARAMETERS, Page, Pages, address
from employees.templatetags.portal import TONES

#: Rows that are counted while a page is made: beyond it the page says "more than" and has the rest counted apart.
COUNT_LIMIT = 1_000
#: Seconds for which the exact count of a long list is kept.
COUNT_KEPT = 60
PER_PAGE = 25


class CountedPaginator(Pages):
    """The pages of a table and how many rows it has, in honest words."""

    def __init__(self, table: "PortalTable", per_page: int, counted: Any = None) -> None:
        super().__init__(
            cast(Any, table.data).data, per_page=per_page, prefix=table.prefix or "", counted=counted
        )
        self.table = table
        self._known: int | None = None

    def get_page(self, parameters: QueryDict) -> Page:
        """The page asked for, with the table's rows on it."""
        wants_last = parameters.get(f"{self.prefix}page", "") not in ("", "1")
        page = self.page(parameters, rows_known=self._exact if wants_last else None)
        if page.number == 1 and not page.has_next:
            self._known = len(page.records)  # all of it is here: nothing to count
        page.object_list = BoundRows(page.records, table=self.table)
        return page

    @cached_property
    def _counted(self) -> int:
        return self.count_to(COUNT_LIMIT) if self._known is None else self._known

    @property
    def _exact(self) -> int | None:
        return self._counted if self._counted <= COUNT_LIMIT else None

    @property
    def count(self) -> int:
        """Rows counted: no further than COUNT_LIMIT."""
        return min(self._counted, COUNT_LIMIT)

    @property
    def capped(self) -> bool:
        return self._counted > COUNT_LIMIT

    @property
    def num_pages(self) -> int | None:
        """How many pages there are; None when the rows were not counted to the end."""
        return None if self.capped else max(1, -(-self._counted // self.per_page))

    @property
    def count_words(self) -> str:
        """How many rows there are, as a sentence for the list."""
        if self.capped:
            return _("More than %(limit)s rows") % {"limit": _grouped(COUNT_LIMIT)}
        return _rows_in_words(self.count)

    def exact_words(self) -> str:
        """The same counted to the end, once a minute for everybody who sees the same rows."""
        if not self.capped:
            return self.count_words
        key = "rows:" + hashlib.sha256(str(self.counted.order_by().query).encode()).hexdigest()
        found = cache.get(key)
        if found is None:
            found = self.counted.order_by().count()
            cache.set(key, found, COUNT_KEPT)
        return _rows_in_words(found)


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


def _rows_in_words(number: int) -> str:
    return ngettext("%(n)s row", "%(n)s rows", number) % {"n": _grouped(number)}


class PortalTable(tables.Table):
    """A list of the portal. `plain` leaves out the count and the sorting, for short lists inside a page."""

    plain = False
    caption: Any = ""
    empty_hint: Any = ""
    #: Whether the view counts to the end when it is asked with `count=exact` (employees/listing.py).
    counts_exactly = False
    #: Name under which the list is exported (employees/exporting/lists.py); `may_export` is the view's to say.
    export_name = ""
    may_export = False
    #: What an empty list says, and what to do about it.
    empty_text: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # django-tables2 hides the class's own words behind those of Meta.
        self.empty_text = self.empty_text or type(self).empty_text

    def ordered(self, query: QueryDict) -> Any:
        """The rows in the order that the address asks for."""
        if order := query.getlist(self.prefixed_order_by_field):
            self.order_by = order
        return cast(Any, self.data).data

    def paged(self, request: HttpRequest, per_page: int = PER_PAGE, counted: Any = None) -> "PortalTable":
        """Order and page this table by the address and return it. A page too far shows the last.

        `counted`: the same rows without what only their display needs, which are quicker to count.
        """
        self.request = request
        order = request.GET.getlist(self.prefixed_order_by_field)
        if order:
            self.order_by = order
        self.paginator = CountedPaginator(self, per_page, counted)
        self.page = self.paginator.get_page(request.GET)
        return self

    def keys(self, accessor: str = "pk") -> list[int]:
        """One key of each row of the page shown: its own, or that of the person behind it."""
        return [tables.A(accessor).resolve(row.record) for row in self.paginated_rows]

    def unpaged(self, request: HttpRequest) -> "PortalTable":
        """All rows on one page, for lists that are short by nature."""
        self.request = request
        return self

    def _link(self, word: str, label: str, changes: dict[str, str] | None) -> tuple[str, str, str]:
        url = "" if changes is None else address(self.request.GET, changes, self.prefix or "")
        return word, label, url

    @property
    def pager_back(self) -> list[tuple[str, str, str]]:
        """Links towards the beginning: name, word, address (empty: we are there)."""
        return [
            self._link("first", _("First"), self.page.first),
            self._link("prev", _("Previous"), self.page.previous),
        ]

    @property
    def pager_on(self) -> list[tuple[str, str, str]]:
        """Links towards the end."""
        return [self._link("next", _("Next"), self.page.next), self._link("last", _("Last"), self.page.last)]

    @property
    def page_words(self) -> str:
        """Where we are: "Page 3 of 12", as far as it is known."""
        number, pages = self.page.number, self.paginator.num_pages
        if number and pages:
            return _("Page %(number)s of %(pages)s") % {"number": number, "pages": pages}
        if number:
            return _("Page %(number)s") % {"number": _grouped(number)}
        return _("Last page") if not self.page.has_next else _("Further on")

    def sort_address(self, order: str) -> str:
        """The address of the first page in this order."""
        query = self.request.GET.copy()
        for name in PARAMETERS:
            query.pop(f"{self.prefix or ''}{name}", None)
        query[self.prefixed_order_by_field] = order
        return "?" + query.urlencode()

    @property
    def exact_count_url(self) -> str:
        """Where the rows are counted to the end; empty where that is not needed or not offered."""
        if not self.counts_exactly or not getattr(self, "paginator", None) or not self.paginator.capped:
            return ""
        return address(self.request.GET, {"count": "exact"})

    @property
    def kept_parameters(self) -> list[tuple[str, str]]:
        """The address without the page: what the form that jumps to a value carries along."""
        names = {f"{self.prefix or ''}{name}" for name in PARAMETERS}
        return [(k, v) for k, values in self.request.GET.lists() if k not in names for v in values]

    @property
    def body(self) -> SafeString:
        """The rows as HTML. Written in Python and not in the template: it is most of what a page costs."""
        return mark_safe("".join(rows_html(self)))  # noqa: S308 - every cell is escaped there


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


class CountColumn(tables.Column):
    """A whole number with its thousands apart, as people write it."""

    def render(self, value: int) -> str:
        return _grouped(value)

    def value(self, value: int) -> int:
        return value


#: On a phone each row is a card: this column is its headline.
LEAD = {"td": {"class": "headline"}}
WAIT = {"td": {"class": "wait"}}
SHORT = {"td": {"class": "short"}}
#: What can be done to a row: of no use on paper.
ACT = {"th": {"class": "act"}, "td": {"class": "act"}}
REASON = {"td": {"class": "reason"}}
#: Long names, such as those of classes, which must not be squeezed into a column of single words.
WIDE = {"td": {"class": "wide"}}
NUMBER = {"th": {"class": "num"}, "td": {"class": "num"}}


#: The order of the ranking but for the lottery, which is each class's own.
BY_WAIT = ("standing__ever_trained", "standing__waiting_since", "standing__service_start", "pk")


class EmployeeTable(PortalTable):
    counts_exactly = True
    export_name = "employees"
    name = tables.Column(
        gettext_lazy("Name"), linkify=("employees:detail", {"pk": tables.A("pk")}), attrs=LEAD
    )
    position = tables.Column(gettext_lazy("Position"), empty_values=(), orderable=False)
    unit = tables.Column(gettext_lazy("Unit"), order_by=("unit__name", "unit_id", "name", "pk"))
    status = tables.Column(gettext_lazy("Status"), order_by=("status", "name", "pk"))
    # Ordered as the ranking is, by its index: who never had one first, then the longest ago.
    last_training = DayColumn(
        gettext_lazy("Last training"), accessor="standing__last_training", order_by=BY_WAIT
    )
    waiting = tables.Column(
        gettext_lazy("Wait"), accessor="standing__waiting_since", attrs=WAIT, order_by=BY_WAIT
    )

    caption = gettext_lazy("Employees")
    empty_text = gettext_lazy("Nobody in your units fits these filters.")
    empty_hint = gettext_lazy("Take one of the filters away, or write less of the name.")

    class Meta:
        model = Employee
        fields = ("name", "position", "unit", "status", "last_training", "waiting")
        order_by = "name"

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
