"""Lists of classes and programmes."""

from typing import Any

import django_tables2 as tables
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from employees.formatting import period_text
from employees.naming import nip_for
from employees.tables import ACT, LEAD, NUMBER, PortalTable, StateColumn
from employees.templatetags.portal import TONES, period
from trainings.codes import Result
from trainings.delivery.results import Standing, standings
from trainings.hours import jp_of
from trainings.models import (
    Component,
    HistoryRecord,
    ParticipantResult,
    Participation,
    Programme,
    TrainingClass,
)


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


def stage(training_class: TrainingClass) -> tuple[str, Any]:
    """How far a class has come, as (code, word): its latest selection's state, or else its own."""
    if training_class.state == TrainingClass.State.SCHEDULED:
        selections = sorted(training_class.selections.all(), key=lambda s: s.number)
        if selections and selections[-1].state not in ("void", "failed"):
            return selections[-1].state, selections[-1].get_state_display()
    return training_class.state, training_class.get_state_display()


class ClassTable(PortalTable):
    programme = tables.Column(
        _("Class"), order_by=("programme__name", "batch", "pk"),
        linkify=("invitations:class", {"pk": tables.A("pk")}), attrs=LEAD,
    )  # fmt: skip
    first_day = tables.Column(_("Period"), order_by=("first_day", "code"))
    organiser = tables.Column(_("Organiser"), order_by=("organiser__name", "pk"))
    seats_taken = tables.Column(_("Seats taken"), attrs=NUMBER, order_by=("seats_taken", "pk"))
    state = tables.Column(_("State"), order_by=("state", "pk"))

    caption = _("Classes")
    empty_text = _("No class fits these filters.")
    empty_hint = _("Widen the period, or plan a class.")

    class Meta:
        model = TrainingClass
        fields = ("programme", "first_day", "organiser", "seats_taken", "state")

    def render_programme(self, record: TrainingClass) -> Any:
        return format_html("{} <small>{}</small>", str(record), record.code)

    def render_first_day(self, record: TrainingClass) -> Any:
        return period(record.first_day, record.last_day)

    def value_first_day(self, record: TrainingClass) -> str:
        return period_text(record.first_day, record.last_day)

    def render_seats_taken(self, record: TrainingClass) -> str:
        return f"{_grouped(record.seats_taken)} / {_grouped(record.seats)}"

    def render_state(self, record: TrainingClass) -> Any:
        code, word = stage(record)
        return format_html('<span class="state state-{}">{}</span>', TONES.get(str(code), "quiet"), word)


class ProgrammeTable(PortalTable):
    name = tables.Column(
        _("Programme"), linkify=("trainings:programme_detail", {"pk": tables.A("pk")}), attrs=LEAD
    )
    kind = tables.Column(_("Kind"))
    method = tables.Column(_("Method"))
    jp = tables.Column(_("JP"), attrs=NUMBER)
    resets_wait = tables.BooleanColumn(_("Resets the wait"), yesno=(_("Yes"), _("No")))

    caption = _("Programmes")
    empty_text = _("No programme fits these filters.")
    empty_hint = _("Take one of the filters away.")

    class Meta:
        model = Programme
        fields = ("name", "kind", "method", "jp", "resets_wait")

    def render_name(self, record: Programme) -> Any:
        return format_html("{} <small>{}</small>", record.name, record.code)

    def render_resets_wait(self, value: bool) -> Any:
        return _("Yes") if value else _("No")


class AttendanceTable(PortalTable):
    """Every participant's share of the lessons; rows are seats, the figures those of the page alone."""

    name = tables.Column(_("Participant"), order_by=("employee__name", "pk"), empty_values=(), attrs=LEAD)
    unit = tables.Column(_("Unit"), accessor="employee__unit__name", order_by=("employee__unit__name", "pk"))
    attended = tables.Column(_("Attended (JP)"), empty_values=(), orderable=False, attrs=NUMBER)
    percent = tables.Column(_("Attendance"), empty_values=(), orderable=False, attrs=NUMBER)

    caption = _("Attendance")
    empty_text = _("Nobody of your people has a confirmed seat in this class.")
    #: The standing of each seat of the page, by its key.
    standings: dict[int, Standing] = {}

    class Meta:
        model = Participation
        fields = ("name", "unit", "attended", "percent")
        order_by = "name"

    def of_class(self, request: HttpRequest, training_class: TrainingClass) -> "AttendanceTable":
        """Page this table and work out the standings of the page. Returns it."""
        self.paged(request)
        found = standings(training_class, self.keys())
        self.standings = {one.participation.pk: one for one in found}
        return self

    def render_name(self, record: Participation) -> Any:
        employee = record.employee
        return format_html(
            '{} <small class="nip">{}</small>', employee.full_name, nip_for(employee, self.request.user)
        )

    def render_attended(self, record: Participation) -> str:
        one = self.standings[record.pk]
        attended, held = jp_of(one.attended).normalize(), jp_of(one.held).normalize()
        return f"{number_format(attended)} / {number_format(held)}"

    def render_percent(self, record: Participation) -> str:
        return f"{self.standings[record.pk].percent}%"


