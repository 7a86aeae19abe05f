"""Selections, the ranked pool, invitations and what became of them."""

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from employees.models import Employee, Unit
from invitations.codes import DeclineReason, Outcome, OverrideCategory
from invitations.querysets import (
    LIVE,
    CandidateQuerySet,
    InvitationQuerySet,
    MarkQuerySet,
    OverrideQuerySet,
    SelectionQuerySet,
)
from jobs.models import Job
from trainings.models import Seed, TrainingClass

_USER = settings.AUTH_USER_MODEL


class Selection(models.Model):
    """One run of the rule for one class. A rerun is a new row; the earlier stays on record, void."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RANKING = "ranking", _("Ranking")
        PROPOSED = "proposed", _("Proposed")
        IN_REVIEW = "in_review", _("In review")
        APPROVED = "approved", _("Approved")
        ISSUED = "issued", _("Issued")
        VOID = "void", _("Void")
        FAILED = "failed", _("Failed")

    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="selections")
    number = models.PositiveSmallIntegerField()
    seed = models.OneToOneField(Seed, on_delete=models.PROTECT, related_name="selection")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    rule_version = models.CharField(max_length=10)
    requested_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=Now())
    #: The day of the run: the `today` of the rule.
    run_on = models.DateField(null=True)
    proposed_at = models.DateTimeField(null=True)
    review_until = models.DateField(null=True)
    approved_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    issued_at = models.DateTimeField(null=True)
    #: The class and its parameters as they were ranked (the head of the evidence).
    parameters = models.JSONField(default=dict)
    pool_size = models.PositiveIntegerField(null=True)
    selected_count = models.PositiveIntegerField(null=True)
    reserve_count = models.PositiveIntegerField(null=True)
    #: People per exclusion code.
    excluded = models.JSONField(default=dict)
    evidence_file = models.CharField(max_length=100, blank=True)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)

    objects = SelectionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["training_class", "number"], name="invitations_selection_numbered"
            ),
            models.UniqueConstraint(
                fields=["training_class"],
                condition=models.Q(state__in=("queued", "ranking", "proposed", "in_review", "approved")),
                name="invitations_one_pending_selection",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.training_class} #{self.number} ({self.state})"

    def review_days_left(self, on: date | None = None) -> int:
        """Days in which the offices may still review, today included; 0 when the window is closed."""
        if self.state != self.State.IN_REVIEW or self.review_until is None:
            return 0
        return max(0, (self.review_until - (on or timezone.localdate())).days + 1)


class Transition(models.Model):
    """One step of a selection's life: who, when, why."""

    selection = models.ForeignKey(Selection, on_delete=models.CASCADE, related_name="transitions")
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state or '·'} → {self.to_state}"


class Candidate(models.Model):
    """A person of the ranked pool with the tuple that ordered it. Never changed after the proposal.

    No foreign keys in the database: a proposal writes a row for everybody in the pool, straight from the
    tables the keys point to, and checking each row again costs five times the writing (docs/adr/0008). And
    no index for each of the keys: those below answer what is asked; five more made the writing twice as long.
    A person's rows are found through RankPage (`of_people`).
    """

    selection = models.ForeignKey(
        Selection, on_delete=models.CASCADE, related_name="candidates", db_constraint=False, db_index=False
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.PROTECT, related_name="candidacies", db_constraint=False, db_index=False
    )
    #: Position in the whole pool, and among the pool of the same stratum.
    rank = models.PositiveIntegerField()
    area_rank = models.PositiveIntegerField()
    #: The deepest area of the class above the person's unit; and its stratum (none under NASIONAL).
    area = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    stratum = models.ForeignKey(
        Unit, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    #: The person's own unit on the day of the run: the cap counts it.
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reserve_no = models.PositiveIntegerField(null=True)
    code = models.CharField(max_length=15, blank=True, db_default="")
    ever_trained = models.BooleanField()
    waiting_since = models.DateField()
    service_start = models.DateField()
    lottery = models.CharField(max_length=64)

    # The latest mark, on candidates read through `with_mark()`.
    mark_kind: str | None
    mark_code: str | None
    mark_detail: str | None

    objects = CandidateQuerySet.as_manager()

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["selection", "rank"], name="invitations_candidate_rank"),
        ]
        indexes = [
            models.Index(
                fields=["selection", "outcome", "rank"],
                condition=models.Q(outcome__in=("selected", "reserve")),
                name="invitations_candidate_in_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rank} {self.employee_id} {self.outcome}"

    @property
    def is_chosen(self) -> bool:
        """The same as being in `chosen()`, for candidates read through `with_mark()`."""
        if self.mark_kind in ("moved_up", "included"):
            return True
        return self.outcome == Outcome.SELECTED and self.mark_kind is None


class RankPage(models.Model):
    """The ranks of the people of one pool whose keys lie in one range of SIZE, to find a person's candidate.

    In place of an index by person, which is written at a random place for each of 220,000 rows and takes as
    long as all the rest of a proposal; a pool has 900 such pages (docs/adr/0054).
    """

    #: Keys of people to a page; `people` are their places in it.
    BITS = 8

    selection = models.ForeignKey(
        Selection, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    #: The person's key without its last BITS bits.
    page = models.BigIntegerField()
    #: Their last BITS bits, and beside each the rank.
    people = ArrayField(models.SmallIntegerField())
    ranks = ArrayField(models.PositiveIntegerField())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["page", "selection"], name="invitations_rank_page_once"),
        ]

    def __str__(self) -> str:
        return f"{self.selection_id}, page {self.page}"


class CandidateMark(models.Model):
    """What happened to a candidate after the proposal; the candidate itself stays as it was ranked.

    Appended only; the latest mark of a person counts.
    """

    class Kind(models.TextChoices):
        #: A gate found failing when the seat was to be given (approval, promotion); not tried again.
        GATE = "gate", _("No longer passes a gate")
        DEFERRED = "deferred", _("Deferred by the regional office")
        MOVED_UP = "moved_up", _("Moved up for a deferred or excluded person")
        INCLUDED = "included", _("Included by an override")
        EXCLUDED = "excluded", _("Excluded by an override")
        #: Gave the seat to somebody included by an override; first in the reserve.
        DISPLACED = "displaced", _("Displaced by an override")

    selection = models.ForeignKey(Selection, on_delete=models.CASCADE, related_name="marks")
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices, db_default="gate")
    #: The gate's code, the coded reason of a deferral, the category of an override.
    code = models.CharField(max_length=20, blank=True, db_default="")
    detail = models.CharField(max_length=500, blank=True)
    #: The mark of the person whose place this one took, or gave up.
    because_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="consequences")
    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")

    objects = MarkQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["selection", "employee", "-id"], name="invitations_mark_latest")]

    def __str__(self) -> str:
        return f"{self.employee_id}: {self.kind} {self.code}"


