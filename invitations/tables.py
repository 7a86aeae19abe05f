"""Lists of ranked people and of invitations."""

from typing import Any

import django_tables2 as tables
from django.template.loader import get_template
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from employees import formatting
from employees.naming import nip_for
from employees.tables import ACT, LEAD, NUMBER, REASON, SHORT, WIDE, CountColumn, PortalTable
from employees.templatetags.portal import TONES, period
from invitations import explain
from invitations.models import Candidate, CandidateMark, Invitation, Objection, Selection
from outbox import reasons
from outbox.models import Message


def candidate_reason(candidate: Candidate, selection: Selection) -> dict[str, Any]:
    """The reason of one ranked person as JSON, as an invitation would carry it."""
    strata = {s["code"]: s for s in selection.parameters.get("strata", [])}
    stratum = strata.get(candidate.stratum.code if candidate.stratum else "", {})
    return explain.reason_of(
        rank=candidate.rank,
        pool=selection.pool_size or 0,
        ever_trained=candidate.ever_trained,
        waiting_since=candidate.waiting_since,
        area=stratum.get("name", ""),
        area_seats=stratum.get("seats", 0),
        area_rank=candidate.area_rank if candidate.stratum else None,
        area_pool=stratum.get("pool") if candidate.stratum else None,
    )


class CandidateTable(PortalTable):
    """The ranked pool of one selection, each with the latest mark: what happened since the proposal."""

    rank = CountColumn(gettext_lazy("Rank"), attrs=NUMBER)
    employee = tables.Column(
        gettext_lazy("Name"), orderable=False, attrs=LEAD,
        linkify=("employees:detail", {"pk": tables.A("employee_id")}),
    )  # fmt: skip
    # Both names of a unit are long; a wait may take two lines, as every row has more.
    unit = tables.Column(gettext_lazy("Unit"), orderable=False, attrs=WIDE)
    waiting_since = tables.Column(gettext_lazy("Wait"), orderable=False, attrs=SHORT)
    reason = tables.Column(gettext_lazy("Reason"), empty_values=(), orderable=False, attrs=REASON)
    outcome = tables.Column(gettext_lazy("Outcome"), orderable=False)

    caption = gettext_lazy("Ranked names")
    empty_text: Any = gettext_lazy("Nobody of your units is in this part of the ranking.")

    class Meta:
        model = Candidate
        fields = ("rank", "employee", "unit", "waiting_since", "reason", "outcome")

    def __init__(
        self,
        *args: Any,
        selection: Selection,
        changes: dict[int, str] | None = None,
        overridden: dict[int, str] | None = None,
        may_defer: bool = False,
        may_exclude: bool = False,
        **kwargs: Any,
    ) -> None:
        """`changes` (employee id → words of the latest mark) and `overridden` (employee id → kind)."""
        super().__init__(*args, **kwargs)
        self.selection = selection
        self.changes, self.overridden = changes or {}, overridden or {}
        self.may_defer, self.may_exclude = may_defer, may_exclude
        self._actions = get_template("invitations/_candidate_actions.html")

    def render_employee(self, record: Candidate) -> Any:
        person = record.employee
        return format_html(
            '{} <small class="nip">{}</small>', person.full_name, nip_for(person, self.request.user)
        )

    def render_unit(self, record: Candidate) -> Any:
        if record.unit_id == record.area_id:
            return record.unit.name
        return format_html("{} <small>{}</small>", record.unit.name, record.area.name)

    def render_waiting_since(self, record: Candidate) -> Any:
        words = formatting.wait_words(record.waiting_since, self.selection.run_on)
        if record.ever_trained:
            return words
        return format_html("{} <small>{}</small>", words, _("never trained"))

    def render_reason(self, record: Candidate) -> str:
        return explain.reason_text(candidate_reason(record, self.selection))

    def render_outcome(self, record: Candidate) -> Any:
        """Badge, what happened since, and what may be done: beside each other, so nothing scrolls away."""
        context = {"record": record, "table": self}
        actions = self._actions.render(context) if record.is_chosen else ""
        return format_html("{} {}", self._outcome(record), mark_safe(actions))  # noqa: S308 - our template

    def _outcome(self, record: Candidate) -> Any:
        word = record.get_outcome_display()
        if record.reserve_no:
            word = _("Reserve no. %(number)d") % {"number": record.reserve_no}
        badge = format_html(
            '<span class="state state-{}">{}</span>', TONES.get(record.outcome, "quiet"), word
        )
        if record.employee_id in self.overridden:
            badge = format_html('{} <span class="state state-warn">{}</span>', badge, _("Override"))
        if record.employee_id in self.changes:
            return format_html("{} <small>{}</small>", badge, self.changes[record.employee_id])
        if record.mark_kind == CandidateMark.Kind.GATE:
            return format_html("{} <small>{}</small>", badge, explain.code_text(record.mark_code or ""))
        if record.mark_kind:
            return format_html("{} <small>{}</small>", badge, explain.code_text(record.mark_kind))
        return (
            format_html("{} <small>{}</small>", badge, explain.code_text(record.code))
            if record.code
            else badge
        )


