"""The settings of the rule."""

from django.db import models

from audit.tracking import tracked


@tracked()
class RuleSettings(models.Model):
    """The settings that selection.md leaves open. One row; the standing follows a change of it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    #: JP from which a training outside the catalogue resets the wait.
    minimum_jp = models.PositiveSmallIntegerField(default=20, db_default=20)
    #: No promotion when this many days or fewer remain before the class's first day.
    promotion_cutoff_days = models.PositiveSmallIntegerField(default=3, db_default=3)
    #: Months before retirement in which nobody is invited (Kemenag juknis).
    retirement_months = models.PositiveSmallIntegerField(default=24, db_default=24)
    #: JP a PPPK may have in a year (PP 49/2018 art. 40).
    pppk_ceiling_jp = models.PositiveSmallIntegerField(default=24, db_default=24)
    #: JP a PNS should reach in a year (PP 11/2017 jo. 17/2020).
    pns_yearly_jp = models.PositiveSmallIntegerField(default=20, db_default=20)
    #: Months after a class in which nobody is invited who stayed away from it without notice; 0: no hold.
    absence_hold_months = models.PositiveSmallIntegerField(default=6, db_default=6)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="trainings_one_rule_settings")]

    def __str__(self) -> str:
        return f"minimum {self.minimum_jp} JP, cut-off {self.promotion_cutoff_days} days"

    @classmethod
    def current(cls) -> "RuleSettings":
        """The settings in force; the row is made by a migration."""
        return cls.objects.get(pk=1)
