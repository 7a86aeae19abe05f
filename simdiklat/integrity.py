"""Every invariant of the data, checked from the data itself: what `check_data` prints."""

from collections.abc import Callable

from django.db import connection

from audit import log
from invitations.models import Selection
from invitations.verify import verify

# Each query returns one text per problem.
_QUERIES: dict[str, str] = {
    "the root": """
        SELECT 'there are ' || count(*) || ' root units' FROM employees_unit WHERE parent_id IS NULL
        HAVING count(*) > 1 OR (count(*) = 0 AND EXISTS (SELECT 1 FROM employees_unit))
    """,
    "paths of units": """
        SELECT 'unit ' || u.code || ' has path ' || u.path || ', its place is ' || COALESCE(p.path, '') || u.id || '/'
        FROM employees_unit u LEFT JOIN employees_unit p ON p.id = u.parent_id
        WHERE u.path <> COALESCE(p.path, '/') || u.id || '/'
    """,
    "standing": """
        SELECT 'the standing of person ' || x.employee_id || ' is ' || COALESCE(s.last_training::text, 'never') || ', history says '
            || COALESCE(x.last_training::text, 'never')
        FROM trainings_standing_expected x LEFT JOIN trainings_standing s ON s.employee_id = x.employee_id
        WHERE s.employee_id IS NULL OR (s.last_training, s.ever_trained, s.waiting_since, s.service_start) IS DISTINCT FROM
            (x.last_training, x.last_training IS NOT NULL, COALESCE(x.last_training, x.service_start), x.service_start)
        UNION ALL
        SELECT 'a standing without a person: ' || s.employee_id FROM trainings_standing s
        LEFT JOIN employees_employee e ON e.id = s.employee_id WHERE e.id IS NULL
    """,
    "numbered trainings": """
        SELECT 'training ' || COALESCE(n.number, h.number) || ' of person ' || COALESCE(n.employee_id, h.employee_id) || ' is kept as '
            || COALESCE(n.last_day::text, 'none') || ', history says ' || COALESCE(h.last_day::text, 'none')
        FROM trainings_nthtraining n
        FULL JOIN trainings_nth_expected h ON h.employee_id = n.employee_id AND h.number = n.number
        WHERE n.last_day IS DISTINCT FROM h.last_day
    """,
    "seats": """
        SELECT 'class ' || c.code || ' counts ' || c.seats_taken || ' taken seats of ' || c.seats || ', there are ' || count(p.id)
        FROM trainings_trainingclass c
        LEFT JOIN trainings_participation p ON p.training_class_id = c.id AND p.state IN ('held', 'confirmed')
        GROUP BY c.id HAVING c.seats_taken <> count(p.id) OR c.seats_taken > c.seats
    """,
    "dates of seats": """
        SELECT 'the seat of person ' || p.employee_id || ' has other dates than class ' || c.code
        FROM trainings_participation p JOIN trainings_trainingclass c ON c.id = p.training_class_id
        WHERE (p.first_day, p.last_day) <> (c.first_day, c.last_day)
    """,
    "overlapping seats": """
        SELECT 'person ' || a.employee_id || ' has seats in two overlapping classes'
        FROM trainings_participation a JOIN trainings_participation b ON b.employee_id = a.employee_id AND b.id > a.id
            AND daterange(a.first_day, a.last_day, '[]') && daterange(b.first_day, b.last_day, '[]')
        WHERE a.state IN ('held', 'confirmed') AND b.state IN ('held', 'confirmed')
    """,
    "invitations and seats": """
        SELECT 'invitation ' || i.id || ' is ' || i.state || ', its seat is ' || COALESCE(p.state, 'missing')
        FROM invitations_invitation i LEFT JOIN trainings_participation p
            ON p.training_class_id = i.training_class_id AND p.employee_id = i.employee_id AND p.state IN ('held', 'confirmed')
        WHERE COALESCE(p.state, '') <> CASE i.state WHEN 'issued' THEN 'held' WHEN 'accepted' THEN 'confirmed' ELSE '' END
            AND NOT (i.state NOT IN ('issued', 'accepted') AND p.source <> 'invitation')
            AND NOT (i.state NOT IN ('issued', 'accepted') AND EXISTS (
                SELECT 1 FROM invitations_invitation j WHERE j.training_class_id = i.training_class_id
                    AND j.employee_id = i.employee_id AND j.state IN ('issued', 'accepted')))
        UNION ALL
        SELECT 'the seat that invitation ' || i.id || ' held is gone' FROM invitations_invitation i
        WHERE NOT EXISTS (SELECT 1 FROM trainings_participation p WHERE p.training_class_id = i.training_class_id
            AND p.employee_id = i.employee_id AND p.source = 'invitation')
        UNION ALL
        SELECT 'a seat of person ' || p.employee_id || ' in class ' || p.training_class_id || ' has no live invitation'
        FROM trainings_participation p WHERE p.source = 'invitation' AND p.state IN ('held', 'confirmed')
            AND NOT EXISTS (SELECT 1 FROM invitations_invitation i WHERE i.training_class_id = p.training_class_id
                AND i.employee_id = p.employee_id AND i.state IN ('issued', 'accepted'))
    """,
    "states": """
        SELECT 'selection ' || s.id || ' is ' || s.state || ', its last recorded step is ' || COALESCE(t.to_state, 'missing')
        FROM invitations_selection s LEFT JOIN LATERAL (
            SELECT to_state FROM invitations_transition WHERE selection_id = s.id ORDER BY id DESC LIMIT 1) t ON true
        WHERE t.to_state IS DISTINCT FROM s.state
        UNION ALL
        SELECT 'invitation ' || i.id || ' comes from a selection that is ' || s.state
        FROM invitations_invitation i JOIN invitations_selection s ON s.id = i.selection_id WHERE s.state <> 'issued'
        UNION ALL
        SELECT 'invitation ' || i.id || ' names class ' || i.training_class_id || ', its selection is for ' || s.training_class_id
        FROM invitations_invitation i JOIN invitations_selection s ON s.id = i.selection_id
        WHERE s.training_class_id <> i.training_class_id
        UNION ALL
        SELECT 'selection ' || s.id || ' has ' || s.pool_size || ' people in its pool, and ' || COALESCE(p.n, 0)
            || ' are found in it by person'
        FROM invitations_selection s LEFT JOIN (
            SELECT selection_id, sum(cardinality(ranks)) AS n FROM invitations_rankpage GROUP BY selection_id
        ) p ON p.selection_id = s.id
        WHERE s.evidence_sha256 <> '' AND COALESCE(p.n, 0) <> s.pool_size
        UNION ALL
        SELECT 'invitation ' || i.id || ' is for someone who was not a candidate' FROM invitations_invitation i
        WHERE NOT EXISTS (SELECT 1 FROM invitations_candidate c
            -- Or was ranked under a record that became this person's.
            WHERE c.selection_id = i.selection_id AND c.rank = i.rank AND (c.employee_id = i.employee_id OR c.employee_id IN (
                SELECT id FROM employees_employee WHERE merged_into_id = i.employee_id)))
    """,
    "agenda": """
        SELECT 'session ' || s.id || ' lies outside class ' || c.code FROM trainings_session s
        JOIN trainings_trainingclass c ON c.id = s.training_class_id
        WHERE s.day NOT BETWEEN c.first_day AND c.last_day OR s.active <> (c.state <> 'cancelled')
        UNION ALL
        -- Reckoned in one of the three zones; what has begun may keep that of an organiser that has changed its own.
        SELECT 'session ' || s.id || ' has other moments than its day and times' FROM trainings_session s
        WHERE s.mode <> 'self_paced' AND NOT EXISTS (
            SELECT 1 FROM (VALUES ('Asia/Jakarta'), ('Asia/Makassar'), ('Asia/Jayapura')) AS z (name)
            WHERE s.starts_at = (s.day + s.starts) AT TIME ZONE z.name AND s.ends_at = (s.day + s.ends) AT TIME ZONE z.name)
        UNION ALL
        SELECT 'session ' || s.id || ' is to come and not reckoned in the time zone of its organiser'
        FROM (SELECT DISTINCT organiser_id AS id FROM trainings_trainingclass) u
        CROSS JOIN LATERAL trainings_sessions_to_follow(u.id) AS s (id)
        UNION ALL
        SELECT 'a mark of session ' || a.session_id || ' is for somebody of another class' FROM trainings_attendance a
        JOIN trainings_session s ON s.id = a.session_id JOIN trainings_participation p ON p.id = a.participation_id
        WHERE s.training_class_id <> p.training_class_id
    """,
    "results": """
        SELECT 'class ' || c.code || ' is locked with ' || count(r.id) || ' results for ' || c.seats_taken || ' taken seats'
        FROM trainings_grading g JOIN trainings_trainingclass c ON c.id = g.training_class_id
        LEFT JOIN trainings_participantresult r ON r.training_class_id = c.id AND r.current
        WHERE g.locked_at IS NOT NULL GROUP BY c.id HAVING count(r.id) = 0
        UNION ALL
        SELECT 'the result of seat ' || r.participation_id || ' has no version before ' || r.version FROM trainings_participantresult r
        WHERE r.version > 1 AND NOT EXISTS (SELECT 1 FROM trainings_participantresult o
            WHERE o.participation_id = r.participation_id AND o.version = r.version - 1)
        UNION ALL
        SELECT 'class ' || c.code || ' is complete, but the history of person ' || r.employee_id || ' says ' || COALESCE(h.result, 'nothing')
        FROM trainings_completion d JOIN trainings_trainingclass c ON c.id = d.training_class_id
        JOIN trainings_participantresult r ON r.training_class_id = c.id AND r.current
        LEFT JOIN trainings_historyrecord h ON h.training_class_id = c.id AND h.employee_id = r.employee_id
        WHERE h.result IS DISTINCT FROM r.outcome
    """,
    "messages": """
        SELECT 'invitation ' || i.id || ' has no message' FROM invitations_invitation i
        WHERE NOT EXISTS (SELECT 1 FROM outbox_message m WHERE m.key = 'invitation:' || i.id || ':invitation:0')
        UNION ALL
        SELECT 'message ' || m.key || ' is about an invitation that is gone' FROM outbox_message m
        WHERE m.about_type = 'invitation'
            AND NOT EXISTS (SELECT 1 FROM invitations_invitation i WHERE i.id = m.about_id)
    """,
    # Only answers and other ends are recorded one by one: an open invitation has none.
    "answers on record": """
        SELECT 'invitation ' || i.id || ' is ' || i.state || ', the audit trail says ' || COALESCE(e.verb, 'nothing')
        FROM invitations_invitation i LEFT JOIN LATERAL (
            SELECT verb FROM audit_event WHERE object_type = 'invitation' AND object_id = i.id::text
                AND verb IN (
                'invitation.accepted', 'invitation.declined', 'invitation.expired', 'invitation.withdrawn', 'invitation.replaced'
            )
            ORDER BY id DESC LIMIT 1) e ON true
        WHERE COALESCE(e.verb, 'invitation.issued') <> 'invitation.' || i.state
        UNION ALL
        SELECT 'event ' || e.id || ' is about invitation ' || e.object_id || ', which is gone' FROM audit_event e
        WHERE e.object_type = 'invitation' AND e.verb LIKE 'invitation.%%'
            AND NOT EXISTS (SELECT 1 FROM invitations_invitation i WHERE i.id::text = e.object_id)
    """,
    "seeds": """
        SELECT 'class ' || c.code || ' is scheduled without a seed' FROM trainings_trainingclass c
        WHERE c.state = 'scheduled' AND NOT EXISTS (SELECT 1 FROM trainings_seed s WHERE s.training_class_id = c.id)
        UNION ALL
        SELECT 'seed ' || s.number || ' of class ' || s.training_class_id || ' is not the one committed to'
        FROM trainings_seed s WHERE s.commitment <> encode(sha256(convert_to(s.value, 'UTF8')), 'hex')
    """,
    "letters": """
        SELECT 'the letters of unit ' || COALESCE(s.organiser_id, l.organiser_id) || ' in ' || COALESCE(s.year, l.year)
            || ' are numbered ' || COALESCE(l.lowest || '–' || l.highest || ' (' || l.n || ')', 'nothing')
            || ', their series says ' || COALESCE(s.first || '–' || s.last, 'nothing')
        FROM invitations_numberseries s FULL JOIN (
            SELECT organiser_id, year, min(seq) AS lowest, max(seq) AS highest, count(*) AS n
            FROM invitations_letter GROUP BY organiser_id, year) l USING (organiser_id, year)
        WHERE (s.first, s.last, (s.last - s.first + 1)::bigint) IS DISTINCT FROM (l.lowest, l.highest, l.n)
        UNION ALL
        SELECT 'letter ' || l.number || ' counts ' || l.names_count || ' names, there are ' || count(n.id)
        FROM invitations_letter l LEFT JOIN invitations_lettername n ON n.letter_id = l.id
        GROUP BY l.id HAVING l.names_count <> count(n.id)
            OR l.names_count <> jsonb_array_length(l.data #> '{list,names}')
        UNION ALL
        SELECT 'letter ' || l.number || ' is ' || l.state || ' and its names count as ' ||
            CASE WHEN bool_or(n.current) THEN 'current' ELSE 'ended' END
        FROM invitations_letter l JOIN invitations_lettername n ON n.letter_id = l.id
        GROUP BY l.id HAVING bool_or(n.current) <> (l.state = 'valid') OR bool_and(n.current) <> (l.state = 'valid')
        UNION ALL
        SELECT 'letter ' || l.number || ' names an invitation of another class'
        FROM invitations_letter l JOIN invitations_lettername n ON n.letter_id = l.id
        JOIN invitations_invitation i ON i.id = n.invitation_id WHERE i.training_class_id <> l.training_class_id
    """,
    "certificates": """
        SELECT 'the certificates of unit ' || COALESCE(s.organiser_id, c.organiser_id) || ' in ' || COALESCE(s.year, c.year)
            || ' are numbered ' || COALESCE(c.lowest || '–' || c.highest || ' (' || c.n || ')', 'nothing')
            || ', their series says ' || COALESCE(s.first || '–' || s.last, 'nothing')
        FROM certificates_numberseries s FULL JOIN (
            SELECT organiser_id, year, min(seq) AS lowest, max(seq) AS highest, count(*) AS n
            FROM certificates_certificate GROUP BY organiser_id, year) c USING (organiser_id, year)
        WHERE (s.first, s.last, (s.last - s.first + 1)::bigint) IS DISTINCT FROM (c.lowest, c.highest, c.n)
        UNION ALL
        SELECT 'certificate ' || c.number || ' is written as ' || h.certificate_number || ' in the training history'
        FROM certificates_certificate c JOIN trainings_historyrecord h ON h.id = c.record_id
        WHERE h.certificate_number <> c.number
        UNION ALL
        SELECT 'certificate ' || c.number || ' is valid, its record says ' || h.result
        FROM certificates_certificate c JOIN trainings_historyrecord h ON h.id = c.record_id
        JOIN certificates_certificateversion v ON v.certificate_id = c.id AND v.state = 'valid'
        WHERE h.result NOT IN ('LULUS', 'HADIR')
        UNION ALL
        SELECT 'certificate ' || c.number || ' belongs to another class than its record'
        FROM certificates_certificate c JOIN trainings_historyrecord h ON h.id = c.record_id
        WHERE h.training_class_id IS DISTINCT FROM c.training_class_id
        UNION ALL
        SELECT 'the versions of certificate ' || c.number || ' do not count 1 to ' || count(v.id)
        FROM certificates_certificate c LEFT JOIN certificates_certificateversion v ON v.certificate_id = c.id
        GROUP BY c.id HAVING count(v.id) = 0 OR max(v.version) <> count(v.id)
            OR bool_or(v.data ->> 'number' <> c.number)
    """,
}


def problems(limit: int = 50) -> dict[str, list[str]]:
    """What is wrong with the data, by invariant: at most `limit` texts each. Empty: everything holds.

    Selections are verified against their evidence as `verify_selection` does.
    """
    checks: dict[str, Callable[[], list[str]]] = {
        "audit chain": log.chain_problems,
        "evidence": _evidence_problems,
    }
    found = {name: _texts(sql, limit) for name, sql in _QUERIES.items()}
    found |= {name: check()[:limit] for name, check in checks.items()}
    return {name: texts for name, texts in found.items() if texts}


def _texts(sql: str, limit: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({sql}) AS found LIMIT %s", [limit])
        return [row[0] for row in cursor.fetchall()]


def _evidence_problems() -> list[str]:
    """Every selection that was ever proposed against its evidence; one without any is a problem itself."""
    never_proposed = ("queued", "ranking", "failed", "void")
    selections = Selection.objects.exclude(
        evidence_file="", proposed_at=None, state__in=never_proposed
    ).select_related("training_class", "seed", "requested_by")
    return [
        f"selection {selection.pk}: {difference}"
        for selection in selections
        for difference in verify(selection).differences
    ]
