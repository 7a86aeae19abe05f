"""Curricula and the agenda: what is refused, what the database keeps, what the pages show."""

import io
import zipfile
from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from psycopg2.errors import DeadlockDetected

from audit.errors import Refusal
from invitations.actions import cancel_class, reschedule
from tests import factories
from tests.races import at_once
from tests.trainings import running
from trainings import actions
from trainings.actions import DayPlan, SessionPlan, SubjectPlan
from trainings.delivery.agenda import summary
from trainings.models import Session, Subject, Trainer


@pytest.fixture
def coming(tree):
    """A class of five days that begins in 30 days."""
    first = timezone.localdate() + timedelta(days=30)
    first += timedelta(days=-first.weekday() % 7)
    return running.running_class(tree.bdk, first_day=first, last_day=first + timedelta(days=4))


def plan(training_class, **fields) -> SessionPlan:
    values = {
        "day": training_class.first_day, "mode": "classroom", "starts": time(8), "ends": time(9, 30),
        "subject": training_class.curriculum.subjects.first(),
    }  # fmt: skip
    return SessionPlan(**{**values, **fields})


def save(training_class, by, **fields) -> Session:
    return actions.save_session(training_class=training_class, by=by, plan=plan(training_class, **fields))


def test_times_become_moments_of_the_organisers_zone(tree, cast):
    tree.bdk.time_zone = "WIT"
    tree.bdk.save()
    session = running.lesson(running.running_class(tree.bdk))
    assert session.starts_at.isoformat().endswith("+00:00")
    assert (session.starts_at.hour, session.minutes) == (
        23,
        90,
    )  # 08:00 in Jayapura is 23:00 UTC of the day before
    assert session.jp == 2


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"starts": time(10), "ends": time(9)}, "ends"),
        ({"starts": time(10), "ends": time(10)}, "ends"),
        ({"starts": None}, "starts"),
        ({"day": date(2020, 1, 1)}, "day"),
        ({"subject": None}, "subject"),
        ({"mode": "self_paced", "minutes": 0}, "jp"),
        ({"mode": "live", "meeting": "address"}, "meeting_address"),
        ({"starts": time(7), "ends": time(16, 30)}, "day"),
    ],
)
def test_bad_sessions_are_refused_with_the_field_and_nothing_is_written(coming, cast, fields, code):
    with pytest.raises(Refusal) as refused:
        save(coming, cast.organiser, **fields)
    assert refused.value.code == code
    assert not Session.objects.exists()


def test_clashes_of_class_trainer_room_and_meeting_are_refused_with_what_is_in_the_way(coming, cast, tree):
    trainer = Trainer.objects.create(name="Ahmad Hidayat")
    save(coming, cast.organiser, trainer=trainer, room="Aula", title="Sesi satu")
    with pytest.raises(Refusal, match=r"Sesi satu.*08\.00"):
        save(coming, cast.organiser, starts=time(9), ends=time(10))
    other = running.running_class(tree.bdk, first_day=coming.first_day, last_day=coming.last_day)
    with pytest.raises(Refusal, match="Sesi satu"):
        save(other, cast.organiser, starts=time(9), ends=time(10), trainer=trainer)
    with pytest.raises(Refusal, match="Sesi satu"):
        save(other, cast.organiser, starts=time(9), ends=time(10), room="Aula")
    online = {"mode": "live", "meeting": "address", "meeting_address": "https://rapat.invalid/1"}
    save(coming, cast.organiser, starts=time(10), ends=time(11), title="Daring", **online)
    with pytest.raises(Refusal, match="Daring"):
        save(other, cast.organiser, starts=time(10, 30), ends=time(11), **online)
    # Next to each other is no clash, and neither is a session one does at one's own pace.
    save(other, cast.organiser, starts=time(9, 30), ends=time(10), trainer=trainer, room="Aula")
    save(coming, cast.organiser, mode="self_paced", starts=None, ends=None, minutes=90, trainer=trainer)


def test_a_cancelled_class_frees_trainer_and_room(coming, cast, tree):
    trainer = Trainer.objects.create(name="Ahmad Hidayat")
    save(coming, cast.organiser, trainer=trainer, room="Aula")
    cancel_class(training_class=coming, by=cast.organiser, reason="Anggaran")
    other = running.running_class(tree.bdk, first_day=coming.first_day, last_day=coming.last_day)
    assert save(other, cast.organiser, trainer=trainer, room="Aula").active


