"""Attendance by the committee: roll, corrections, absences, a meeting's report; who sees what."""

from datetime import time, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import Refusal
from tests import factories
from tests.profiles import tries
from tests.trainings import running
from trainings import actions
from trainings.actions import Entry
from trainings.delivery import meetingfiles
from trainings.delivery.meetingfiles import Person, Row
from trainings.models import Attendance, AttendanceChange, MeetingFile

ZOOM = """Meeting ID,Topic,Start Time
123 456,Webinar,11/24/2026 08:00

Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest
"Siti Aminah, S.Ag",siti@contoh.invalid,08:00,08:40,40,No
"Siti Aminah, S.Ag",siti@contoh.invalid,08:45,09:30,45,No
Budi  Santoso (HP),,08:00,09:30,90,Yes
Ahmad Fauzi,,08:00,08:10,10,Yes
Orang Asing,asing@contoh.invalid,08:00,09:30,90,Yes
"""


@pytest.fixture
def past(tree):
    """A session of the day before yesterday, 90 minutes, with three people seated."""
    training_class = running.running_class(tree.bdk)
    session = running.lesson(training_class, mode="live")
    for name, email in (("Siti Aminah", "siti@contoh.invalid"), ("Budi Santoso", ""), ("Ahmad Fauzi", "")):
        running.seat(training_class, factories.employee(tree.madrasah, name=name, email=email))
    return session


def seats(session):
    return {
        seat.employee.name: seat for seat in session.training_class.participations.select_related("employee")
    }


def marks(session):
    return dict(session.marks.values_list("participation__employee__name", "status"))


def test_a_roll_marks_once_and_a_correction_keeps_what_was(past, cast):
    own = seats(past)
    entries = {own["Siti Aminah"].pk: Entry("HADIR", 5), own["Budi Santoso"].pk: Entry("SAKIT")}
    assert actions.save_roll(session=past, by=cast.organiser, entries=entries) == 2
    again = {own["Siti Aminah"].pk: Entry("IZIN"), own["Ahmad Fauzi"].pk: Entry("IZIN")}
    assert actions.save_roll(session=past, by=cast.organiser, entries=again) == 1
    mark = Attendance.objects.get(participation=own["Siti Aminah"])
    assert (mark.status, mark.late_minutes) == ("HADIR", 5)
    for given_, code in (
        ({"status": "IZIN", "late_minutes": 0, "reason": " "}, "reason"),
        ({"status": "HADIR", "late_minutes": 5, "reason": "x"}, "same"),
        ({"status": "IZIN", "late_minutes": 5, "reason": "x"}, "late_minutes"),
        ({"status": "HADIR", "late_minutes": 9999, "reason": "x"}, "late_minutes"),
        ({"status": "APA", "late_minutes": 0, "reason": "x"}, "status"),
    ):
        with pytest.raises(Refusal) as refused:
            actions.correct(attendance=mark, by=cast.organiser, **given_)
        assert refused.value.code == code
    actions.correct(
        attendance=mark, by=cast.organiser, status="IZIN", late_minutes=0, reason="Surat izin menyusul"
    )
    change = AttendanceChange.objects.get()
    assert (change.before_status, change.before_late, change.status) == ("HADIR", 5, "IZIN")
    for statement in (
        "UPDATE trainings_attendancechange SET reason = 'x'",
        "DELETE FROM trainings_attendancechange",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_roll_with_somebody_of_another_class_writes_nothing(past, cast, tree):
    stranger = running.seat(running.running_class(tree.bdk), factories.employee(tree.madrasah))
    own = seats(past)["Siti Aminah"]
    with pytest.raises(Refusal):
        actions.save_roll(
            session=past, by=cast.organiser, entries={own.pk: Entry("HADIR"), stranger.pk: Entry("HADIR")}
        )
    assert not Attendance.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        running.mark(past, stranger)
    with pytest.raises(Refusal):
        actions.save_roll(session=past, by=cast.operator, entries={own.pk: Entry("HADIR")})


def test_the_unmarked_are_absent_only_after_the_end(past, cast, tree):
    running.mark(past, seats(past)["Siti Aminah"])
    assert actions.mark_the_absent(session=past, by=cast.organiser) == 2
    assert actions.mark_the_absent(session=past, by=cast.organiser) == 0
    assert marks(past)["Budi Santoso"] == "TANPA_KETERANGAN"
    coming = running.running_class(tree.bdk, first_day=timezone.localdate() + timedelta(days=1))
    with pytest.raises(Refusal):
        actions.mark_the_absent(session=running.lesson(coming), by=cast.organiser)
    with pytest.raises(Refusal):
        actions.save_roll(session=coming.agenda.get(), by=cast.organiser, entries={})


def test_a_zoom_report_is_matched_reviewed_and_applied_once(client, past, cast):
    client.force_login(cast.organiser)
    upload = SimpleUploadedFile("laporan.csv", ZOOM.encode("utf-8-sig"))
    sent = client.post(reverse("trainings:meeting_file", args=[past.pk]), {"file": upload})
    review = sent["Location"]
    assert not Attendance.objects.exists()
    body = client.get(review).content.decode()
    assert "Orang Asing" in body
    rows = {row["name"]: row for row in MeetingFile.objects.get().rows}
    assert (rows["Siti Aminah, S.Ag"]["minutes"], rows["Siti Aminah, S.Ag"]["how"]) == (85, "email")
    assert rows["Budi  Santoso (HP)"]["how"] == "name"
    assert rows["Orang Asing"]["participation"] is None
    stranger = f"seat_{rows['Orang Asing']['number']}"
    refused = client.post(review, {"minimum_percent": 75, stranger: cast.stranger.nip})
    assert refused.status_code == 200
    assert not Attendance.objects.exists()
    doubled = client.post(review, {"minimum_percent": 75, stranger: seats(past)["Siti Aminah"].employee.nip})
    assert doubled.status_code == 200
    assert not Attendance.objects.exists()
    assert client.post(review, {"minimum_percent": 75}).status_code == 302
    assert marks(past) == {"Siti Aminah": "HADIR", "Budi Santoso": "HADIR"}  # ten minutes were too short
    with pytest.raises(Refusal):
        actions.apply_meeting_file(
            file=MeetingFile.objects.get(), by=cast.organiser, minimum_percent=1, chosen={}
        )


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x00\x01", b"nama;alamat\nSiti;Jalan", b"\xff\xfe\x00", b"Name,Duration\n"]
)
def test_what_is_no_report_is_refused_with_a_sentence(past, cast, content):
    with pytest.raises(Refusal):
        actions.read_meeting_file(session=past, by=cast.organiser, name="x.csv", content=content)
    assert not MeetingFile.objects.exists()


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("95", 95), ("1:35:20", 95), ("1:35", 95), ("1 hr 35 min", 95), ("1h 35m", 95), ("95,5", 95), ("", 0), ("lama", 0), ("35 menit", 35)],
)  # fmt: skip
def test_durations(text, minutes):
    assert meetingfiles.minutes_of(text) == minutes


