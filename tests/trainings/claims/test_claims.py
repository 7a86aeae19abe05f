"""Missing history: claimed with a certificate, verified or refused once, and counting only then."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from audit.errors import Refusal
from audit.models import Event
from outbox import rendering
from outbox.models import Message
from simdiklat.integrity import problems
from tests import factories
from tests.races import at_once
from trainings.claims import actions
from trainings.models import Claim, HistoryRecord, Standing

PDF = b"%PDF-1.7\n%synthetic\n"
LAST = date(2024, 5, 3)


@pytest.fixture(autouse=True)
def english(settings, tmp_path):
    settings.CLAIMS_DIR = tmp_path / "claims"
    with translation.override("en"):
        yield


def training(**values):
    given = {
        "title": "Pelatihan Arsip Daerah", "kind": "TEKNIS", "organiser": "BKPSDM", "first_day": LAST,
        "last_day": LAST, "jp": 40, "result": "LULUS",
    }  # fmt: skip
    return actions.Training(**(given | values))


def claim_of(cast, person=None, follows=None, content=PDF, **values):
    person = person or cast.employee
    return actions.file_claim(
        employee=person, by=person.user, training=training(**values), follows=follows,
        certificate=SimpleUploadedFile("sertifikat.pdf", content),
    )  # fmt: skip


def kept(settings):
    folder = settings.CLAIMS_DIR
    return list(folder.glob("*")) if folder.exists() else []


def test_only_what_is_verified_counts(cast, settings):
    claim = claim_of(cast)
    assert claim.due_on == timezone.localdate() + timedelta(days=14)
    assert Standing.objects.get(employee=cast.employee).last_training is None
    record = actions.verify(claim=claim, by=cast.operator)
    assert Standing.objects.get(employee=cast.employee).last_training == LAST
    assert (record.employee, record.last_day, record.jp, record.source) == (cast.employee, LAST, 40, "claim")
    claim.refresh_from_db()
    assert (claim.state, claim.record, claim.decided_by) == ("verified", record, cast.operator)
    message = Message.objects.get(key=f"claim:{claim.pk}:decided")
    assert message.recipient == cast.employee_user
    assert "Pelatihan Arsip Daerah" in rendering.preview(message).text
    assert Event.objects.filter(verb__startswith="claim.").count() == 2
    assert problems() == {}


def test_a_refusal_has_a_reason_and_a_new_claim_is_a_new_row(cast):
    claim = claim_of(cast)
    with pytest.raises(Refusal, match="Say why"):
        actions.refuse(claim=claim, reason="  ", by=cast.operator)
    actions.refuse(claim=claim, reason="Nama di sertifikat lain", by=cast.operator)
    text = rendering.preview(Message.objects.get(key=f"claim:{claim.pk}:decided"))
    assert "Nama di sertifikat lain" in text.text
    assert "Nama di sertifikat lain" in text.html
    claim.refresh_from_db()
    again = claim_of(cast, follows=claim)
    assert (again.follows, again.state, Claim.objects.count()) == (claim, "open", 2)
    with pytest.raises(Refusal):  # a refused claim has one successor
        claim_of(cast, follows=claim, title="Another")
    with pytest.raises(Refusal, match="already been decided"):
        actions.verify(claim=claim, by=cast.operator)
    assert not HistoryRecord.objects.exists()


@pytest.mark.parametrize(
    "content", [b"", b"<html><script>alert(1)</script>", b"GIF89a", b"PK\x03\x04", b"\xff\xd8\xfe", b"MZ"]
)
def test_other_files_are_refused_and_not_kept(cast, settings, content):
    with pytest.raises(Refusal, match="PDF, JPG or PNG" if content else "empty"):
        claim_of(cast, content=content)
    assert kept(settings) == []
    assert not Claim.objects.exists()


def test_too_large_is_refused(cast, settings):
    settings.CLAIM_MOST_BYTES = 10
    with pytest.raises(Refusal, match="MB"):
        claim_of(cast)
    assert kept(settings) == []


def test_what_is_known_or_claimed_or_to_come_is_refused_and_its_file_forgotten(cast, settings):
    factories.history(cast.employee, LAST, title="pelatihan  arsip daerah")
    with pytest.raises(Refusal, match="already in your history"):
        claim_of(cast)
    claim_of(cast, title="Other")
    with pytest.raises(Refusal, match="claimed this training already"):
        claim_of(cast, title="OTHER")
    with pytest.raises(Refusal, match="has ended"):
        claim_of(cast, title="To come", last_day=timezone.localdate() + timedelta(days=1))
    with pytest.raises(Refusal, match="person concerned"):
        actions.file_claim(
            employee=cast.stranger, by=cast.employee_user, training=training(),
            certificate=SimpleUploadedFile("a.pdf", PDF),
        )  # fmt: skip
    assert len(kept(settings)) == 1


def test_a_record_that_came_by_another_way_is_taken(cast):
    claim = claim_of(cast)
    record = factories.history(cast.employee, LAST, title=claim.title)
    assert actions.verify(claim=claim, by=cast.operator) == record
    assert HistoryRecord.objects.count() == 1


def test_a_record_that_says_otherwise_stops_it(cast):
    claim = claim_of(cast)
    factories.history(cast.employee, LAST, title=claim.title, result="TIDAK_LULUS")
    with pytest.raises(Refusal, match="Not passed"):
        actions.verify(claim=claim, by=cast.operator)
    claim.refresh_from_db()
    assert claim.state == "open"


def test_only_the_own_office_decides_and_nobody_the_own_claim(cast):
    claim = claim_of(cast)
    for user in (cast.neighbour, cast.central, cast.auditor, cast.employee_user):
        with pytest.raises(Refusal):
            actions.verify(claim=claim, by=user)
    cast.employee.user = cast.operator
    cast.employee.save()
    with pytest.raises(Refusal, match="own claim"):
        actions.verify(claim=claim, by=cast.operator)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "verified"}, {"state": "refused"}, {"title": "Other"}, {"jp": 400}, {"stored_name": "x"},
        {"due_on": date(2030, 1, 1)},
    ],
)  # fmt: skip
def test_the_database_keeps_the_states(cast, change):
    claim = claim_of(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(**change)
    actions.refuse(claim=claim, reason="No", by=cast.operator)
    for again in ({"state": "open"}, {"reason": "Other"}, {"decided_by": cast.central}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Claim.objects.filter(pk=claim.pk).update(**again)
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).delete()


@pytest.mark.django_db(transaction=True)
def test_verified_and_refused_at_once_it_is_decided_once(cast):
    claim = claim_of(cast)
    results = at_once(
        lambda: actions.verify(claim=claim, by=cast.operator),
        lambda: actions.refuse(claim=claim, reason="No", by=cast.operator),
    )
    assert sum(isinstance(result, Refusal) for result in results) == 1
    claim.refresh_from_db()
    assert HistoryRecord.objects.count() == (1 if claim.state == "verified" else 0)
    assert Message.objects.filter(kind="claim_decided").count() == 1
    assert problems() == {}


def test_the_person_files_on_the_page_and_the_operator_verifies(cast, client, settings):
    client.force_login(cast.employee_user)
    cells = {
        "title": "Bimtek", "kind": "BIMTEK", "organiser": "Kanwil", "first_day": "2024-05-01",
        "last_day": "2024-05-03", "jp": "24", "result": "HADIR",
    }  # fmt: skip
    wrong = client.post(
        reverse("trainings:claim_new"), cells | {"certificate": SimpleUploadedFile("a.pdf", b"no pdf")}
    )
    assert wrong.status_code == 200
    assert not Claim.objects.exists()
    client.post(reverse("trainings:claim_new"), cells | {"certificate": SimpleUploadedFile("a.html", PDF)})
    claim = Claim.objects.get()
    page = client.get(reverse("trainings:claim", args=[claim.pk])).content.decode()
    assert reverse("trainings:claim_verify", args=[claim.pk]) not in page
    assert client.post(reverse("trainings:claim_verify", args=[claim.pk])).status_code == 403
    assert "Bimtek" in client.get(reverse("trainings:own_claims")).content.decode()

    client.force_login(cast.operator)
    assert "Bimtek" in client.get(reverse("trainings:claim_list")).content.decode()
    assert (
        reverse("trainings:claim_verify", args=[claim.pk])
        in client.get(reverse("trainings:claim", args=[claim.pk])).content.decode()
    )
    answer = client.get(reverse("trainings:claim_certificate", args=[claim.pk]))
    assert b"".join(answer) == PDF
    assert answer["Content-Disposition"] == f'attachment; filename="klaim-{claim.pk}.pdf"'
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    client.post(reverse("trainings:claim_verify", args=[claim.pk]))
    claim.refresh_from_db()
    assert claim.state == "verified"


@pytest.mark.parametrize("name", ["claim", "claim_certificate"])
def test_outside_the_scope_there_is_no_claim(cast, client, name):
    claim = claim_of(cast)
    for user in (cast.neighbour, cast.central, cast.organiser, cast.admin):
        client.force_login(user)
        assert client.get(reverse(f"trainings:{name}", args=[claim.pk])).status_code == 404


def test_a_class_tells_the_open_claims_of_its_units_before_its_ranking(cast, tree, client):
    claim_of(cast)
    here = factories.training_class(factories.programme(), tree.bdk, [tree.surabaya])
    elsewhere = factories.training_class(factories.programme("B"), tree.bdk, [tree.semarang])
    client.force_login(cast.organiser)
    link = reverse("trainings:class_claims", args=[here.pk])
    assert link in client.get(reverse("invitations:start", args=[here.pk])).content.decode()
    assert link in client.get(reverse("invitations:class", args=[here.pk])).content.decode()
    page = client.get(link).content.decode()
    assert "MAN 1 Surabaya" in page
    assert cast.employee.name not in page
    other = reverse("trainings:class_claims", args=[elsewhere.pk])
    assert other not in client.get(reverse("invitations:start", args=[elsewhere.pk])).content.decode()


def test_the_list_costs_the_same_at_one_and_at_three(cast, tree, client):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("trainings:claim_list")).status_code == 200
        return len(captured)

    client.force_login(cast.operator)
    claim_of(cast)
    queries()
    one = queries()
    claim_of(cast, title="Second")
    claim_of(cast, title="Third")
    assert queries() == one
