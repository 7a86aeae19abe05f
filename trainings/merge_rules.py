"""The merge rules of this room's relations to a person (employees/merging/rules.py)."""

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from audit.errors import Refusal
from employees.formatting import day_text
from employees.merging.rules import Merge, moves, register, register_preview
from trainings.models import HistoryRecord

#: Results from the one that counts most to the one that counts least, where two records say different things.
_ORDER = (
    "array_position(ARRAY['LULUS','HADIR','TIDAK_LULUS','MENGUNDURKAN_DIRI','TIDAK_HADIR'], {}.result::text)"
)

_COLLISIONS = f"""
    SELECT k.id, g.id, k.result, g.result, k.jp, g.jp,
        {_ORDER.format("g")} < {_ORDER.format("k")}
        AND NOT EXISTS (SELECT 1 FROM trainings_claim x WHERE x.record_id = k.id) AS better
    FROM trainings_historyrecord g JOIN trainings_historyrecord k
        ON k.employee_id = %(kept)s AND k.identity = g.identity AND k.last_day = g.last_day
    WHERE g.employee_id = %(gone)s ORDER BY g.id
"""


def collisions(kept: int, gone: int) -> list[tuple[Any, ...]]:
    """Trainings both records hold: (kept's id, old one's id, results, JP of both, whether the old one's counts)."""
    with connection.cursor() as cursor:
        cursor.execute(_COLLISIONS, {"kept": kept, "gone": gone})
        return cursor.fetchall()


def _history(merge: Merge) -> None:
    """History moves; of a training that both hold, the better result counts and the other stays on record.

    The one that does not count stays with the old record: nothing of history is deleted.
    """
    found = collisions(merge.kept.pk, merge.gone.pk)
    with connection.cursor() as cursor:
        for kept_id, gone_id, _kr, _gr, _kj, _gj, better in found:
            if better:
                # Three steps, because no moment may hold the same training twice.
                cursor.execute(
                    "UPDATE trainings_historyrecord SET identity = 'x:' || id WHERE id = %s", [kept_id]
                )
                cursor.execute(
                    "UPDATE trainings_historyrecord SET employee_id = %s WHERE id = %s",
                    [merge.kept.pk, gone_id],
                )
                cursor.execute(
                    "UPDATE trainings_historyrecord k SET employee_id = %s, identity = g.identity "
                    "FROM trainings_historyrecord g WHERE k.id = %s AND g.id = %s",
                    [merge.gone.pk, kept_id, gone_id],
                )
    if found:
        merge.notes["same_trainings"] = [
            {"kept": row[0], "old": row[1], "results": [row[2], row[3]], "jp": [row[4], row[5]],
             "counts": "old" if row[6] else "kept"}
            for row in found
        ]  # fmt: skip
    merge.move(
        "trainings.HistoryRecord.employee",
        "NOT EXISTS (SELECT 1 FROM trainings_historyrecord k WHERE k.employee_id = :kept "
        "AND k.identity = r.identity AND k.last_day = r.last_day)",
    )


def _same_trainings(kept: Any, gone: Any) -> list[str]:
    """Trainings of both records, for people: which result counts."""
    found = collisions(kept.pk, gone.pk)
    records = HistoryRecord.objects.in_bulk([pk for row in found for pk in row[:2]])
    lines = []
    for row in found:
        mine, theirs = records[row[0]], records[row[1]]
        counts = theirs if row[6] else mine
        lines.append(
            _("%(title)s, %(day)s: %(kept)s here, %(gone)s there; %(counts)s counts.")
            % {
                "title": mine.title or mine.programme_code, "day": day_text(mine.last_day),
                "kept": mine.get_result_display(), "gone": theirs.get_result_display(),
                "counts": counts.get_result_display(),
            }
        )  # fmt: skip
    return lines


def _seats_meet(kept: Any, gone: Any) -> Refusal | None:
    """Both hold a seat in the same class, or in two that overlap."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.code FROM trainings_participation a
            JOIN trainings_participation b ON b.employee_id = %s AND b.state IN ('held', 'confirmed')
                AND daterange(a.first_day, a.last_day, '[]') && daterange(b.first_day, b.last_day, '[]')
            JOIN trainings_trainingclass c ON c.id = a.training_class_id
            WHERE a.employee_id = %s AND a.state IN ('held', 'confirmed') ORDER BY c.first_day LIMIT 1
            """,
            [gone.pk, kept.pk],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return Refusal(
        _(
            "Both records hold a seat at the same time (class %(code)s). Withdraw one of the invitations or "
            "release one of the seats first."
        )
        % {"code": row[0]},
        code="seats",
    )


def _claims_meet(kept: Any, gone: Any) -> Refusal | None:
    """Both have an open claim of the same training."""
    open_here = kept.claims.open().values("identity", "last_day")
    both = [
        claim for claim in gone.claims.open()
        if {"identity": claim.identity, "last_day": claim.last_day} in list(open_here)
    ]  # fmt: skip
    if not both:
        return None
    return Refusal(
        _("Both records claim the training %(title)s. Decide one of the two claims first.")
        % {"title": both[0].title},
        code="claims",
    )


def _both_teach(kept: Any, gone: Any) -> Refusal | None:
    if hasattr(kept, "as_trainer") and hasattr(gone, "as_trainer"):
        return Refusal(
            _("Both records are entered as trainers. Remove one of the two first."), code="trainer"
        )
    return None


def register_rules() -> None:
    """Called once when the portal starts."""
    register_preview(_same_trainings)
    moves("trainings.Participation.employee", "seats, past ones too", refuses=_seats_meet)
    register("trainings.HistoryRecord.employee", _history, "history moves, the better of two results counts")
    register("trainings.Standing.employee", None, "the database computes it from the history")
    register("trainings.NthTraining.employee", None, "the database numbers the history")
    moves("trainings.Hold.employee", "a hold holds the person")
    moves("trainings.Claim.employee", "claims are the person's", refuses=_claims_meet)
    moves("trainings.ParticipantResult.employee", "results go with the seat")
    moves("trainings.Trainer.employee", "the trainer is the same person", refuses=_both_teach)