names = st.sampled_from(["Siti Aminah", "Budi", "Ahmad Fauzi", "siti aminah", "Dr. Budi, M.Pd", "Lain"])
emails = st.sampled_from(["", "a@x.id", "b@x.id", "c@x.id"])


@tries(60)
@given(
    st.lists(st.builds(Row, st.integers(1, 99), names, emails, st.integers(0, 90)), max_size=8),
    st.lists(st.tuples(names, emails), max_size=6),
)
def test_nobody_is_matched_twice_and_every_match_has_a_cause(rows, people):
    given_ = [Person(n, name, (email,) if email else ()) for n, (name, email) in enumerate(people)]
    matched = meetingfiles.match(rows, given_)
    assert len(matched) == len(rows)
    found = [row.participation for row in matched if row.participation is not None]
    assert len(found) == len(set(found))
    for row in matched:
        if row.how == "email":
            assert row.email in given_[row.participation].emails
        elif row.how == "name":
            same = [p for p in given_ if meetingfiles.plain(p.name) == meetingfiles.plain(row.name)]
            assert [p.participation for p in same] == [row.participation]
        else:
            assert row.participation is None


def test_the_region_reads_its_own_people_and_writes_nothing(client, cast, tree):
    training_class = running.running_class(tree.bdk)
    training_class.areas.create(unit=tree.east)
    training_class.areas.create(unit=tree.central_java)
    session = running.lesson(training_class)
    for person in (cast.employee, cast.stranger):
        running.mark(session, running.seat(training_class, person))
    address = reverse("trainings:attendance", args=[training_class.pk])
    for who, sees, not_ in ((cast.operator, "Sari", "Budi"), (cast.neighbour, "Budi", "Sari")):
        client.force_login(who)
        body = client.get(address).content.decode()
        assert sees in body
        assert not_ not in body.replace(cast.leader.full_name, "")
        assert '<strong class="num">1</strong>/1' in body
        for name in ("roll", "scan", "screen", "meeting_file"):
            assert client.get(reverse(f"trainings:{name}", args=[session.pk])).status_code == 403
    client.force_login(cast.organiser)
    assert '<strong class="num">2</strong>/2' in client.get(address).content.decode()
    client.force_login(cast.leader)
    assert "Sari" not in client.get(address).content.decode()


@pytest.mark.parametrize("name", ["attendance", "roll"])
def test_pages_cost_the_same_at_one_and_at_three_people(client, cast, tree, name):
    client.force_login(cast.organiser)
    training_class = running.running_class(tree.bdk)
    session = running.lesson(training_class)
    address = reverse(f"trainings:{name}", args=[training_class.pk if name == "attendance" else session.pk])
    counts = []
    for number in (1, 2):
        for turn in range(number):
            running.mark(session, running.seat(training_class, factories.employee(tree.madrasah)))
            running.lesson(training_class, starts=time(10 + number + turn), ends=time(10 + number + turn, 45))
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
