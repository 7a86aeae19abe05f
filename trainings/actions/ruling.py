"""Changing the settings of the rule: what is left open by the rule itself, decided for the whole ministry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.roles import Permission
from audit import log
from audit.errors import Refusal
from employees.scoping import covers_everything, scope_roots
from trainings.models import RuleSettings

#: The least and the most that each setting may be.
LIMITS: dict[str, tuple[int, int]] = {
    "minimum_jp": (1, 300),
    "promotion_cutoff_days": (0, 60),
    "retirement_months": (0, 120),
    "pppk_ceiling_jp": (0, 300),
    "pns_yearly_jp": (0, 300),
    "absence_hold_months": (0, 60),
}


@dataclass(frozen=True)
class Effect:
    """What a change does at once: people whose standing is recomputed, and those whose place it moves."""

    recomputed: int = 0
    moved: int = 0


def may_set_rule(user: Any) -> bool:
    """Whether the user may change the settings: the right held on the whole ministry, not on a part of it."""
    return any(covers_everything(path) for path in scope_roots(user, Permission.SET_RULE))


def values_of(settings: RuleSettings) -> dict[str, int]:
    """The settings by name, in the order in which they are shown."""
    return {name: getattr(settings, name) for name in LIMITS}


def effect(*, minimum_jp: int) -> Effect:
    """Whom another minimum of hours concerns: nobody when it is the one in force. Nothing is written.

    Recomputed is everybody with history outside the catalogue (trainings_settings_written in migration 0002);
    moved are those of them whose last training that counts is another one by the new minimum.
    """
    now = RuleSettings.current().minimum_jp
    if minimum_jp == now:
        return Effect()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE before IS DISTINCT FROM after) FROM (
                SELECT max(last_day) FILTER (WHERE always OR resets AND jp >= %(now)s) AS before,
                       max(last_day) FILTER (WHERE always OR resets AND jp >= %(new)s) AS after
                FROM (
                    SELECT h.employee_id, h.last_day, h.jp, p.id IS NULL AS outside,
                           took_part AND COALESCE(p.resets_wait, false) AS always,
                           took_part AND p.id IS NULL AND trainings_kind_resets(h.kind) AS resets
                    FROM trainings_historyrecord h
                    CROSS JOIN LATERAL (
                        -- trainings_today() in full: the function would keep it on one processor.
                        SELECT h.result IN ('LULUS', 'HADIR')
                            AND h.last_day <= (now() AT TIME ZONE 'Asia/Jakarta')::date AS took_part
                    ) counts
                    LEFT JOIN trainings_programme p ON p.code = h.programme_code
                ) rows
                GROUP BY employee_id HAVING bool_or(outside)
            ) people
            """,
            {"now": now, "new": minimum_jp},
        )
        recomputed, moved = cursor.fetchone()
    return Effect(recomputed, moved)


@transaction.atomic
def change_rule(
    *, values: Mapping[str, int], seen: Mapping[str, int], reason: str, by: Any
) -> tuple[RuleSettings, Effect]:
    """Set the settings of the rule, with a reason; the standing follows in the same transaction.

    `seen` are the settings the person was looking at: when somebody else changed them meanwhile, the change
    is refused, since its reason was given for others. Returns the settings and whom the change concerned.
    Refusal: not the right on the whole ministry, a value out of its limits, no reason, nothing changed.
    """
    if not may_set_rule(by):
        raise Refusal(
            _("Only who plans for the whole ministry changes the settings of the rule."), code="permission"
        )
    for name, (least, most) in LIMITS.items():
        if not least <= values[name] <= most:
            raise Refusal(
                _("Enter a number from %(least)d to %(most)d.") % {"least": least, "most": most}, code=name
            )
    if not reason.strip():
        raise Refusal(_("Write why the settings change; the reason stays in the audit trail."), code="reason")
    settings = RuleSettings.objects.select_for_update().get(pk=1)
    before = values_of(settings)
    if before != {name: seen[name] for name in LIMITS}:
        raise Refusal(
            _("Somebody else has changed the settings meanwhile. Look at them and decide again."), code="seen"
        )
    changed = [name for name in LIMITS if values[name] != before[name]]
    if not changed:
        raise Refusal(_("Nothing is different from the settings in force."), code="same")
    concerned = effect(minimum_jp=values["minimum_jp"])
    for name in changed:
        setattr(settings, name, values[name])
    settings.save(update_fields=changed)
    log.record(
        "rule.changed",
        by=by,
        object_type="rule",
        object_id=settings.pk,
        data={
            "before": {name: before[name] for name in changed},
            "after": {name: values[name] for name in changed},
            "reason": reason.strip(),
            "recomputed": concerned.recomputed,
            "moved": concerned.moved,
        },
    )
    return settings, concerned
