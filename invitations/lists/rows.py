"""Who is on the list, in which order, with which words. Always in Indonesian: it is an official list."""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import translation

from accounts.roles import Permission
from employees.models import Unit
from employees.provinces import province_name
from invitations.explain import reason_text
from invitations.mails import INVITING
from invitations.models import Candidate, Invitation
from outbox.models import Message
from trainings.codes import RESETTING_KINDS
from trainings.models import HistoryRecord, Programme, RuleSettings, TrainingClass

HEADINGS = (
    "NO", "NAMA", "NIP", "PANGKAT_GOLONGAN", "JABATAN", "UNIT_KERJA", "KAB_KOTA", "PROVINSI", "STATUS_ASN",
    "PELATIHAN_TERAKHIR", "TANGGAL_TERAKHIR", "MENUNGGU_SEJAK", "PERINGKAT", "ALASAN", "STATUS_UNDANGAN",
    "BATAS_KONFIRMASI",
)  # fmt: skip

#: Words for the states of an invitation; a live one without an answer is told apart in `_status`.
STATUS_WORDS = {
    "accepted": "Bersedia",
    "declined": "Berhalangan",
    "expired": "Kedaluwarsa",
    "withdrawn": "Ditarik",
    "replaced": "Digantikan",
}
#: What the name of a regency office begins with before the name of the regency.
_OFFICE_PREFIXES = ("kantor kementerian agama ", "kantor kemenag ", "kankemenag ", "kemenag ")


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line, in the order of HEADINGS. `number` is the NIP, or the ID of those who have none."""

    no: int
    name: str
    number: str
    rank_and_grade: str
    position: str
    unit: str
    regency: str
    province: str
    status: str
    last_training: str
    last_date: date | None
    waiting_since: date | None
    rank: int
    reason: str
    answer: str
    answer_by: date
    #: Key of the person, for the trace of the download; not a column.
    employee_id: int

    def cells(self) -> tuple[Any, ...]:
        """The values in the order of HEADINGS: text, whole numbers, dates, None for an empty date."""
        return astuple(self)[: len(HEADINGS)]


def rows(training_class: TrainingClass, *, unit: Unit | None = None, user: Any = None) -> Iterator[ListRow]:
    """The issued invitations of the class in rank order, closed ones with their state, never the reserve.

    `unit` keeps to its subtree, `user` to what this user may download; without them the list is whole.
    Wait and last training are those that the selection ranked, so they agree with rank and reason; an
    invitation without a ranked candidate shows the present standing.
    """
    found: Any = Invitation.objects.filter(training_class=training_class)
    if unit is not None:
        found = found.in_subtree(unit)
    if user is not None:
        found = found.visible_to(user, Permission.DOWNLOAD_LISTS)
    invitations = list(_with_details(found))
    places = _Places(invitation.employee.unit for invitation in invitations)
    for no, invitation in enumerate(invitations, 1):
        yield _row(no, invitation, places)


def _with_details(found: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Everything a line needs, in one query."""
    candidate = Candidate.objects.filter(selection=OuterRef("selection"), rank=OuterRef("rank"))
    delivered = Message.objects.filter(
        about_type="invitation", about_id=OuterRef("pk"), kind__in=INVITING, state=Message.State.SENT
    )
    standing = "employee__standing__"
    return (
        found.annotate(
            ranked_as_trained=Subquery(candidate.values("ever_trained")[:1]),
            ranked_since=Subquery(candidate.values("waiting_since")[:1]),
            is_trained=Coalesce("ranked_as_trained", F(f"{standing}ever_trained")),
            is_waiting_since=Coalesce("ranked_since", F(f"{standing}waiting_since")),
            last_title=Subquery(_latest_training()),
            delivered=Exists(delivered),
        )
        .select_related("employee__unit")
        .order_by("rank", "pk")
    )


def _latest_training() -> QuerySet[Any, Any]:
    """Title of the qualifying record that ended on the day the wait began (selection.md, "What resets")."""
    programme = Programme.objects.filter(code=OuterRef("programme_code"))
    outside = ~Exists(programme) & Q(
        kind__in=RESETTING_KINDS, jp__gte=Subquery(RuleSettings.objects.values("minimum_jp")[:1])
    )
    return (
        HistoryRecord.objects.took_part()
        .filter(employee=OuterRef("employee"), last_day=OuterRef("is_waiting_since"))
        .filter(Q(Exists(programme.filter(resets_wait=True))) | outside)
        .annotate(
            words=Coalesce(
                NullIf("title", Value("")), Subquery(programme.values("name")[:1]), F("programme_code")
            )
        )
        .order_by("-jp", "-pk")
        .values("words")[:1]
    )


def _row(no: int, invitation: Any, places: "_Places") -> ListRow:
    person = invitation.employee
    trained = bool(invitation.is_trained)
    with translation.override("id"):
        reason = reason_text(invitation.reason)
    return ListRow(
        no=no,
        name=person.full_name,
        number=person.number,
        rank_and_grade=person.grade_display,
        position=person.position,
        unit=person.unit.name,
        regency=places.regency(person.unit),
        province=places.province(person.unit),
        status=person.status,
        last_training=(invitation.last_title or "") if trained else "",
        last_date=invitation.is_waiting_since if trained else None,
        waiting_since=invitation.is_waiting_since,
        rank=invitation.rank,
        reason=reason,
        answer=_status(invitation),
        answer_by=invitation.answer_by,
        employee_id=invitation.employee_id,
    )


def _status(invitation: Any) -> str:
    """Delivered and not opened yet: Terkirim. Anything else without an answer: Menunggu konfirmasi."""
    if invitation.state in STATUS_WORDS:
        return STATUS_WORDS[invitation.state]
    return "Terkirim" if invitation.delivered and invitation.seen_at is None else "Menunggu konfirmasi"


class _Places:
    """The units above those of the list, read at once: where is this unit?"""

    def __init__(self, units: Iterable[Unit]) -> None:
        ids = {key for unit in units for key in _ancestor_ids(unit)}
        fields = ("pk", "name", "kind", "province_code")
        self._units = Unit.objects.only(*fields).in_bulk(ids) if ids else {}

    def _upwards(self, unit: Unit) -> Iterator[Unit]:
        return (self._units[key] for key in reversed(_ancestor_ids(unit)) if key in self._units)

    def regency(self, unit: Unit) -> str:
        """Name of the nearest regency (the unit itself included), without the words for the office."""
        for above in self._upwards(unit):
            if above.kind == "KANKEMENAG":
                return _without_prefix(above.name)
        return ""

    def province(self, unit: Unit) -> str:
        """Name of the nearest province (the unit itself included)."""
        for above in self._upwards(unit):
            if above.province_code:
                return province_name(above.province_code)
        return ""


def _ancestor_ids(unit: Unit) -> list[int]:
    """Ids from the root down to the unit itself: its path names them."""
    return [int(key) for key in unit.path.strip("/").split("/") if key]


def _without_prefix(name: str) -> str:
    for prefix in _OFFICE_PREFIXES:
        if name.lower().startswith(prefix):
            return name[len(prefix) :].strip()
    return name
