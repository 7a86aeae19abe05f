"""Lists of who saw whose data."""

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.roles import Role
from audit.models import Reading
from employees.formatting import masked
from employees.tables import LEAD, DayColumn, PortalTable


def reader_name(reading: Reading) -> str:
    """The reader as people know them; a NIP in place of a name is masked."""
    if reading.actor_id is None:
        words = _("The operator of the portal")
        return f"{words} ({reading.actor_name})" if reading.actor_name else words
    return masked(reading.actor_label or reading.actor_name)


def role_words(roles: list[dict[str, str]]) -> str:
    """The roles of a reading in words: "Regional operator · Kanwil Jawa Timur"."""
    labels = {role.value: str(role.label) for role in Role} | {"superuser": _("Superuser")}
    words = [" · ".join(filter(None, [labels.get(r["role"], r["role"]), r["name"]])) for r in roles]
    return ", ".join(words)


class ReadingTable(PortalTable):
    at = DayColumn(gettext_lazy("When"), attrs=LEAD, order_by=("at", "id"))
    reader = tables.Column(gettext_lazy("Who"), empty_values=(), orderable=False)
    kind = tables.Column(gettext_lazy("What was seen"), orderable=False)

    caption = gettext_lazy("Who has seen my data")
    empty_text = gettext_lazy("Nobody but you has seen your data yet.")
    empty_hint = gettext_lazy("Every opening of your page, every search that shows you and every file with your name will stand here.")  # fmt: skip

    class Meta:
        model = Reading
        fields = ("at", "reader", "kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_text = type(self).empty_text

    def render_reader(self, record: Reading) -> Any:
        return format_html("{}<small>{}</small>", reader_name(record), role_words(record.roles))

    def render_kind(self, record: Reading) -> Any:
        name = record.what if record.kind in (Reading.Kind.DOWNLOADED, Reading.Kind.LETTER) else ""
        return format_html("{}<small>{}</small>", record.get_kind_display(), name)