class InvitationTable(PortalTable):
    """Invitations with their states; the class is left out inside a class's own page."""

    counts_exactly = True
    export_name = "invitations"

    rank = CountColumn(gettext_lazy("Rank"), attrs=NUMBER, order_by=("rank", "pk"))
    employee = tables.Column(
        gettext_lazy("Name"), order_by=("employee__name", "pk"), attrs=LEAD,
        linkify=("employees:detail", {"pk": tables.A("employee_id")}),
    )  # fmt: skip
    unit = tables.Column(
        gettext_lazy("Unit"), accessor="employee__unit", order_by=("employee__unit__name", "pk"), attrs=WIDE
    )
    training_class = tables.Column(
        gettext_lazy("Class"), order_by=("training_class__first_day", "pk"), attrs=WIDE,
        linkify=("invitations:class", {"pk": tables.A("training_class_id")}),
    )  # fmt: skip
    reason = tables.Column(gettext_lazy("Reason"), orderable=False, attrs=REASON)
    answer_by = tables.Column(gettext_lazy("Answer by"), order_by=("answer_by", "pk"))
    state = tables.Column(gettext_lazy("State"), order_by=("state", "pk"), attrs=SHORT)
    act = tables.TemplateColumn(
        template_name="invitations/_row_actions.html",
        verbose_name=gettext_lazy("Actions"),
        orderable=False,
        attrs=ACT,
    )

    caption = gettext_lazy("Invitations")
    empty_text = gettext_lazy("Nobody of your units is invited here yet.")
    empty_hint = gettext_lazy("Names appear as soon as a selection is approved and issued.")

    class Meta:
        model = Invitation
        fields = ("rank", "employee", "unit", "training_class", "reason", "answer_by", "state", "act")

    def render_employee(self, record: Invitation) -> Any:
        person = record.employee
        return format_html(
            '{} <small class="nip">{}</small>', person.full_name, nip_for(person, self.request.user)
        )

    def render_training_class(self, record: Invitation) -> Any:
        c = record.training_class
        return format_html("{} <small>{}</small>", str(c), period(c.first_day, c.last_day))

    def render_reason(self, record: Invitation) -> str:
        return explain.reason_text(record.reason)

    def render_answer_by(self, value: Any) -> Any:
        return formatting.time_element(value)

    def render_state(self, record: Invitation) -> Any:
        badge = format_html(
            '<span class="state state-{}">{}</span>',
            TONES.get(record.state, "quiet"),
            record.get_state_display(),
        )
        if record.reason.get("override"):
            badge = format_html('{} <span class="state state-warn">{}</span>', badge, _("Override"))
        if record.decline_reason:
            return format_html("{} <small>{}</small>", badge, record.get_decline_reason_display())
        if record.state == Invitation.State.ISSUED and "answer_by" in self.exclude:
            # In a class's own page the deadline has no column: beside the reasons there is no room for one.
            until = _("until %(day)s") % {"day": formatting.time_element(record.answer_by)}
            return format_html("{} <small>{}</small>", badge, mark_safe(until))  # noqa: S308 - our own words
        return badge


