"""Who was there: one mark per session and participant, every correction appended."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from trainings.models.agenda import Session
from trainings.models.classes import Participation, TrainingClass
from trainings.querysets import AttendanceQuerySet

_USER = settings.AUTH_USER_MODEL


class Attendance(models.Model):
    """The mark of one participant for one session. No row: nothing is known yet."""

    class Status(models.TextChoices):
        HADIR = "HADIR", _("Present")
        IZIN = "IZIN", _("Excused")
        SAKIT = "SAKIT", _("Ill")
        TANPA_KETERANGAN = "TANPA_KETERANGAN", _("Absent without notice")

    class Channel(models.TextChoices):
        QR = "qr", _("QR in the room")
        SCAN = "scan", _("Personal code, scanned")
        ROLL = "roll", _("Roll by hand")
        MEETING = "meeting", _("Attendance file of the meeting")
        JOIN = "join", _("Joined by the personal link")

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="marks")
    participation = models.ForeignKey(Participation, on_delete=models.PROTECT, related_name="marks")
    status = models.CharField(_("status"), max_length=20, choices=Status.choices)
    #: Whole minutes after the beginning; 0 for those in time or not present.
    late_minutes = models.PositiveSmallIntegerField(default=0, db_default=0)
    #: When the person came, by the server's clock.
    at = models.DateTimeField(null=True)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    #: Sent later than scanned, over a line that had been down.
    offline = models.BooleanField(default=False, db_default=False)
    recorded_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "participation"], name="trainings_attendance_once"),
            models.CheckConstraint(
                condition=models.Q(late_minutes=0) | models.Q(status="HADIR"),
                name="trainings_attendance_late_is_present",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participation_id} in {self.session_id}: {self.status}"


class AttendanceChange(models.Model):
    """A correction with its reason. Appended, never changed (migration 0007)."""

    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="changes")
    before_status = models.CharField(max_length=20, choices=Attendance.Status.choices)
    before_late = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=20, choices=Attendance.Status.choices)
    late_minutes = models.PositiveSmallIntegerField()
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="trainings_correction_has_reason")
        ]

    def __str__(self) -> str:
        return f"{self.before_status} → {self.status}"


class Scan(models.Model):
    """A scan as a device sent it, with the answer it got. The device's own id makes a repetition harmless."""

    client_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    session = models.ForeignKey(Session, null=True, on_delete=models.PROTECT, related_name="scans")
    participation = models.ForeignKey(Participation, null=True, on_delete=models.PROTECT, related_name="+")
    #: When it was scanned, worked out with the server's clock.
    scanned_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(db_default=Now())
    accepted = models.BooleanField()
    #: The code of the answer (trainings.delivery.checkin.Answer).
    answer = models.CharField(max_length=20)
    by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.client_id}: {self.answer}"


class MeetingFile(models.Model):
    """An attendance file of a meeting, read and waiting for its review; then what became of it."""

    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="meeting_files")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="meeting_files")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    #: One entry per row of the file: name and e-mail as written, minutes, row number and the match.
    rows = models.JSONField()
    by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
