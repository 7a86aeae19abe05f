"""One's own data, breach reports, retention, and changes with before and after."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import User
from audit import reading
from audit.models import Event, Reading
from employees.models import Employee
from jobs.models import Job
from outbox.models import Message
from simdiklat.privacy import breach, own_data, parts, retention
from simdiklat.privacy.changes import KINDS, changes_of
from tests import factories
from tests.simdiklat.test_access import issued  # noqa: F401 - fixture
from tests.trainings import running
from trainings.models import Claim, Evaluated, EvaluationAnswer, ParticipantResult

# --- One's own data --------------------------------------------------------------------------------


def test_one_s_own_data_is_whole_and_nobody_else_s(client, cast, issued):  # noqa: F811
    reading.note("opened", by=cast.operator, subjects=[cast.employee.pk])
    reading.note("opened", by=cast.neighbour, subjects=[cast.stranger.pk])
    client.force_login(cast.employee_user)
    assert client.get(reverse("own_data")).status_code == 200
    response = client.get(reverse("own_data_file", args=["json"]))
    text = response.content.decode()
    data = json.loads(text)
    assert cast.employee.nip in text
    assert issued.training_class.programme.name in text
    assert [row["who"] for row in data["Siapa yang telah melihat data saya"]] == ["Operator"]
    for other in (cast.stranger.nip, cast.stranger.name, "Neighbour"):
        assert other not in text
    assert cast.employee_user.password not in text
    noted = Reading.objects.get(kind="own")
    assert (noted.actor_id, noted.subjects) == (cast.employee_user.pk, [])


def test_one_s_own_data_holds_what_the_classes_kept(client, cast, tree):
    ended = running.running_class(tree.surabaya)
    seat = running.seat(ended, cast.employee)
    other = running.seat(ended, factories.employee(tree.madrasah, name="Orang Lain"))
    lesson = running.lesson(ended, title="Etika birokrasi")
    for one in (seat, other):
        running.mark(lesson, one)
        ParticipantResult.objects.create(
            training_class=ended, participation=one, employee=one.employee, outcome="LULUS", final_score=81,
            reason=f"untuk {one.employee.name}",
        )  # fmt: skip
        Evaluated.objects.create(participation=one)
    EvaluationAnswer.objects.create(
        training_class=ended, about="organiser", ratings={}, mean=3, comment="kata tanpa nama"
    )
    Claim.objects.create(
        employee=cast.employee, title="Pelatihan lama", identity="t:lama", kind="TEKNIS", organiser="X",
        first_day=date(2020, 1, 1), last_day=date(2020, 1, 2), jp=20, result="LULUS", stored_name="rahasia",
        file_type="pdf", file_name="a.pdf", size=1, sha256="0" * 64, due_on=timezone.localdate(),
    )  # fmt: skip
    UserSession.objects.create(
        user=cast.employee_user, session_key="kunci-rahasia", ip="192.0.2.1", user_agent="Peramban"
    )
    Authenticator.objects.create(user=cast.employee_user, type="totp", data={"secret": "rahasia"})
    client.force_login(cast.employee_user)
    assert client.get(reverse("own_data")).status_code == 200
    text = client.get(reverse("own_data_file", args=["json"])).content.decode()
    with translation.override("id"):
        data = {part.title._args[0]: json.loads(text)[str(part.title)] for part in parts.PARTS}
    assert [(row["session"], row["status"]) for row in data["Attendance"]] == [("Etika birokrasi", "HADIR")]
    assert [(row["outcome"], row["reason"]) for row in data["Results"]] == [("LULUS", "untuk Sari Wulandari")]
    assert [row["title"] for row in data["Claims of missing history"]] == ["Pelatihan lama"]
    assert len(data["Evaluations answered"]) == len(data["Seats in classes"]) == 1
    assert ("192.0.2.1", "Peramban") in [(r["address"], r["browser"]) for r in data["Sign-ins that are open"]]
    assert [row["kind"] for row in data["Ways to sign in"]] == ["totp"]
    for hidden in ("Orang Lain", "kata tanpa nama", "rahasia", "0" * 64):
        assert hidden not in text
    # On the page every field has a name of its own in Indonesian; none is only the name in the code.
    with translation.override("id"):
        named = own_data.in_words(own_data.collect(cast.employee))
    labels = {label for rows in named.values() for row in rows for label in row}
    assert {"Mengundurkan diri pada", "Sesi", "Peramban"} <= labels
    assert not labels & {
        "Withdrawn on",
        "Late minutes",
        "Since",
        "Username",
        "Address",
        "Final score",
        "At",
        "Until",
    }


def test_every_relation_to_a_person_is_handed_out_or_left_out_with_a_reason(monkeypatch):
    assert parts.missing() == []
    known = {label for part in parts.PARTS for label in part.relations}
    existing = parts.relations_asked()
    assert known | set(parts.LEFT_OUT) == set(existing), "a relation that is told no longer exists"
    assert not known & set(parts.LEFT_OUT)
    # What a new relation would do.
    fewer = tuple(part for part in parts.PARTS if "trainings.Claim.employee" not in part.relations)
    monkeypatch.setattr(parts, "PARTS", fewer)
    assert parts.missing() == ["trainings.Claim.employee"]


def test_after_a_merge_the_readings_of_the_old_record_are_the_kept_person_s(client, cast, tree):
    twin = factories.employee(tree.surabaya, name=cast.employee.name)
    noted = reading.note("opened", by=cast.operator, subjects=[twin.pk])
    both = reading.note("downloaded", by=cast.operator, subjects=[twin.pk, cast.employee.pk])
    Employee.objects.filter(pk=twin.pk).update(nip=None, activity="", merged_into=cast.employee)
    assert cast.employee.keys == [cast.employee.pk, twin.pk]
    assert list(reading.of_person(*cast.employee.keys)) == [both, noted]
    client.force_login(cast.employee_user)
    page = client.get(reverse("employees:readings"))
    assert [row.record for row in page.context["table"].paginated_rows] == [both, noted]
    own = own_data.collect(cast.employee)
    assert [row["who"] for row in own[str(parts.PARTS[-8].title)]] == ["Operator", "Operator"]
    assert cast.stranger.keys == [cast.stranger.pk]
    (touched,) = breach.report(account="operator").people
    assert (touched.person, touched.times) == (cast.employee, 2)


def test_on_the_page_codes_and_days_stand_in_words(client, cast):
    Employee.objects.filter(pk=cast.employee.pk).update(birth_date="1990-02-03", position="2026-99-99")
    client.force_login(cast.employee_user)
    client.cookies["django_language"] = "en"
    (person,) = client.get(reverse("own_data")).context["parts"]["Person"]
    assert person["NIP"] == cast.employee.nip
    assert (person["Date of birth"], person["Activity"]) == ("3 February 1990", "Active")
    assert person["Position"] == "2026-99-99"
    assert "AKTIF" not in person.values()


def test_on_the_page_no_code_of_another_table_is_left(client, cast, issued):  # noqa: F811
    """States, kinds and the reason of an invitation: each part reads the codes of its own tables."""
    client.force_login(cast.employee_user)
    client.cookies["django_language"] = "en"
    shown = client.get(reverse("own_data")).context["parts"]
    (invitation,) = shown["Invitations"]
    assert invitation["State"] == "Awaiting reply"
    assert invitation["Reason"].startswith("Rank ")
    (ranking,) = shown["Rankings"]
    assert ranking["Outcome"] == "Selected"
    (seat,) = shown["Seats in classes"]
    assert (seat["State"], seat["Source"]) == ("Held", "Invitation")
    (account,) = shown["Account"]
    assert account["Language"] == "Bahasa Indonesia"
    assert {message["Kind"] for message in shown["Messages"]} == {"Invitation"}
    values = [str(v) for rows in shown.values() for row in rows for v in row.values()]
    assert not [v for v in values if v.startswith(("{", "["))]


def test_the_workbook_holds_the_same_parts(client, cast):
    Employee.objects.filter(pk=cast.employee.pk).update(position="=1+1")
    client.force_login(cast.employee_user)
    content = client.get(reverse("own_data_file", args=["xlsx"])).content
    book = openpyxl.load_workbook(io.BytesIO(content))
    parts = own_data.collect(Employee.objects.get(pk=cast.employee.pk))
    assert book.sheetnames == [title[:31] for title in parts]  # as long as a sheet's name may be
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == "=1+1"] == ["s"]


def test_copies_are_fetched_a_few_times_an_hour(client, cast):
    client.force_login(cast.employee_user)
    address = reverse("own_data_file", args=["json"])
    codes = [client.get(address).status_code for _n in range(own_data.AN_HOUR + 1)]
    assert codes == [200] * own_data.AN_HOUR + [302]


# --- Breach ----------------------------------------------------------------------------------------


def test_a_breach_report_lists_everybody_an_account_was_shown(cast, tree, tmp_path):
    other = factories.employee(tree.madrasah, name="=Rumus")
    reading.note("opened", by=cast.operator, subjects=[cast.employee.pk])
    reading.note("downloaded", by=cast.operator, subjects=[cast.employee.pk, other.pk])
    reading.note("opened", by=cast.central, subjects=[cast.stranger.pk])
    out = tmp_path / "insiden.csv"
    call_command("breach_report", "--account", "operator", "--output", str(out))
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert [(row["NAMA"], row["KALI"], row["CARA"]) for row in rows] == [
        ("'=Rumus", "1", "downloaded"), ("Sari Wulandari", "2", "downloaded|opened"),
    ]  # fmt: skip
    assert Event.objects.get(verb="breach.report").data["people"] == 2


def test_a_breach_report_of_one_export_and_of_days(cast, tree):
    noted = reading.note("downloaded", by=cast.operator, subjects=[cast.employee.pk, cast.stranger.pk])
    found = breach.report(export=str(noted.pk))
    assert {one.person for one in found.people} == {cast.employee, cast.stranger}
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert breach.report(account="operator", since=tomorrow).people == []
    assert len(breach.report(account="operator", until=timezone.localdate()).people) == 2
    beside = breach.report(
        account="operator", by=cast.operator
    )  # no right to the trail: nobody, only counted
    assert (beside.people, beside.hidden) == ([], 2)


def test_the_page_shows_counts_and_hands_out_the_csv_to_whoever_sees_numbers(client, cast):
    reading.note("opened", by=cast.operator, subjects=[cast.employee.pk])
    address = reverse("breach")
    client.force_login(cast.admin)
    page = client.get(address, {"account": "operator"}).content.decode()
    assert "Sari Wulandari" in page
    assert cast.employee.nip_display not in page
    assert client.get(address, {"account": "operator", "format": "csv"}).status_code == 404
    client.force_login(cast.auditor)
    response = client.get(address, {"account": "operator", "format": "csv"})
    assert cast.employee.nip in response.content.decode()
    assert Reading.objects.of_person(cast.employee.pk)[0].sha256
    assert client.get(address, {"account": "nobody"}).status_code == 200
    assert client.get(address, {"account": "a", "export": "1"}).context["form"].errors


# --- Retention -------------------------------------------------------------------------------------


def test_everything_past_its_time_ends_and_nothing_else(cast, settings, tmp_path):
    settings.RESULTS_DIR = tmp_path
    now = timezone.now()
    for name, days in [("old.csv", 31), ("new.csv", 29)]:
        Path(tmp_path / name).write_text("x")
        Job.objects.create(
            task="t", title=name, state="done", result_file=name, finished_at=now - timedelta(days=days)
        )
    for name, days in [("a", 366), ("b", 300)]:
        Message.objects.create(
            key=name,
            kind="x",
            to_name=name,
            state="sent",
            body="isi",
            subject="s",
            sent_at=now - timedelta(days=days),
        )
    Reading.objects.create(kind="opened", at=now - timedelta(days=366 * 5 + 1), subjects=[1])
    Reading.objects.create(kind="opened", at=now - timedelta(days=365 * 4), subjects=[1])
    Employee.objects.filter(pk=cast.employee.pk).update(position="Guru")
    dry = retention.run(dry_run=True)
    assert Path(tmp_path / "old.csv").exists()
    assert retention.run() == dry
    assert {name: count for name, count in dry.items() if count} == {
        "readings": 1, "result files of jobs": 1, "bodies of messages": 1,
    }  # fmt: skip
    assert [file.name for file in tmp_path.iterdir()] == ["new.csv"]
    assert list(Message.objects.order_by("key").values_list("body", "subject")) == [("", "s"), ("isi", "s")]
    assert Reading.objects.count() == 1
    assert sum(retention.run().values()) == 0
    assert Event.objects.filter(verb="retention.run").count() == 1
    later = retention.run(now=now + timedelta(days=366 * 5 + 1), dry_run=True)
    assert later["changes of employee"] >= 1


def test_changes_end_although_they_are_only_appended(cast):
    Employee.objects.filter(pk=cast.stranger.pk).update(position="Guru")
    kept = Employee.pgh_event_model.objects.count()
    policy = next(p for p in retention.policies() if p.name == "changes of employee")
    assert retention._in_batches(policy, policy.due(timezone.now() - timedelta(days=1))) == 0
    assert retention._in_batches(policy, policy.due(timezone.now() + timedelta(days=1))) == kept >= 1
    assert not Employee.pgh_event_model.objects.exists()


def test_every_line_of_the_policy_has_a_reason_and_stands_in_the_docs(settings):
    docs = (Path(settings.BASE_DIR) / "docs/privacy.md").read_text(encoding="utf-8")
    for policy in retention.policies():
        assert len(policy.why) > 30
        name = "changes" if policy.name.startswith("changes of ") else policy.name
        assert f"| {name} | {policy.keep.days} days |" in docs


# --- Changes ---------------------------------------------------------------------------------------


def test_a_change_keeps_before_after_who_and_from_where(client, cast):
    client.force_login(cast.admin)
    client.post(reverse("employees:account_switch", args=[cast.operator.pk]), {}, REMOTE_ADDR="192.0.2.9")
    (change,) = changes_of(User.objects.get(pk=cast.operator.pk))
    assert [(before, after) for _label, before, after in change.fields] == [(True, False)]
    assert change.who == "Admin"
    assert change.where == reverse("employees:account_switch", args=[cast.operator.pk])
    assert User.pgh_event_model.objects.get().pgh_context["address"] == "192.0.2.9"


def test_passwords_and_counters_are_not_kept(cast, tree):
    cast.operator.set_password("x")
    cast.operator.save()
    assert not User.pgh_event_model.objects.exists()
    fields = {f.name for f in User.pgh_event_model._meta.get_fields()}
    assert not {"password", "last_login"} & fields
    factories.unit("NEW", tree.east)  # its path is filled by the database: no change of anybody's
    assert not type(tree.east).pgh_event_model.objects.exists()


def test_a_chain_of_changes_reads_forwards_and_costs_the_same_at_any_length(
    cast, tree, django_assert_num_queries
):
    def change(**fields):
        Employee.objects.filter(pk=cast.stranger.pk).update(**fields)
        return Employee.objects.get(pk=cast.stranger.pk)

    person = change(position="Guru")
    with django_assert_num_queries(2):
        assert [c.fields[0][1:] for c in changes_of(person)] == [("", "Guru")]
    change(unit=tree.surabaya)
    person = change(unit=tree.semarang, position="Penyuluh")
    with django_assert_num_queries(2):
        found = changes_of(person)
    told = [[(str(b), str(a)) for _l, b, a in change.fields] for change in found]
    assert told == [
        [("Guru", "Penyuluh"), (tree.surabaya.name, tree.semarang.name)],
        [(tree.semarang.name, tree.surabaya.name)],
        [("", "Guru")],
    ]


def test_kept_rows_are_only_appended(cast):
    from django.db import InternalError, transaction

    Employee.objects.filter(pk=cast.employee.pk).update(position="Guru")
    events = Employee.pgh_event_model.objects
    for spoil in (lambda: events.update(position="x"), lambda: events.all().delete()):
        with pytest.raises(InternalError), transaction.atomic():
            spoil()


@pytest.mark.parametrize(
    ("who", "status"),
    [("central", 200), ("auditor", 200), ("organiser", 200), ("admin", 404), ("operator", 403), ("employee_user", 403)],
)  # fmt: skip
def test_who_reads_the_changes_of_a_person(client, cast, who, status):
    client.force_login(getattr(cast, who))
    assert client.get(reverse("changes", args=["employee", cast.employee.pk])).status_code == status


def test_outside_the_scope_is_404_and_every_kind_opens(client, cast, tree, issued):  # noqa: F811
    client.force_login(cast.organiser)
    assert client.get(reverse("changes", args=["employee", cast.stranger.pk])).status_code == 404
    assert client.get(reverse("changes", args=["nothing", 1])).status_code == 404
    record = factories.history(cast.employee, timezone.localdate() - timedelta(days=5))
    keys = {
        "employee": cast.employee.pk, "unit": tree.east.pk, "history": record.pk,
        "class": issued.training_class_id, "programme": issued.training_class.programme_id,
        "grant": cast.operator.grants.get().pk, "account": cast.operator.pk, "rule": 1,
    }  # fmt: skip
    assert set(keys) == set(KINDS)
    client.force_login(cast.auditor)
    for kind, pk in keys.items():
        assert client.get(reverse("changes", args=[kind, pk])).status_code == 200, kind
