"""Writing and checking the audit trail."""

from typing import Any

from django.db import connection

from audit.models import Event


def record(
    verb: str,
    *,
    by: Any,
    object_type: str,
    object_id: Any = "",
    unit_path: str = "",
    data: dict[str, Any] | None = None,
    operator: str = "",
) -> Event:
    """Append one event in the caller's transaction and return it.

    `by` is the user acting, or None for the portal itself; `operator` then names who runs a command. `data` must be JSON; never put secrets,
    answers to links or whole personal records into it.
    """
    return Event.objects.create(
        verb=verb,
        actor_id=getattr(by, "pk", None),
        actor_name=by.get_username() if by is not None else operator[:150],
        object_type=object_type,
        object_id=str(object_id),
        unit_path=unit_path,
        data=data or {},
    )


def chain_problems(limit: int = 20) -> list[str]:
    """Walk the hash chain; return what is wrong with it in words (empty: it is whole).

    Found are: a changed event, a removed or inserted one, a removed tail (the head knows its number)
    and an event that was never chained.
    """
    with connection.cursor() as cursor:
        # Inside a transaction its own events are not chained yet: chain them first.
        if connection.in_atomic_block:
            cursor.execute("SET CONSTRAINTS audit_event_seal IMMEDIATE")
            cursor.execute("SET CONSTRAINTS audit_event_seal DEFERRED")
        cursor.execute(
            """
            SELECT id, problem FROM (
                SELECT id,
                    CASE
                        WHEN seq IS NULL THEN 'was never chained'
                        WHEN seq <> COALESCE(lag(seq) OVER chain, 0) + 1 THEN 'follows a gap'
                        WHEN previous_hash <> COALESCE(lag(hash) OVER chain, '')
                            THEN 'does not follow the one before'
                        WHEN hash <> audit_event_hash(previous_hash, seq, at, actor_id, actor_name, verb,
                                                      object_type, object_id, unit_path, data)
                            THEN 'was changed'
                    END AS problem
                FROM audit_event WINDOW chain AS (ORDER BY seq)
            ) walk WHERE problem IS NOT NULL ORDER BY id LIMIT %s
            """,
            [limit],
        )
        problems = [f"audit event {event_id} {problem}" for event_id, problem in cursor.fetchall()]
        cursor.execute(
            """
            SELECT h.seq, h.hash, COALESCE(e.seq, 0), COALESCE(e.hash, '')
            FROM audit_chainhead h LEFT JOIN LATERAL
                (SELECT seq, hash FROM audit_event WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1) e ON true
            """
        )
        head = cursor.fetchone()
    if head is None:
        problems.append("the head of the audit chain is missing")
    elif head[:2] != head[2:]:
        problems.append(f"the audit chain should end at event number {head[0]} but ends at {head[2]}")
    return problems
