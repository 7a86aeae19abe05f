"""From queued to proposed: rank, allocate, store the pool and the evidence."""

import hashlib
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.errors import Refusal
from invitations import evidence, ranking
from invitations.delivery.states import move
from invitations.models import Candidate, Selection
from trainings.models import Seed, TrainingClass

#: Columns by which candidates are looked for and joined; the others need no statistics.
_LOOKED_AT = "selection_id, employee_id, area_id, stratum_id, unit_id, outcome, code"


def propose(selection_id: int) -> dict[str, Any]:
    """Rank the whole ministry for a selection and propose the result, once.

    Safe to repeat: a selection that is past ranking is only summed up; one that was interrupted is begun
    again from nothing. Returns the summary of `select_participants`. A Refusal leaves the selection failed.
    A database that could not do it just then leaves it in ranking, to be begun again.
    """
    selection = Selection.objects.select_related("training_class__organiser", "seed").get(pk=selection_id)
    if selection.state == Selection.State.QUEUED:
        with transaction.atomic():
            move(selection, Selection.State.RANKING)
    if selection.state == Selection.State.RANKING:
        try:
            with transaction.atomic():
                _rank(selection)
        except (OperationalError, InterfaceError):
            raise  # the connection was lost, say: the selection stays in ranking and is begun again
        except Exception as error:
            _fail(selection_id, error)
            raise
        # The lists of a large proposal are read at once; until there are statistics they are read badly.
        with connection.cursor() as cursor:
            cursor.execute("SET default_statistics_target = 25")  # a small sample: values repeat a lot
            cursor.execute(f"ANALYZE {Candidate._meta.db_table} ({_LOOKED_AT})")
            cursor.execute("RESET default_statistics_target")
    return summary(selection)


def summary(selection: Selection) -> dict[str, Any]:
    """The last line of `select_participants` (formats.md)."""
    return {
        "selection": selection.pk,
        "pool": selection.pool_size,
        "selected": selection.selected_count,
        "reserve": selection.reserve_count,
        "excluded": selection.excluded,
    }


def _fail(selection_id: int, error: Exception) -> None:
    with transaction.atomic():
        selection = Selection.objects.select_related("training_class__organiser").get(pk=selection_id)
        if selection.state == Selection.State.RANKING:
            text = str(getattr(error, "user_message", "")) or _(
                "The ranking failed. The operator finds the cause."
            )
            move(selection, Selection.State.FAILED, reason=text, error=text)


def _rank(selection: Selection) -> None:
    """One transaction: everything of the proposal, or nothing."""
    # The selection's own row first: a second worker waits here and then finds it proposed.
    locked = Selection.objects.select_for_update().get(pk=selection.pk)
    if locked.state != Selection.State.RANKING:
        selection.refresh_from_db()
        return
    # SHARE keeps the class, its seats and its areas still while it is ranked, and lets readers read on.
    training_class = TrainingClass.objects.select_related("programme", "organiser").get(
        pk=selection.training_class_id
    )
    today = timezone.localdate()
    check_open(training_class)
    params = ranking.parameters(training_class)
    with ranking.considered(params, seed=selection.seed.value, on=today) as outcome:
        now = timezone.now()
        parameters = params.as_json() | {
            "areas": [
                {"code": a.code, "name": a.name, "seats": a.seats, "unit_id": a.unit_id} for a in params.areas
            ],
            "strata": [
                {
                    "code": s.area.code if s.area else "",
                    "name": s.area.name if s.area else "",
                    "pool": s.pool,
                    "seats": s.seats,
                    "reserve": s.reserve,
                    "selected": s.selected,
                }
                for s in outcome.shares
            ],
        }
        parameters = {k: list(v) if isinstance(v, tuple) else v for k, v in parameters.items()}
        header = {
            "rule": selection.rule_version,
            "selection": selection.pk,
            "number": selection.number,
            "class": training_class.code,
            "parameters": parameters,
            "seed": selection.seed.value,
            "commitment": selection.seed.commitment,
            "run_on": today.isoformat(),
            "proposed_at": now.isoformat(),
            "requested_by": selection.requested_by.get_username() if selection.requested_by else None,
            "requested_at": selection.requested_at.isoformat(),
            "pool_size": outcome.pool_size,
            "selected": outcome.selected,
            "reserve": outcome.reserve,
            "excluded": outcome.excluded,
            "taken_by_unit": _by_unit_code(outcome.taken_by_unit),
        }
        name = f"selection-{selection.pk}-{_short(selection.seed)}.csv.gz"
        digest = evidence.write(name, header, beside=lambda: _store_candidates(selection, outcome))
    Seed.objects.filter(pk=selection.seed_id, revealed_at=None).update(revealed_at=now)
    move(
        selection,
        Selection.State.PROPOSED,
        recorded={"evidence_sha256": digest, "commitment": selection.seed.commitment},
        run_on=today,
        proposed_at=now,
        parameters=parameters,
        pool_size=outcome.pool_size,
        selected_count=outcome.selected,
        reserve_count=outcome.reserve,
        excluded=outcome.excluded,
        evidence_file=name,
        evidence_sha256=digest,
    )
    if training_class.review_days:
        move(
            selection,
            Selection.State.IN_REVIEW,
            review_until=today + timedelta(days=training_class.review_days),
        )


def check_open(training_class: TrainingClass) -> None:
    """Refuse a class for which nobody can be selected (any more), with the reason."""
    today = timezone.localdate()
    if training_class.state != TrainingClass.State.SCHEDULED:
        raise Refusal(
            _("This class is not scheduled. Schedule it first; its seed is drawn then."), code="state"
        )
    if training_class.first_day <= today:
        raise Refusal(_("This class begins today or has begun. Choose a later class."), code="begun")
    if training_class.confirm_by < today:
        raise Refusal(_("The last day to answer is past. Set a later one in the class first."), code="late")
    if training_class.free_seats < 1:
        raise Refusal(
            _("This class has no free seat. Add seats or wait until one becomes free."), code="full"
        )


def _short(seed: Seed) -> str:
    """Tells the evidence of two databases apart that share a folder; says nothing about the seed."""
    return hashlib.sha256(f"evidence:{seed.commitment}".encode()).hexdigest()[:12]


def _by_unit_code(taken: dict[int, int]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, code FROM employees_unit WHERE id = ANY (%s)", [list(taken)])
        return {code: taken[unit] for unit, code in cursor.fetchall()}


def _store_candidates(selection: Selection, outcome: ranking.Outcome) -> None:
    columns = (
        "selection_id, employee_id, rank, area_rank, area_id, stratum_id, unit_id, outcome, reserve_no, code,"
        " ever_trained, waiting_since, service_start, lottery"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {Candidate._meta.db_table} ({columns})
            SELECT %s, employee_id, rank, area_rank, area_id, stratum_id, unit_id, COALESCE(outcome, 'waiting'),
                reserve_no, code, ever_trained, waiting_since, service_start, encode(lottery, 'hex')
            FROM considered WHERE rank IS NOT NULL
            """,
            [selection.pk],
        )
        if cursor.rowcount != outcome.pool_size:
            raise AssertionError(f"stored {cursor.rowcount} candidates of a pool of {outcome.pool_size}")
        cursor.execute(
            """
            INSERT INTO invitations_rankpage (selection_id, page, people, ranks)
            SELECT %s, employee_id >> 8, array_agg((employee_id & 255)::smallint), array_agg(rank)
            FROM considered WHERE rank IS NOT NULL GROUP BY employee_id >> 8
            """,
            [selection.pk],
        )