class StandingTable(AttendanceTable):
    """Scores and what the pass rule says today; one column for each component."""

    final = tables.Column(_("Final score"), empty_values=(), orderable=False, attrs=NUMBER)
    outcome = tables.Column(_("Result today"), empty_values=(), orderable=False)
    act = tables.Column(_("Actions"), empty_values=(), orderable=False, attrs=ACT)

    may_withdraw = False
    caption = _("Results")

    class Meta(AttendanceTable.Meta):
        sequence = ("name", "...", "final", "outcome", "act")
        exclude = ("unit", "attended")

    def __init__(self, *args: Any, components: list[Component], **kwargs: Any) -> None:
        columns = [
            (
                f"component_{component.pk}",
                ScoreColumn(
                    component, verbose_name=component.name, attrs=NUMBER, orderable=False, empty_values=()
                ),
            )
            for component in components
        ]
        super().__init__(*args, extra_columns=columns, **kwargs)

    def render_final(self, record: Participation) -> str:
        verdict = self.standings[record.pk].verdict
        return number_format(verdict.final_score) if verdict and verdict.final_score is not None else "–"

    def render_outcome(self, record: Participation) -> Any:
        verdict = self.standings[record.pk].verdict
        return outcome_badge(verdict.outcome) if verdict else "–"

    def render_act(self, record: Participation) -> Any:
        if not self.may_withdraw or self.standings[record.pk].withdrew:
            return ""
        return format_html(
            '<a href="{}">{}<span class="visually-hidden"> {}</span></a>',
            reverse("trainings:withdraw", args=[record.pk]),
            _("Withdraws"),
            record.employee.full_name,
        )


class ScoreColumn(tables.Column):
    """The score of one component, its remedial behind it."""

    def __init__(self, component: Component, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.component = component

    def render(self, record: Participation, table: StandingTable) -> str:
        score = table.standings[record.pk].scores.get(self.component.pk)
        if score is None:
            return "–"
        shown = number_format(score.score.normalize())
        return shown if score.remedial is None else f"{shown} → {number_format(score.remedial.normalize())}"


def outcome_badge(code: Any) -> Any:
    """A result as a badge with its word."""
    tone = TONES.get(str(code), "quiet")
    return format_html('<span class="state state-{}">{}</span>', tone, Result(code).label)


class ResultTable(PortalTable):
    """Locked results, each the version that counts."""

    name = tables.Column(
        _("Participant"), accessor="employee__full_name", order_by=("employee__name", "pk"), attrs=LEAD
    )
    unit = tables.Column(_("Unit"), accessor="employee__unit__name", order_by=("employee__unit__name", "pk"))
    attendance = tables.Column(_("Attendance"), accessor="attendance_percent", attrs=NUMBER, orderable=False)
    final_score = tables.Column(_("Final score"), attrs=NUMBER, default="–")
    outcome = tables.Column(_("Result"), order_by=("outcome", "pk"))
    act = tables.Column(_("Actions"), empty_values=(), orderable=False, attrs=ACT)

    may_change = False
    caption = _("Results")
    empty_text = _("No result of your people in this class.")

    class Meta:
        model = ParticipantResult
        fields = ("name", "unit", "attendance", "final_score", "outcome", "act")

    def render_name(self, record: ParticipantResult) -> Any:
        return format_html(
            '{} <small class="nip">{}</small>',
            record.employee.full_name,
            nip_for(record.employee, self.request.user),
        )

    def render_attendance(self, value: int) -> str:
        return f"{value}%"

    def render_outcome(self, record: ParticipantResult) -> Any:
        badge = outcome_badge(record.outcome)
        if record.version == 1:
            return badge
        return format_html(
            "{} <small>{}</small>",
            badge,
            gettext("version %(n)d: %(why)s") % {"n": record.version, "why": record.reason},
        )

    def render_act(self, record: ParticipantResult) -> Any:
        if not self.may_change:
            return ""
        return format_html(
            '<a href="{}">{}<span class="visually-hidden"> {}</span></a>',
            reverse("trainings:change_result", args=[record.pk]),
            _("Change"),
            record.employee.full_name,
        )


class HistoryTable(PortalTable):
    """Training history of the people in scope, the latest first."""

    counts_exactly = True
    export_name = "history"

    employee = tables.Column(
        _("Name"), order_by=("employee__name", "employee_id", "-last_day", "pk"), attrs=LEAD,
        linkify=("employees:detail", {"pk": tables.A("employee_id")}),
    )  # fmt: skip
    title = tables.Column(_("Training"), empty_values=(), orderable=False)
    last_day = tables.Column(_("Period"), order_by=("last_day", "pk"))
    jp = tables.Column(_("JP"), attrs=NUMBER, orderable=False)
    result = StateColumn(_("Result"), orderable=False)
    unit = tables.Column(_("Unit"), accessor="employee__unit", orderable=False)

    caption = _("Training history")
    empty_text = _("No training of your people fits these filters.")
    empty_hint = _("Take one of the filters away, or write less of the name.")

    class Meta:
        model = HistoryRecord
        fields = ("employee", "title", "last_day", "jp", "result", "unit")
        order_by = "-last_day"

    def render_employee(self, record: HistoryRecord) -> Any:
        person = record.employee
        return format_html(
            '{} <small class="nip">{}</small>', person.full_name, nip_for(person, self.request.user)
        )

    def render_title(self, record: HistoryRecord) -> Any:
        name = record.title or record.programme_code
        return format_html("{} <small>{}</small>", name, record.organiser) if record.organiser else name

    def render_last_day(self, record: HistoryRecord) -> Any:
        return period(record.first_day, record.last_day)