class Override(models.Model):
    """Somebody named out of order: asked for by one officer, decided by another, marked for ever."""

    class Kind(models.TextChoices):
        INCLUDE = "include", _("Include")
        EXCLUDE = "exclude", _("Exclude")

    class State(models.TextChoices):
        REQUESTED = "requested", _("Waits for the second officer")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")

    selection = models.ForeignKey(Selection, on_delete=models.PROTECT, related_name="overrides")
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="overrides")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    category = models.CharField(_("category"), max_length=20, choices=OverrideCategory.choices)
    text = models.CharField(_("reason"), max_length=500)
    state = models.CharField(max_length=10, choices=State.choices, default=State.REQUESTED)
    requested_by = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["selection", "employee"],
                condition=models.Q(state="requested"),
                name="invitations_one_open_override",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("requested_by")),
                name="invitations_override_second_officer",
            ),
            models.CheckConstraint(
                condition=models.Q(state="requested", decided_by=None)
                | (~models.Q(state="requested") & models.Q(decided_by__isnull=False)),
                name="invitations_override_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.employee_id} ({self.state})"


class Invitation(models.Model):
    """One offer of one seat to one person. A closed invitation is terminal; a new offer is a new row."""

    class State(models.TextChoices):
        ISSUED = "issued", _("Awaiting reply")
        ACCEPTED = "accepted", _("Accepts")
        DECLINED = "declined", _("Declines")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        REPLACED = "replaced", _("Replaced")

    class Channel(models.TextChoices):
        PORTAL = "portal", _("in the portal")
        LINK = "link", _("by the link in the mail")
        BEHALF = "behalf", _("on the person's behalf")
        COMMAND = "command", _("by a command")
        SWEEPER = "sweeper", _("by the portal")

    selection = models.ForeignKey(Selection, on_delete=models.PROTECT, related_name="invitations")
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="invitations")
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="invitations")
    #: Rank in the pool of the selection, and the stratum whose seat this is (none under NASIONAL).
    rank = models.PositiveIntegerField()
    stratum = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    #: Words of the reason, frozen: pool size, wait, quota.
    reason = models.JSONField(default=dict)
    #: The invitation whose freed seat this one was offered (promotions only).
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replacement")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ISSUED)
    answer_by = models.DateField()
    issued_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel.choices, blank=True, db_default="")
    decline_reason = models.CharField(max_length=10, choices=DeclineReason.choices, blank=True, db_default="")
    decline_text = models.CharField(max_length=500, blank=True, db_default="")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["rank", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["training_class", "employee"],
                condition=models.Q(state__in=LIVE),
                name="invitations_one_live_per_person_and_class",
            ),
            models.UniqueConstraint(fields=["selection", "employee"], name="invitations_once_per_selection"),
            models.CheckConstraint(
                condition=~models.Q(state="declined") | ~models.Q(decline_reason=""),
                name="invitations_decline_has_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["answer_by"], name="invitations_awaiting", condition=models.Q(state="issued")
            ),
            models.Index(fields=["employee", "-id"], name="invitations_of_person"),
            models.Index(fields=["training_class", "rank"], name="invitations_of_class"),
            models.Index(fields=["-selection", "rank", "id"], name="invitations_latest"),
            models.Index(
                fields=["-selection", "rank", "id"],
                name="invitations_never_trained",
                condition=models.Q(reason__ever_trained=False),
            ),
            # The list of all invitations: of one state, in the order of states, and of days to answer.
            models.Index(fields=["state", "id"], name="invitations_by_state"),
            models.Index(fields=["answer_by", "id"], name="invitations_by_day"),
            models.Index(
                fields=["decline_reason", "id"],
                name="invitations_by_reason",
                condition=~models.Q(decline_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} to {self.training_class_id} ({self.state})"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    def overdue(self, on: date | None = None) -> bool:
        return self.state == self.State.ISSUED and self.answer_by < (on or timezone.localdate())


# Letters and objections have modules of their own; imported here, because Django looks for models in this one.
from invitations.letter_models import (  # noqa: E402
    Letter,
    LetterName,
    LetterTemplate,
    NumberSeries,
)
from invitations.objection_models import Objection  # noqa: E402

__all__ = [
    "Candidate",
    "CandidateMark",
    "Invitation",
    "Letter",
    "LetterName",
    "LetterTemplate",
    "NumberSeries",
    "Objection",
    "Override",
    "Selection",
    "Transition",
]
