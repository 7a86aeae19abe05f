"""check_data finds whatever was changed behind the portal's back, and says what."""

import gzip
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from invitations import actions, evidence
from invitations.models import Invitation
from invitations.verify import verify
from simdiklat.integrity import problems
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def selection(cast, tree, settings, tmp_path):
    """An issued selection: two invited, two in reserve, one waiting."""
    settings.EVIDENCE_DIR = tmp_path
    for i in range(4):
        person = factories.employee(tree.surabaya, name=f"Orang {i}")
        factories.history(person, timezone.localdate() - timedelta(days=1000 + i))
    training_class = factories.training_class(
        factories.programme(), tree.bdk, [tree.surabaya], seats=2, reserve=2
    )
    started = actions.start_selection(training_class=training_class, by=cast.central)
    actions.run_selection(started.pk)
    actions.approve(selection=started, by=cast.central)
    actions.issue(started.pk)
    started.refresh_from_db()
    assert problems() == {}
    return started


def tamper(*statements: str) -> None:
    """Change rows as somebody with the database's password would: past every trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
            assert cursor.rowcount > 0, statement
        cursor.execute("SET session_replication_role = origin")


@pytest.mark.parametrize(
    ("statement", "invariant"),
    [
        ("UPDATE trainings_standing SET waiting_since = waiting_since - 1, ever_trained = true", "standing"),
        ("DELETE FROM trainings_standing WHERE ever_trained", "standing"),
        ("DELETE FROM trainings_historyrecord", "standing"),
        ("DELETE FROM trainings_historyrecord", "numbered trainings"),
        ("DELETE FROM trainings_nthtraining WHERE number = 1", "numbered trainings"),
        ("UPDATE trainings_nthtraining SET last_day = last_day - 1", "numbered trainings"),
        ("UPDATE employees_unit SET path = '/9/' WHERE code = 'KW35'", "paths of units"),
        ("UPDATE employees_unit SET parent_id = id WHERE code = 'MENAG'", "the root"),
        ("UPDATE trainings_trainingclass SET seats_taken = 1", "seats"),
        ("UPDATE trainings_trainingclass SET last_day = last_day + 1", "dates of seats"),
        (
            "UPDATE trainings_participation SET state = 'released' WHERE state = 'held'",
            "invitations and seats",
        ),
        ("DELETE FROM trainings_participation", "invitations and seats"),
        ("UPDATE invitations_invitation SET state = 'accepted'", "invitations and seats"),
        ("UPDATE invitations_selection SET state = 'proposed'", "states"),
        ("DELETE FROM outbox_message", "messages"),
        ("UPDATE trainings_seed SET value = repeat('0', 64)", "seeds"),
        ("DELETE FROM trainings_seed", "seeds"),
        (
            "UPDATE audit_event SET actor_name = 'orang lain' WHERE id = (SELECT min(id) FROM audit_event)",
            "audit chain",
        ),
        ("UPDATE audit_event SET data = '{}' WHERE id = (SELECT max(id) FROM audit_event)", "audit chain"),
        ("DELETE FROM audit_event WHERE id = (SELECT min(id) FROM audit_event)", "audit chain"),
        ("DELETE FROM audit_event WHERE id = (SELECT max(id) FROM audit_event)", "audit chain"),
        ("DELETE FROM audit_event", "audit chain"),
        ("UPDATE invitations_candidate SET outcome = 'waiting' WHERE rank = 1", "evidence"),
        ("UPDATE invitations_candidate SET lottery = repeat('f', 64) WHERE rank = 2", "evidence"),
        ("DELETE FROM invitations_candidate WHERE rank = 5", "evidence"),
        ("UPDATE invitations_selection SET pool_size = 4", "evidence"),
        ("UPDATE invitations_selection SET excluded = '{}'", "evidence"),
        ("UPDATE invitations_selection SET requested_by_id = NULL", "evidence"),
        ("UPDATE invitations_selection SET evidence_sha256 = repeat('0', 64)", "evidence"),
        ("UPDATE invitations_selection SET evidence_file = ''", "evidence"),
        ("DELETE FROM invitations_invitation WHERE state = 'declined'", "messages"),
        ("DELETE FROM invitations_invitation WHERE state = 'declined'", "answers on record"),
        (
            "DELETE FROM trainings_participation WHERE state = 'released' AND 'declined' <> ''",
            "invitations and seats",
        ),
        (
            "UPDATE invitations_invitation SET state = 'expired' WHERE state = 'declined'",
            "answers on record",
        ),
    ],
)
def test_what_was_changed_behind_the_portals_back_is_found(selection, statement, invariant):
    if "'declined'" in statement:
        actions.answer(invitation=Invitation.objects.first(), answer="decline", by=None, reason="SAKIT")
        assert problems() == {}
    tamper(statement)
    assert invariant in problems()


def rewrite(selection, change) -> None:
    """Write the evidence file anew with `change(header, lines)` applied, and a matching hash stored."""
    path = evidence.path_of(selection.evidence_file)
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    header = json.loads(lines[0])
    lines = change(header, lines[1:]) or lines[1:]
    path.write_bytes(gzip.compress("\n".join([json.dumps(header), *lines, ""]).encode()))
    tamper(f"UPDATE invitations_selection SET evidence_sha256 = '{evidence.sha256_of(path.name)}'")
    selection.refresh_from_db()


@pytest.mark.parametrize(
    "change",
    [
        lambda header, lines: [line.replace(",selected,", ",waiting,", 1) for line in lines],
        lambda header, lines: lines[:1] + lines[2:],
        lambda header, lines: header.update(seed="0" * 64),
        lambda header, lines: header.update(pool_size=4),
        lambda header, lines: header["parameters"].update(free_seats=1),
        lambda header, lines: header["parameters"].update(unit_cap=1),
        lambda header, lines: [line.replace(",true,", ",false,") for line in lines],
    ],
)
def test_evidence_rewritten_with_a_fitting_hash_is_found(selection, change):
    rewrite(selection, change)
    assert verify(selection).differences != []


def test_evidence_rows_and_hash_replaced_together_are_found_by_the_audit_trail(selection):
    def later(header, lines):
        header["proposed_at"] = "2020-01-01T00:00:00+00:00"  # nothing that is stored elsewhere

    rewrite(selection, later)
    (difference,) = verify(selection).differences
    assert selection.evidence_sha256 in difference


def test_any_flipped_byte_of_the_evidence_is_a_finding(selection):
    path = evidence.path_of(selection.evidence_file)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        assert verify(selection).differences != [], place


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 5},
        {"parameters": None},
        {"parameters": {"allocation": "NASIONAL", "areas": 3}},
        {"commitment": []},
    ],
)
def test_evidence_with_values_of_another_kind_is_a_finding(selection, change):
    rewrite(selection, lambda header, lines: header.update(change))
    assert verify(selection).differences != []


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "not gzip", "other text"])
def test_missing_or_damaged_evidence_is_a_finding_not_a_crash(selection, damage):
    path = evidence.path_of(selection.evidence_file)
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(
            {
                "empty": b"",
                "cut": whole[: len(whole) // 2],
                "not gzip": b"PK\x03\x04",
                "other text": gzip.compress(b"halo\nini bukan bukti\n"),
            }[damage]
        )
    out = StringIO()
    with pytest.raises(SystemExit) as exit_code:
        call_command("verify_selection", str(selection.pk), stdout=out)
    assert exit_code.value.code == 1
    last = json.loads(out.getvalue().splitlines()[-1])
    assert last == {"selection": selection.pk, "matches": False}


def test_whole_data_passes_and_says_so(selection):
    out = StringIO()
    call_command("check_data", stdout=out)
    assert json.loads(out.getvalue().splitlines()[-1]) == {"problems": 0}
    out = StringIO()
    call_command("verify_selection", str(selection.pk), stdout=out)
    assert json.loads(out.getvalue()) == {"selection": selection.pk, "matches": True}


def test_check_data_exits_1(selection):
    tamper("UPDATE trainings_trainingclass SET seats_taken = 1")
    out = StringIO()
    with pytest.raises(SystemExit) as exit_code:
        call_command("check_data", stdout=out)
    assert exit_code.value.code == 1
    assert json.loads(out.getvalue().splitlines()[-1])["problems"] >= 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET verb = 'x'",
        "DELETE FROM audit_event",
        "UPDATE invitations_candidate SET outcome = 'selected'",
        "DELETE FROM invitations_candidate",
        "UPDATE invitations_selection SET pool_size = 1",
        "UPDATE invitations_selection SET state = 'proposed'",
        "UPDATE invitations_invitation SET state = 'expired' WHERE state = 'accepted'",
    ],
)
def test_the_database_itself_refuses(selection, cast, statement):
    actions.answer(invitation=Invitation.objects.first(), answer="accept", by=None)
    from django.db import IntegrityError, transaction

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(statement)
