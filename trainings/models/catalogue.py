"""The catalogue: programmes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.tracking import tracked
from employees.codes import Level, PositionKind, Status
from trainings.codes import Method, ProgrammeKind
from trainings.querysets import ProgrammeQuerySet


@tracked()
class Programme(models.Model):
    """A training programme of the catalogue."""

    code = models.CharField(_("code"), max_length=40, unique=True, db_collation="C")
    name = models.CharField(_("name"), max_length=250)
    kind = models.CharField(_("kind"), max_length=20, choices=ProgrammeKind.choices)
    method = models.CharField(_("method"), max_length=10, choices=Method.choices)
    jp = models.PositiveSmallIntegerField(_("hours (JP of 45 minutes)"))
    target_statuses = ArrayField(
        models.CharField(max_length=10, choices=Status.choices),
        verbose_name=_("for status"), default=list, blank=True, db_default=models.Value("{}"),
    )  # fmt: skip
    target_positions = ArrayField(
        models.CharField(max_length=20, choices=PositionKind.choices),
        verbose_name=_("for kind of position"), default=list, blank=True, db_default=models.Value("{}"),
    )  # fmt: skip
    target_levels = ArrayField(
        models.CharField(max_length=20, choices=Level.choices),
        verbose_name=_("for level"), default=list, blank=True, db_default=models.Value("{}"),
    )  # fmt: skip
    grade_min = models.CharField(_("lowest grade"), max_length=6, blank=True, db_default="")
    grade_max = models.CharField(_("highest grade"), max_length=6, blank=True, db_default="")
    resets_wait = models.BooleanField(_("resets the wait"))
    pppk_exempt = models.BooleanField(_("exempt from the PPPK ceiling"), default=False, db_default=False)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(jp__gt=0), name="trainings_programme_has_hours")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def target_status_names(self) -> list[str]:
        """The statuses it is for, in words; none: for everybody."""
        return [str(Status(code).label) for code in self.target_statuses]

    @property
    def target_position_names(self) -> list[str]:
        """The kinds of position it is for, in words; none: for everybody."""
        return [str(PositionKind(code).label) for code in self.target_positions]

    @property
    def target_level_names(self) -> list[str]:
        """The levels it is for, in words; none: for everybody."""
        return [str(Level(code).label) for code in self.target_levels]
