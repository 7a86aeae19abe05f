"""The coded values of `programmes`, `classes` and `history` files."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ProgrammeKind(models.TextChoices):
    STRUKTURAL = "STRUKTURAL", _("Structural")
    MANAJERIAL = "MANAJERIAL", _("Managerial")
    FUNGSIONAL = "FUNGSIONAL", _("Functional")
    TEKNIS = "TEKNIS", _("Technical")
    SOSIOKULTURAL = "SOSIOKULTURAL", _("Socio-cultural")
    PJJ = "PJJ", _("Distance learning")
    KURSUS = "KURSUS", _("Course")
    PENATARAN = "PENATARAN", _("Upgrading course")
    BIMTEK = "BIMTEK", _("Technical guidance")
    MAGANG = "MAGANG", _("Internship")
    LATSAR = "LATSAR", _("Basic training (Latsar)")
    MOOC = "MOOC", "MOOC"
    WEBINAR = "WEBINAR", _("Webinar")
    SEMINAR = "SEMINAR", _("Seminar")
    WORKSHOP = "WORKSHOP", _("Workshop")
    SOSIALISASI = "SOSIALISASI", _("Briefing")
    COACHING = "COACHING", _("Coaching")
    MENTORING = "MENTORING", _("Mentoring")
    KOMUNITAS_BELAJAR = "KOMUNITAS_BELAJAR", _("Learning community")
    BELAJAR_MANDIRI = "BELAJAR_MANDIRI", _("Self-study")
    LAINNYA = "LAINNYA", _("Other")


#: Kinds that reset the wait unless a programme says otherwise (the table in formats.md).
RESETTING_KINDS = (
    "STRUKTURAL", "MANAJERIAL", "FUNGSIONAL", "TEKNIS", "SOSIOKULTURAL",
    "PJJ", "KURSUS", "PENATARAN", "BIMTEK", "MAGANG",
)  # fmt: skip


class Method(models.TextChoices):
    KLASIKAL = "KLASIKAL", _("Classroom")
    PJJ = "PJJ", _("Distance learning")
    BLENDED = "BLENDED", _("Blended")
    MOOC = "MOOC", "MOOC"
    WEBINAR = "WEBINAR", _("Webinar")


class Allocation(models.TextChoices):
    NASIONAL = "NASIONAL", _("National: one ranking for all areas")
    RATA = "RATA", _("Equal seats for each area")
    PROPORSIONAL = "PROPORSIONAL", _("In proportion to the eligible people of each area")
    MANUAL = "MANUAL", _("Seats set by hand for each area")


class Result(models.TextChoices):
    LULUS = "LULUS", _("Passed")
    TIDAK_LULUS = "TIDAK_LULUS", _("Not passed")
    HADIR = "HADIR", _("Attended")
    TIDAK_HADIR = "TIDAK_HADIR", _("Absent")
    MENGUNDURKAN_DIRI = "MENGUNDURKAN_DIRI", _("Withdrew")


#: Results that count as having taken part (selection.md, "What resets the wait").
TOOK_PART = ("LULUS", "HADIR")
