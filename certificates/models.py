"""Certificates: template versions, number series, one certificate per training record, its papers."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _

from certificates.querysets import CertificateQuerySet, VersionQuerySet
from employees.models import Unit
from trainings.models import HistoryRecord, TrainingClass
from trainings.papers.models import TextsVersion, YearlyNumbers

_USER = settings.AUTH_USER_MODEL


class CertificateTemplate(TextsVersion):
    """One version of an organiser's texts and layout: the fields of `texts.Texts`. Never changed."""

    organiser = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="certificate_templates")


class Logo(models.Model):
    """A picture on certificates, named by its hash; kept for ever, since papers are set again with it."""

    sha256 = models.CharField(max_length=64, unique=True)
    #: A PNG, made anew from what was uploaded.
    content = models.BinaryField()
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.sha256


class NumberSeries(YearlyNumbers):
    """The numbers of an organiser's certificates."""

    organiser = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="certificate_series")


class Certificate(models.Model):
    """What one training record certifies, under one number for ever. What is printed is its versions."""

    record = models.OneToOneField(HistoryRecord, on_delete=models.PROTECT, related_name="certificate")
    training_class = models.ForeignKey(TrainingClass, on_delete=models.PROTECT, related_name="certificates")
    organiser = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    seq = models.PositiveIntegerField()
    number = models.CharField(_("number"), max_length=120)
    made_at = models.DateTimeField(db_default=Now())

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["organiser", "year", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["organiser", "year", "seq"], name="certificates_numbered_once"),
            # In any case: people type the number when they check it.
            models.UniqueConstraint(Upper("number"), name="certificates_number_once"),
        ]
        indexes = [models.Index(fields=["training_class", "year", "seq"], name="certificates_of_class")]

    def __str__(self) -> str:
        return self.number

    @property
    def latest(self) -> "CertificateVersion":
        """The last paper made, valid or not; uses prefetched versions."""
        return self.versions.all()[0]


class CertificateVersion(models.Model):
    """One paper, frozen as it was made; only its state moves, and only once.

    `data` is everything that is printed, so the same bytes can be set again; `sha256` is that of the file
    handed out, signed where it is signed.
    """

    class State(models.TextChoices):
        VALID = "valid", _("Valid")
        REPLACED = "replaced", _("Replaced")
        REVOKED = "revoked", _("Revoked")

    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveSmallIntegerField()
    #: Random, names the public page; not to be guessed or counted through.
    public_id = models.CharField(max_length=32, unique=True, db_collation="C")
    dated = models.DateField()
    #: The version of the texts it was made from; none: the portal's own.
    template = models.ForeignKey(
        CertificateTemplate, null=True, on_delete=models.PROTECT, related_name="versions"
    )
    data = models.JSONField()
    #: SHA-256 of the PDF, empty until it was set for the first time.
    sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    #: When its file was signed; None for one that was not, or is not set yet.
    signed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.VALID)
    #: Why this version was made, for the second and later ones.
    because = models.CharField(max_length=500, blank=True, default="", db_default="")
    made_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    ended_because = models.CharField(max_length=500, blank=True, default="", db_default="")

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["certificate", "version"], name="certificates_version_once"),
            models.UniqueConstraint(
                fields=["certificate"], condition=models.Q(state="valid"), name="certificates_one_valid"
            ),
            models.CheckConstraint(
                condition=models.Q(state="valid", ended_at=None)
                | (~models.Q(state="valid") & models.Q(ended_at__isnull=False)),
                name="certificates_ended_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate_id} v{self.version}"

    @property
    def public(self) -> dict[str, Any]:
        """What the public page shows: name, programme, hours, dates, as they were printed."""
        return self.data["public"]

    @property
    def signing(self) -> dict[str, Any] | None:
        """By whose certificate the file is signed electronically; None: it is not."""
        return self.data["signing"]