class EveryInvitationTable(InvitationTable):
    """Invitations of all classes: ranks of different pools have no order among each other."""

    rank = tables.Column(gettext_lazy("Rank"), attrs=NUMBER, orderable=False)

    class Meta(InvitationTable.Meta):
        pass


class UndeliveredTable(PortalTable):
    """Messages that were given up, with the mail server's answer."""

    to_name = tables.Column(gettext_lazy("Name"), attrs=LEAD, order_by=("to_name", "pk"))
    to_address = tables.Column(gettext_lazy("Address"), empty_values=(None,), order_by=("to_address", "pk"))
    state = tables.Column(gettext_lazy("State"), order_by=("state", "pk"))
    last_error = tables.Column(gettext_lazy("What happened"), orderable=False, attrs=REASON, empty_values=())
    created_at = tables.Column(gettext_lazy("Written"), order_by=("created_at", "pk"))
    act = tables.TemplateColumn(
        template_name="invitations/_undelivered_actions.html", verbose_name=gettext_lazy("Actions"),
        orderable=False, attrs=ACT,
    )  # fmt: skip

    caption = gettext_lazy("Messages that did not arrive")
    empty_text = gettext_lazy("Every message to your people has arrived.")
    empty_hint = gettext_lazy("What a mail server refuses, or whoever has no address, appears here.")

    class Meta:
        model = Message
        fields = ("to_name", "to_address", "state", "last_error", "created_at", "act")

    def render_to_name(self, record: Message) -> Any:
        subject = record.subject or record.context.get("class_name", "")
        return format_html("{} <small>{}</small>", record.to_name, subject)

    def render_to_address(self, record: Message) -> str:
        return record.to_address or "–"

    def render_state(self, record: Message) -> Any:
        tone = TONES.get(record.state, "quiet")
        return format_html('<span class="state state-{}">{}</span>', tone, record.get_state_display())

    def render_last_error(self, record: Message) -> Any:
        words = reasons.words(record.last_error)
        if record.smtp_answer:
            return format_html("{} <small>{}</small>", words, record.smtp_answer)
        return words

    def render_created_at(self, value: Any) -> Any:
        return formatting.time_element(value)


class ObjectionTable(PortalTable):
    """Objections an officer answers."""

    employee = tables.Column(
        gettext_lazy("Name"), order_by=("employee__name", "pk"), attrs=LEAD,
        linkify=("invitations:answer_objection", {"pk": tables.A("pk")}),
    )  # fmt: skip
    training_class = tables.Column(gettext_lazy("About"), empty_values=(), orderable=False, attrs=WIDE)
    text = tables.Column(gettext_lazy("Objection"), orderable=False, attrs=REASON)
    filed_at = tables.Column(gettext_lazy("Filed"), order_by=("filed_at", "pk"))
    due_on = tables.Column(gettext_lazy("Answer until"), order_by=("due_on", "pk"))
    state = tables.Column(gettext_lazy("State"), orderable=False)

    caption = gettext_lazy("Objections")
    empty_text = gettext_lazy("No objection is here.")
    empty_hint = gettext_lazy(
        "When somebody objects to a ranking of yours, it appears here with its due date."
    )

    class Meta:
        model = Objection
        fields = ("employee", "training_class", "text", "filed_at", "due_on", "state")

    def render_employee(self, record: Objection) -> Any:
        return format_html("{} <small>{}</small>", record.employee.full_name, record.employee.unit.name)

    def render_training_class(self, record: Objection) -> str:
        return str(record.training_class or _("Place in line in general"))

    def render_text(self, value: str) -> str:
        return Truncator(value).chars(160)

    def render_filed_at(self, value: Any) -> Any:
        return formatting.time_element(value)

    def render_due_on(self, value: Any) -> Any:
        return formatting.time_element(value)

    def render_state(self, record: Objection) -> Any:
        if record.overdue:
            return format_html('<span class="state state-bad">{}</span>', _("Overdue"))
        tone = "warn" if record.state == Objection.State.OPEN else "good"
        return format_html('<span class="state state-{}">{}</span>', tone, record.get_state_display())