def test_the_agenda_moves_with_its_class_or_the_move_is_refused(coming, cast):
    for day in range(5):
        running.lesson(coming, coming.first_day + timedelta(days=day))
    days = lambda: list(coming.agenda.values_list("day", flat=True))  # noqa: E731 - asked thrice
    before = days()
    first = coming.first_day + timedelta(days=1)
    move = {"training_class": coming, "confirm_by": first - timedelta(days=3), "place": "", "by": cast.organiser,
            "reason": "Aula dipakai"}  # fmt: skip
    reschedule(first_day=first, last_day=first + timedelta(days=4), **move)
    assert days() == [day + timedelta(days=1) for day in before]
    with pytest.raises(Refusal) as refused:
        reschedule(first_day=first, last_day=first + timedelta(days=2), **move)
    assert refused.value.code == "agenda"
    assert len(days()) == 5


def test_the_database_itself_refuses_a_session_outside_the_class_and_reversed_times(coming):
    for fields in ({"day": coming.last_day + timedelta(days=1)}, {"starts": time(10), "ends": time(9)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            running.lesson(coming, **{"day": coming.first_day, **fields})


@pytest.mark.django_db(transaction=True)
def test_two_who_book_one_trainer_at_the_same_moment_get_one_session(tree, cast):
    first = timezone.localdate() + timedelta(days=30)
    trainer = Trainer.objects.create(name="Ahmad Hidayat")
    classes = [running.running_class(tree.bdk, first_day=first, last_day=first) for _ in range(2)]
    found = at_once(*(lambda c=c: save(c, cast.organiser, trainer=trainer) for c in classes))
    assert sorted(isinstance(one, Refusal) for one in found) == [False, True]
    assert Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_session_that_was_ended_for_a_deadlock_is_written_again(tree, cast, monkeypatch):
    """Two who write at the same moment can each wait for the other's row, which PostgreSQL ends for one of them."""
    first = timezone.localdate() + timedelta(days=30)
    coming = running.running_class(tree.bdk, first_day=first, last_day=first)
    write, ended = Session.save, []

    def ended_once(self, *args, **kwargs):
        if not ended:
            ended.append(self)
            raise OperationalError("deadlock detected") from DeadlockDetected()
        write(self, *args, **kwargs)

    monkeypatch.setattr(Session, "save", ended_once)
    assert save(coming, cast.organiser) == Session.objects.get()
    assert len(ended) == 1


@pytest.mark.parametrize("same", [True, False])
def test_a_trainer_cannot_sit_in_a_class_on_that_day(coming, cast, tree, same):
    other = running.running_class(tree.bdk, first_day=coming.first_day, last_day=coming.last_day)
    running.seat(coming if same else other, cast.employee)
    teacher = Trainer.objects.create(name="Sari", employee=cast.employee)
    with pytest.raises(Refusal) as refused:
        save(coming, cast.organiser, trainer=teacher)
    assert refused.value.code == "trainer"


def test_an_agenda_is_drafted_from_the_curriculum_exactly(coming, cast):
    version = running.curriculum(
        coming.programme, ("Dasar", 9), ("Inti", 20), ("Penutup", 3), online_percent=0
    )
    actions.take_curriculum(training_class=coming, by=cast.organiser, version=version)
    coming.refresh_from_db()
    with pytest.raises(Refusal, match=r"32.*10"):
        actions.draft_agenda(
            training_class=coming, by=cast.organiser,
            days=DayPlan(starts=time(8), pause_starts=time(9), pause_ends=time(10), ends=time(11)),
        )  # fmt: skip
    assert not coming.agenda.exists()
    actions.draft_agenda(training_class=coming, by=cast.organiser, days=DayPlan())
    found = summary(coming)
    assert found.complete
    assert found.shares.jp == 32
    assert found.keeps_plan
    assert {session.day.weekday() for session in found.sessions} <= {0, 1, 2, 3, 4}
    with pytest.raises(Refusal):
        actions.take_curriculum(training_class=coming, by=cast.organiser, version=None)


def test_a_published_curriculum_stays_and_a_new_version_takes_its_subjects_along(cast):
    programme = factories.programme()
    draft = actions.draft_curriculum(programme=programme, by=cast.organiser)
    assert actions.draft_curriculum(programme=programme, by=cast.central) == draft
    with pytest.raises(Refusal):
        actions.publish_curriculum(version=draft, by=cast.organiser)
    given = {"by": cast.organiser, "online_percent": 75, "tolerance": 5, "note": ""}
    with pytest.raises(Refusal):
        actions.save_curriculum(
            version=draft, subjects=[SubjectPlan("inti", "A", 3), SubjectPlan("dasar", "a ", 3)], **given
        )
    actions.save_curriculum(
        version=draft, subjects=[SubjectPlan("inti", "A", 3), SubjectPlan("dasar", "B", 2)], **given
    )
    actions.publish_curriculum(version=draft, by=cast.organiser)
    with pytest.raises(Refusal):
        actions.save_curriculum(version=draft, subjects=[], **given)
    for statement in (
        "UPDATE trainings_curriculumversion SET online_percent = 1",
        "UPDATE trainings_subject SET jp = 99",
        "DELETE FROM trainings_subject",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    again = actions.draft_curriculum(programme=programme, by=cast.organiser)
    assert (again.number, again.online_percent) == (2, 75)
    assert [s.name for s in again.subjects.all()] == ["A", "B"]


def docx() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    return made.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"PK\x03\x04broken", b"%PDF-" + b"0" * (15 * 1024 * 1024)]
)
def test_a_file_is_judged_by_its_content_and_size(cast, content):
    subject = running.curriculum(factories.programme(), ("A", 3)).subjects.get()
    with pytest.raises(Refusal):
        actions.add_file(subject=subject, by=cast.organiser, kind="module", name="modul.pdf", content=content)
    assert not subject.files.exists()


def test_files_are_added_and_downloaded_as_they_came(client, cast):
    subject = running.curriculum(factories.programme(), ("A", 3)).subjects.get()
    file = actions.add_file(
        subject=subject, by=cast.organiser, kind="module", name="Modul 1.pdf", content=docx()
    )
    assert "wordprocessingml" in file.content_type
    with pytest.raises(Refusal):
        actions.add_file(subject=subject, by=cast.organiser, kind="guide", name="lagi", content=docx())
    client.force_login(cast.operator)
    answer = client.get(reverse("trainings:subject_file", args=[file.pk]))
    assert answer.content == docx()
    assert "attachment" in answer["Content-Disposition"]


def test_the_pages_build_an_agenda(client, cast, tree, coming):
    client.force_login(cast.organiser)
    agenda = reverse("trainings:agenda", args=[coming.pk])
    assert client.post(reverse("trainings:draft_agenda", args=[coming.pk]), {
        "starts": "08:00", "pause_starts": "12:00", "pause_ends": "13:00", "ends": "16:30",
    }).status_code == 302  # fmt: skip
    session = coming.agenda.order_by("day", "starts").first()
    body = client.get(agenda).content.decode()
    assert "Arsip dinamis" in body
    edit = reverse("trainings:session_edit", args=[session.pk])
    form = {
        "day": session.day.isoformat(), "starts": "08:00", "ends": "10:15", "mode": "classroom",
        "subject": session.subject_id, "trainer": f"e{cast.employee.pk}", "room": "Aula Utama", "title": "",
        "meeting": "", "meeting_address": "", "jp": "",
    }  # fmt: skip
    assert client.post(edit, form).status_code == 302
    session.refresh_from_db()
    assert (session.trainer.employee, session.room.name) == (cast.employee, "Aula Utama")
    refused = client.post(edit, {**form, "ends": "07:00"})
    assert refused.status_code == 200
    assert "invalid-feedback" in refused.content.decode()
    assert b"Sari" in client.get(reverse("trainings:trainer_search"), {"q": "sari"}).content
    # Read-only for the region, nothing for the neighbour.
    client.force_login(cast.operator)
    assert client.get(agenda).status_code in (200, 404)
    assert client.post(reverse("trainings:session_remove", args=[session.pk])).status_code == 403


def test_curriculum_pages(client, cast):
    client.force_login(cast.organiser)
    programme = factories.programme()
    draft = client.post(reverse("trainings:curriculum_draft", args=[programme.pk]))
    rows = {
        "s-TOTAL_FORMS": 3, "s-INITIAL_FORMS": 0, "online_percent": "75", "tolerance": "5", "note": "",
        "s-0-group": "dasar", "s-0-name": "Kebijakan", "s-0-jp": "9", "s-1-group": "inti", "s-1-name": "Praktik",
        "s-1-jp": "", "s-2-group": "inti", "s-2-name": "", "s-2-jp": "",
    }  # fmt: skip
    assert client.post(draft["Location"], rows).status_code == 200  # a subject without hours
    assert not Subject.objects.exists()
    saved = client.post(draft["Location"], {**rows, "s-1-jp": "44", "publish": "1"})
    body = client.get(saved["Location"]).content.decode()
    assert "53 JP" in body
    assert "Praktik" in client.get(saved["Location"]).content.decode()
    client.force_login(cast.operator)
    assert client.get(saved["Location"]).status_code == 200


def test_the_agenda_costs_the_same_at_one_and_at_three_sessions(client, cast, coming):
    client.force_login(cast.organiser)
    address = reverse("trainings:agenda", args=[coming.pk])
    trainer = Trainer.objects.create(name="A")
    running.lesson(coming, trainer=trainer)
    client.get(address)
    counts = []
    for number in (0, 2):
        for turn in range(number):
            running.lesson(coming, starts=time(10 + turn), ends=time(10 + turn, 45), trainer=trainer)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[1]
