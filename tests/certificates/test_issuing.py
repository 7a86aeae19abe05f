"""Numbers without gap or double, frozen papers, revoking, issuing anew, what the database refuses."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.errors import Refusal
from audit.models import Event
from certificates import actions
from certificates.models import Certificate, CertificateTemplate, CertificateVersion, NumberSeries
from certificates.texts import Texts
from simdiklat.integrity import problems
from tests import factories
from tests.certificates.conftest import add_record, ended_class, issue
from tests.races import at_once
from tests.trainings.test_completion import locked
from trainings import actions as running_actions
from trainings.models import Completion, HistoryRecord, ParticipantResult, Programme

pytestmark = pytest.mark.django_db


def test_whoever_took_part_gets_one_numbered_in_the_order_of_names(cast, tree, ended):
    made = issue(ended, cast.organiser)
    today = timezone.localdate()
    tail = f"BDK-SBY/STTPP/{today:%m}/{today:%Y}"
    names = [c.record.employee.name for c in made]
    assert names == ["Budi Santoso", "Peserta A", "Peserta B", "Sari Wulandari"]
    assert [c.number for c in made] == [f"{n}/{tail}" for n in range(1, 5)]
    assert {r.certificate_number for r in ended.history.filter(result="TIDAK_LULUS")} == {""}
    assert [c.record.certificate_number for c in Certificate.objects.order_by("seq")] == [
        c.number for c in made
    ]
    assert NumberSeries.objects.get().last == 4
    data = made[0].latest.data
    assert (data["name"], data["word"]) == ("Budi Santoso", "LULUS")
    assert data["public"]["hours"] == 60
    assert made[2].latest.data["word"] == "TELAH MENGIKUTI"
    event = Event.objects.get(verb="certificate.issued")
    assert (event.data["count"], event.data["first"]) == (4, made[0].number)
    assert problems() == {}


def test_repeated_it_issues_nothing_new_and_a_late_record_the_next_number(cast, tree, ended):
    first = issue(ended)
    assert issue(ended) == []
    late = add_record(ended, factories.employee(tree.madrasah, name="Aaa Terlambat"))
    (extra,) = issue(ended)
    assert (extra.record, extra.seq) == (late, len(first) + 1)
    assert problems() == {}


def test_a_completion_that_fails_gives_its_numbers_back(tree, ended):
    with pytest.raises(RuntimeError), transaction.atomic():
        issue(ended)
        raise RuntimeError("something else of the completion")
    assert (Certificate.objects.count(), NumberSeries.objects.count()) == (0, 0)
    assert ended.history.exclude(certificate_number="").count() == 0
    assert [c.seq for c in issue(ended)] == [1, 2, 3, 4]


def test_records_of_another_class_are_left_alone(tree, ended):
    other = ended_class(tree.bdk, code="MB-02")
    foreign = add_record(other, factories.employee(tree.madrasah))
    actions.issue_for_class(training_class=ended, records=[foreign], by=None)
    assert Certificate.objects.count() == 0


def test_the_pattern_of_the_organiser_and_its_first_number(cast, tree, ended):
    texts = Texts.default(tree.bdk).as_json() | {
        "number_pattern": "{seq}/{kind}/{month_roman}/{year}", "kind_code": "SRT", "series_first": 41,
    }  # fmt: skip
    template = CertificateTemplate.objects.create(organiser=tree.bdk, version=1, texts=texts)
    made = issue(ended)
    assert made[0].number.startswith("41/SRT/")
    assert made[0].latest.template == template
    assert NumberSeries.objects.get().first == 41
    assert problems() == {}


def test_another_organisers_number_is_refused_and_none_is_used_up(cast, tree, ended):
    issue(ended)
    other = factories.unit("LDK", tree.root, "LDK", name="LDK Contoh")
    texts = Texts.default(other).as_json() | {"organiser_code": "bdk-sby"}  # differs in case only
    CertificateTemplate.objects.create(organiser=other, version=1, texts=texts)
    clash = ended_class(other, code="MB-02")
    add_record(clash, factories.employee(tree.madrasah))
    with pytest.raises(Refusal) as taken:
        issue(clash)
    assert taken.value.code == "number"
    assert not NumberSeries.objects.filter(organiser=other).exists()


def test_a_corrected_record_replaces_or_revokes_the_paper(cast, tree, ended):
    by_name = {c.record.employee.name: c for c in issue(ended)}
    HistoryRecord.objects.filter(employee__name="Peserta A").update(result="TIDAK_LULUS")
    HistoryRecord.objects.filter(employee__name="Peserta B").update(result="LULUS")
    assert issue(ended, cast.organiser) == []
    states = {
        name: [(v.version, v.state) for v in Certificate.objects.get(pk=c.pk).versions.order_by("version")]
        for name, c in by_name.items()
    }
    assert states == {
        "Budi Santoso": [(1, "valid")], "Sari Wulandari": [(1, "valid")], "Peserta A": [(1, "revoked")],
        "Peserta B": [(1, "replaced"), (2, "valid")],
    }  # fmt: skip
    assert by_name["Peserta B"].versions.get(version=2).data["word"] == "LULUS"
    assert issue(ended) == []
    assert CertificateVersion.objects.count() == 5
    assert problems() == {}


def test_a_paper_stays_as_it_was_when_everything_else_changes(cast, tree, ended):
    certificate = issue(ended)[-1]
    before = certificate.latest.data
    Programme.objects.update(name="Nama Baru")
    cast.employee.name = "Nama Lain"
    cast.employee.save()
    actions.save_texts(
        organiser=tree.bdk, texts=Texts(**Texts.default(tree.bdk).as_json() | {"word_passed": "TAMAT"}),
        by=cast.organiser,
    )  # fmt: skip
    version = CertificateVersion.objects.get(certificate=certificate)
    assert version.data == before
    new = actions.reissue(certificate=certificate, by=cast.organiser, reason="Nama salah tulis")
    assert (new.version, new.data["name"], new.data["word"], new.template.version) == (
        2,
        "Nama Lain",
        "TAMAT",
        1,
    )
    assert new.data["number"] == before["number"]
    assert "Versi 2, menggantikan versi tanggal" in new.data["version_note"]
    version.refresh_from_db()
    assert (version.state, version.ended_by, version.data) == ("replaced", cast.organiser, before)


def test_revoked_with_a_reason_and_issued_anew_afterwards(cast, ended):
    certificate = issue(ended)[0]
    with pytest.raises(Refusal):
        actions.revoke(certificate=certificate, by=cast.organiser, reason=" ")
    actions.revoke(certificate=certificate, by=cast.organiser, reason="Salah orang")
    with pytest.raises(Refusal) as again:
        actions.revoke(certificate=certificate, by=cast.organiser, reason="Lagi")
    assert again.value.code == "state"
    new = actions.reissue(certificate=certificate, by=cast.central, reason="Keliru dicabut")
    old = certificate.versions.get(version=1)
    assert (old.state, old.ended_because, new.version, new.state) == ("revoked", "Salah orang", 2, "valid")
    assert [e.verb for e in Event.objects.filter(verb__startswith="certificate.").order_by("pk")] == [
        "certificate.issued", "certificate.revoked", "certificate.reissued",
    ]  # fmt: skip
    assert problems() == {}


def test_not_anew_for_somebody_who_did_not_take_part(cast, ended):
    certificate = issue(ended)[0]
    HistoryRecord.objects.filter(pk=certificate.record_id).update(result="TIDAK_HADIR")
    with pytest.raises(Refusal) as no:
        actions.reissue(certificate=certificate, by=cast.organiser, reason="Minta")
    assert no.value.code == "result"
    assert certificate.versions.get().state == "valid"


def test_strangers_are_refused(cast, ended):
    certificate = issue(ended)[0]
    for stranger in (cast.operator, cast.neighbour, cast.auditor, cast.employee_user):
        for act in (actions.revoke, actions.reissue):
            with pytest.raises(Refusal) as no:
                act(certificate=certificate, by=stranger, reason="x")
            assert no.value.code == "permission"
        with pytest.raises(Refusal):
            actions.issue_missing(training_class=ended, by=stranger)
        with pytest.raises(Refusal):
            actions.prepare_zip(training_class=ended, by=stranger)
    assert CertificateVersion.objects.filter(state="valid").count() == 4


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE certificates_certificateversion SET data = '{}'",
        "UPDATE certificates_certificateversion SET public_id = 'x'",
        "UPDATE certificates_certificateversion SET sha256 = 'b' WHERE sha256 = 'a'",
        "UPDATE certificates_certificateversion SET state = 'valid', ended_at = NULL WHERE state = 'revoked'",
        "UPDATE certificates_certificateversion SET ended_because = 'y' WHERE state = 'revoked'",
        "DELETE FROM certificates_certificateversion",
        "UPDATE certificates_certificate SET number = 'x'",
        "DELETE FROM certificates_certificate",
        "UPDATE certificates_numberseries SET last = 1",
        "DELETE FROM certificates_numberseries",
        "UPDATE certificates_certificatetemplate SET texts = '{}'",
        "DELETE FROM certificates_certificatetemplate",
        "UPDATE certificates_certificateversion SET state = 'revoked'",
    ],
)
def test_the_database_refuses(cast, tree, ended, sql):
    CertificateTemplate.objects.create(organiser=tree.bdk, version=1, texts={})
    first, *_rest = issue(ended)
    actions.revoke(certificate=first, by=cast.organiser, reason="x")
    CertificateVersion.objects.filter(certificate=first).update(sha256="a")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_two_valid_papers_of_one_certificate_are_refused(ended):
    version = issue(ended)[0].latest
    version.pk, version.version, version.public_id = None, 2, "other"
    with pytest.raises(DatabaseError), transaction.atomic():
        version.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_raced_completions_give_each_number_once(cast, tree):
    """Six connections at once: three repeat one class, three complete others of the same organiser."""
    programme = factories.programme("MB-01", jp=60)
    classes = []
    for n in range(4):
        training_class = ended_class(tree.bdk, programme=programme, code=f"K{n}")
        for _m in range(5):
            add_record(training_class, factories.employee(tree.madrasah))
        classes.append(training_class)

    outcomes = at_once(*(partial(issue, one) for one in (*classes, classes[0], classes[0])))
    assert [o for o in outcomes if isinstance(o, BaseException)] == []
    assert sorted(Certificate.objects.values_list("seq", flat=True)) == list(range(1, 21))
    assert NumberSeries.objects.get().last == 20
    assert Certificate.objects.values("record").distinct().count() == 20


def test_check_data_finds_what_the_database_cannot(ended):
    issue(ended)
    HistoryRecord.objects.filter(employee__name="Peserta A").update(certificate_number="lain")
    (text,) = problems()["certificates"]
    assert "lain" in text
    HistoryRecord.objects.filter(employee__name="Peserta A").update(result="TIDAK_HADIR")
    assert any("TIDAK_HADIR" in text for text in problems()["certificates"])


def test_dates_and_hours_are_those_of_the_record(tree):
    training_class = ended_class(tree.bdk)
    person = factories.employee(tree.madrasah)
    record = add_record(training_class, person)
    HistoryRecord.objects.filter(pk=record.pk).update(jp=44, last_day=record.last_day + timedelta(days=1))
    (certificate,) = issue(training_class)
    public = certificate.latest.public
    assert (public["hours"], public["last_day"]) == (44, (record.last_day + timedelta(days=1)).isoformat())


def test_repeating_brings_back_nothing_that_was_revoked(cast, ended):
    certificate = issue(ended)[0]
    actions.revoke(certificate=certificate, by=cast.organiser, reason="Ijazah palsu")
    HistoryRecord.objects.filter(pk=certificate.record_id).update(jp=61)
    issue(ended)
    assert certificate.versions.get().state == "revoked"


# --- By the completion of a class ------------------------------------------------------------------------


def test_completing_a_class_issues_its_certificates_and_changes_follow(cast, tree):
    made = locked(tree, cast.organiser)
    training_class, people = made["class"], made["people"]
    running_actions.complete(training_class=training_class, by=cast.organiser)
    (certificate,) = Certificate.objects.all()
    assert certificate.record.employee == people["passed"]
    assert certificate.latest.public["hours"] == 8
    assert certificate.latest.data["subjects"] == [{"name": "Arsip dinamis", "jp": 8}]
    assert certificate.record.certificate_number == certificate.number
    running_actions.complete(training_class=training_class, by=cast.organiser)
    assert Certificate.objects.count() == 1

    def change(name, outcome, score):
        result = ParticipantResult.objects.current().get(employee=people[name])
        asked = running_actions.request_change(
            result=result, outcome=outcome, final_score=score, reason="Salah hitung", by=cast.organiser
        )
        running_actions.decide_change(change=asked, by=cast.central, approve=True)

    change("failed", "LULUS", 75)
    assert Certificate.objects.get(record__employee=people["failed"]).seq == 2
    change("passed", "TIDAK_LULUS", 60)
    assert Certificate.objects.get(pk=certificate.pk).latest.state == "revoked"
    change("passed", "LULUS", 80)
    latest = Certificate.objects.get(pk=certificate.pk).latest
    assert (latest.state, latest.version) == ("valid", 2)
    assert problems() == {}


def test_a_completion_that_cannot_number_is_undone_whole(cast, tree):
    made = locked(tree, cast.organiser)
    other = factories.unit("LDK", tree.root, "LDK", name="LDK Contoh")
    texts = Texts.default(other).as_json() | {"organiser_code": "BDK-SBY"}
    CertificateTemplate.objects.create(organiser=other, version=1, texts=texts)
    taken = ended_class(other, code="MB-02")
    add_record(taken, factories.employee(tree.madrasah))
    issue(taken)
    with pytest.raises(Refusal) as no:
        running_actions.complete(training_class=made["class"], by=cast.organiser)
    assert no.value.code == "number"
    assert not made["class"].history.exists()
    assert not Completion.objects.exists()
