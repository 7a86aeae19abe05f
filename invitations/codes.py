"""Codes of the selection and of the answers to an invitation (selection.md)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Gate(models.TextChoices):
    """Why somebody is not in the pool, in the order in which the gates are asked."""

    INACTIVE = "inactive", _("not in active service")
    AREA = "area", _("works outside the areas of the class")
    STATUS = "status", _("status is not among the programme's target group")
    POSITION = "position", _("kind of position is not among the programme's target group")
    LEVEL = "level", _("level is not among the programme's target group")
    GRADE = "grade", _("grade is outside the programme's range")
    PASSED = "passed", _("has already passed this programme")
    COMMITTED = "committed", _("has a seat or an invitation in another class")
    RETIRING = "retiring", _("retires too soon after the class")
    PPPK_CEILING = "pppk_ceiling", _("would exceed the yearly training hours of a PPPK")
    HOLD = "hold", _("is on hold after an unexcused absence")
    INVITED = "invited", _("was already invited to this class")


class Outcome(models.TextChoices):
    SELECTED = "selected", _("Selected")
    RESERVE = "reserve", _("Reserve")
    WAITING = "waiting", _("Waiting")
    EXCLUDED = "excluded", _("Excluded")


#: Passed over because the unit already had its share, and not taken later.
UNIT_CAP = "unit_cap"


class DeclineReason(models.TextChoices):
    SAKIT = "SAKIT", _("Illness")
    CUTI = "CUTI", _("Leave")
    DINAS = "DINAS", _("Urgent official duty")
    HAMIL = "HAMIL", _("Pregnancy or childbirth")
    BENCANA = "BENCANA", _("Disaster")
    ATASAN = "ATASAN", _("Not permitted by the superior")
    LAINNYA = "LAINNYA", _("Other reason")


class OverrideCategory(models.TextChoices):
    """Why an officer asks for somebody out of order."""

    OBLIGATION = "KEWAJIBAN", _("Obligation of the office (assigned task, certification required)")
    DISASTER = "BENCANA", _("Disaster or emergency")
    CORRECTION = "KOREKSI", _("Correction of wrong data")
    DISCIPLINE = "DISIPLIN", _("Disciplinary matter")
    OTHER = "LAINNYA", _("Other")
