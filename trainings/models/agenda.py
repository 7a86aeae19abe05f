"""Curriculum versions and the agenda: what is taught, when, by whom, where."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.constraints import Deferrable
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from employees.models import Employee, Unit
from trainings.hours import jp_of
from trainings.models.catalogue import Programme
from trainings.models.classes import TrainingClass
from trainings.querysets import AgendaQuerySet, TrainerQuerySet

_USER = settings.AUTH_USER_MODEL


class CurriculumVersion(models.Model):
    """One version of a programme's curriculum and syllabus (kursil). Once published it never changes."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="curricula")
    number = models.PositiveSmallIntegerField()
    note = models.CharField(_("note"), max_length=300, blank=True, db_default="")
    #: Share of the hours planned online, in percent (Latsar: 75); empty: no plan is held against.
    online_percent = models.PositiveSmallIntegerField(
        _("planned share online (%)"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    #: Percentage points by which an agenda may miss the planned share.
    tolerance = models.PositiveSmallIntegerField(
        _("tolerance (percentage points)"), default=5, db_default=5, validators=[MaxValueValidator(100)]
    )
    published_at = models.DateTimeField(null=True, editable=False)
    made_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="trainings_curriculum_version"),
            models.CheckConstraint(
                condition=models.Q(online_percent=None) | models.Q(online_percent__lte=100),
                name="trainings_curriculum_online_share",
            ),
        ]

    def __str__(self) -> str:
        return _("Version %(number)d") % {"number": self.number}


class Subject(models.Model):
    """A subject (mata pelatihan) of a curriculum version, with its hours."""

    class Group(models.TextChoices):
        DASAR = "dasar", _("Basic group")
        INTI = "inti", _("Core group")
        PENUNJANG = "penunjang", _("Supporting group")

    version = models.ForeignKey(CurriculumVersion, on_delete=models.CASCADE, related_name="subjects")
    position = models.PositiveSmallIntegerField()
    group = models.CharField(_("group"), max_length=10, choices=Group.choices)
    name = models.CharField(_("subject"), max_length=200)
    jp = models.PositiveSmallIntegerField(_("hours (JP of 45 minutes)"))
    syllabus = models.TextField(_("syllabus"), blank=True, db_default="")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "position"], name="trainings_subject_position", deferrable=Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["version", "name"], name="trainings_subject_once"),
            models.CheckConstraint(condition=models.Q(jp__gt=0), name="trainings_subject_has_hours"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class SubjectFile(models.Model):
    """A module or guide of a subject, kept in the database so that every host of the portal has it."""

    class Kind(models.TextChoices):
        MODULE = "module", _("Module")
        GUIDE = "guide", _("Guide")

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200)
    #: What the content is, found from the content itself (trainings.materials).
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    added_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "sha256"], name="trainings_subject_file_once")
        ]

    def __str__(self) -> str:
        return self.name


class Trainer(models.Model):
    """Somebody who teaches (widyaiswara, fasilitator): an employee or a person from outside."""

    name = models.CharField(_("name"), max_length=200)
    employee = models.OneToOneField(
        Employee, null=True, blank=True, on_delete=models.PROTECT, related_name="as_trainer"
    )
    institution = models.CharField(_("institution"), max_length=200, blank=True, db_default="")
    email = models.CharField(_("e-mail"), max_length=254, blank=True, db_default="")

    objects = TrainerQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    """A room of a training centre."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(_("room"), max_length=100)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="trainings_room_once")]

    def __str__(self) -> str:
        return self.name


def _clash(name: str, owner: str, condition: models.Q) -> ExclusionConstraint:
    """No two active timed sessions of one `owner` at the same time.

    Checked at the end of a statement, so that a class can be moved with all its sessions.
    """
    return ExclusionConstraint(
        name=name,
        expressions=[
            (owner, RangeOperators.EQUAL),
            (models.Func("starts_at", "ends_at", function="tstzrange"), RangeOperators.OVERLAPS),
        ],
        condition=models.Q(active=True) & ~models.Q(mode="self_paced") & condition,
        deferrable=Deferrable.IMMEDIATE,
    )


class Session(models.Model):
    """One session of a class's agenda.

    `day`, `starts` and `ends` are the organiser's local time; the database fills the moments and the
    minutes from them, keeps the day inside the class's dates, moves the agenda with its class and refuses
    clashes (migration 0007). Of a self-paced session only day and minutes count.
    """

    class Mode(models.TextChoices):
        CLASSROOM = "classroom", _("Classroom")
        LIVE = "live", _("Live online")
        SELF_PACED = "self_paced", _("Self-paced")

    class Meeting(models.TextChoices):
        NONE = "", _("No virtual room")
        ADDRESS = "address", _("A meeting's address")
        JITSI = "jitsi", "Jitsi"
        BBB = "bbb", "BigBlueButton"

    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="agenda")
    day = models.DateField(_("day"))
    starts = models.TimeField(_("begins"), null=True, blank=True)
    ends = models.TimeField(_("ends"), null=True, blank=True)
    starts_at = models.DateTimeField(null=True, editable=False)
    ends_at = models.DateTimeField(null=True, editable=False)
    minutes = models.PositiveSmallIntegerField(default=0, db_default=0)
    #: None: an activity without hours, such as the opening.
    subject = models.ForeignKey(
        Subject, null=True, blank=True, on_delete=models.PROTECT, related_name="sessions"
    )
    title = models.CharField(_("title"), max_length=200, blank=True, db_default="")
    trainer = models.ForeignKey(
        Trainer, null=True, blank=True, on_delete=models.PROTECT, related_name="sessions"
    )
    room = models.ForeignKey(Room, null=True, blank=True, on_delete=models.PROTECT, related_name="sessions")
    mode = models.CharField(_("mode"), max_length=10, choices=Mode.choices)
    meeting = models.CharField(
        _("virtual room"), max_length=10, choices=Meeting.choices, blank=True, db_default=""
    )
    meeting_address = models.CharField(_("meeting's address"), max_length=500, blank=True, db_default="")
    #: Names the room at Jitsi or BigBlueButton; cannot be guessed.
    meeting_key = models.UUIDField(default=uuid.uuid4, editable=False)
    #: False once the class is cancelled: trainer and room are free again.
    active = models.BooleanField(default=True, db_default=True, editable=False)

    objects = AgendaQuerySet.as_manager()

    class Meta:
        ordering = ["day", "starts", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mode="self_paced")
                | models.Q(starts__isnull=False, ends__isnull=False, ends__gt=models.F("starts")),
                name="trainings_session_times",
            ),
            models.CheckConstraint(
                condition=models.Q(subject__isnull=False) | ~models.Q(title=""),
                name="trainings_session_named",
            ),
            _clash("trainings_session_class_clash", "training_class", models.Q()),
            _clash("trainings_session_trainer_clash", "trainer", models.Q(trainer__isnull=False)),
            _clash("trainings_session_room_clash", "room", models.Q(room__isnull=False)),
            _clash("trainings_session_meeting_clash", "meeting_address", ~models.Q(meeting_address="")),
        ]
        indexes = [models.Index(fields=["starts_at"], name="trainings_session_start")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The subject, or the title of an activity without one."""
        return self.title or (self.subject.name if self.subject else "")

    @property
    def is_online(self) -> bool:
        return self.mode != self.Mode.CLASSROOM

    @property
    def jp(self) -> Decimal:
        """Hours of 45 minutes, to two decimals; 0 for an activity without a subject."""
        return jp_of(self.minutes) if self.subject_id else Decimal(0)
