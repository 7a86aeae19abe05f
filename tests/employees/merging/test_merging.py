"""Two records of one person: found, told apart for ever, or merged by a rule for every relation."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext, isolate_apps
from django.urls import reverse
from django.utils import timezone, translation

from audit.errors import Refusal
from audit.models import Event
from employees.importing import people
from employees.merging import actions, checks, finding, rules
from employees.models import DuplicatePair, Employee, FormerNip, UnitAssignment
from invitations import actions as selecting
from invitations.models import Invitation
from simdiklat.integrity import problems
from tests import factories
from tests.employees.importing.files import Imports
from tests.races import at_once
from trainings.models import HistoryRecord, Hold, Participation, Standing

BORN = date(1986, 3, 2)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def two(cast, tree):
    """A PPPK who became CPNS and was entered anew."""
    old = factories.employee(
        tree.surabaya, name="Muhammad Rizky Pratama", birth_date=BORN, sex="L", phone="0811"
    )
    new = factories.employee(
        tree.madrasah, name="Moh. Rizky Pratama", birth_date=BORN, sex="L", service_start=date(2022, 3, 1),
        grade="III/b", phone="",
    )  # fmt: skip
    finding.find()
    pair = DuplicatePair.objects.get()
    assert (pair.first, pair.second, pair.same_unit) == (old, new, False)
    return pair


def merge(pair, cast, keep=None, **choices):
    keep = keep or pair.second
    return actions.merge(pair=pair, keep=keep.pk, choices=choices, by=cast.central)


def test_found_are_people_of_one_day_with_much_the_same_name(cast, tree):
    here = factories.employee(tree.surabaya, name="Siti Aminah", birth_date=BORN, sex="P")
    alike = factories.employee(tree.surabaya, name="Siti Aminnah", birth_date=BORN, sex="P")
    factories.employee(tree.surabaya, name="Siti Aminah", birth_date=BORN + timedelta(days=1), sex="P")
    factories.employee(tree.surabaya, name="Siti Aminah", birth_date=BORN, sex="L")
    factories.employee(tree.surabaya, name="Dewi Lestari", birth_date=BORN, sex="P")
    assert finding.find()["new"] == 1
    pair = DuplicatePair.objects.get()
    assert (pair.first, pair.second, pair.same_unit) == (here, alike, True)
    assert finding.find()["new"] == 0


def test_not_the_same_is_remembered_for_ever(two, cast):
    actions.not_the_same(pair=two, by=cast.central)
    assert finding.find()["new"] == 0
    two.refresh_from_db()
    assert two.state == "different"
    with pytest.raises(Refusal, match="already been decided"):
        merge(two, cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        DuplicatePair.objects.create(first=two.first, second=two.second, alike=90, same_unit=False)


def test_field_by_field_with_every_relation_and_the_ranking_right(two, cast, tree):
    old, new = two.first, two.second
    programme = factories.programme()
    moved = factories.history(old, date(2023, 5, 3), programme)
    Hold.objects.create(employee=old, until=date(2030, 1, 1), reason="x")
    FormerNip.objects.create(employee=old, nip="1" * 18)
    UnitAssignment.objects.create(employee=old, unit=tree.semarang, until=date(2020, 1, 1))
    past = factories.training_class(
        programme,
        tree.bdk,
        first_day=date(2023, 5, 1),
        last_day=date(2023, 5, 3),
        confirm_by=date(2023, 4, 1),
    )
    Participation.objects.create(
        training_class=past, employee=old, state="confirmed", source="manual",
        first_day=past.first_day, last_day=past.last_day,
    )  # fmt: skip
    kept = merge(two, cast, name="gone", phone="gone", service_start="gone")

    assert kept == new
    assert (kept.name, kept.phone, kept.grade, kept.unit) == (
        "Muhammad Rizky Pratama", "0811", "III/b", tree.madrasah,
    )  # fmt: skip
    assert kept.service_start == old.service_start
    assert kept.history.get() == moved
    assert kept.holds.count() == kept.participations.count() == 1
    assert set(kept.former_nips.values_list("nip", flat=True)) == {"1" * 18, old.nip}
    assert kept.earlier_units.count() == 1
    assert Standing.objects.get(employee=kept).last_training == date(2023, 5, 3)
    gone = Employee.objects.get(pk=old.pk)
    assert (gone.merged_into, gone.nip, gone.activity, gone.external_id) == (kept, None, "", old.external_id)
    for number in (old.nip, new.nip, old.external_id, new.external_id, "1" * 18):
        assert Employee.objects.find(number) == kept
    event = Event.objects.get(verb="employee.merged")
    assert event.data["before"]["grade"] == ["III/b", "III/a"]
    assert event.data["after"]["grade"] == "III/b"
    assert event.data["moved"]["trainings.HistoryRecord.employee"] == 1
    assert problems() == {}


def test_the_present_number_of_the_one_that_goes_can_be_kept(two, cast):
    old, new = two.first, two.second
    kept = merge(two, cast, nip="gone", external_id="gone")
    assert (kept.nip, kept.external_id) == (old.nip, old.external_id)
    assert FormerNip.objects.get().nip == new.nip
    assert Employee.objects.get(pk=old.pk).external_id == new.external_id


def test_of_a_training_both_hold_the_better_result_counts_and_none_is_deleted(two, cast):
    old, new = two.first, two.second
    programme = factories.programme()
    better = factories.history(old, date(2023, 5, 3), programme, result="LULUS")
    worse = factories.history(new, date(2023, 5, 3), programme, result="TIDAK_HADIR")
    fine = factories.history(new, date(2022, 5, 3), programme, result="LULUS")
    twice = factories.history(old, date(2022, 5, 3), programme, result="HADIR")
    notes = rules.previews(new, old)
    assert len(notes) == 2
    assert "Absent here, Passed there; Passed counts." in notes[0] + notes[1]
    kept = merge(two, cast)
    assert set(kept.history.all()) == {better, fine}
    assert set(HistoryRecord.objects.filter(employee=old)) == {worse, twice}
    assert HistoryRecord.objects.get(pk=worse.pk).identity == worse.identity
    assert Standing.objects.get(employee=kept).last_training == date(2023, 5, 3)
    assert problems() == {}


def test_two_seats_at_the_same_time_are_refused_with_a_sentence(two, cast, tree):
    for person, offset in ((two.first, 0), (two.second, 2)):
        first = date(2023, 5, 1) + timedelta(days=offset)
        held = factories.training_class(
            factories.programme(f"P{offset}"), tree.bdk, first_day=first, last_day=first + timedelta(days=3),
            confirm_by=first, code=f"SEAT{offset}",
        )  # fmt: skip
        Participation.objects.create(
            training_class=held, employee=person, state="confirmed", source="manual",
            first_day=held.first_day, last_day=held.last_day,
        )  # fmt: skip
    with pytest.raises(Refusal, match="class SEAT"):
        merge(two, cast)
    assert Employee.objects.filter(merged_into__isnull=False).count() == 0
    assert Event.objects.filter(verb="employee.merged").count() == 0


@pytest.fixture
def selected(two, cast, tree, settings, tmp_path):
    """Both are ranked for a class; the first has the only seat."""
    settings.EVIDENCE_DIR = tmp_path
    training_class = factories.training_class(
        factories.programme(), tree.bdk, [tree.surabaya], seats=1, reserve=0
    )
    Hold.objects.create(employee=two.second, until=date(2090, 1, 1), reason="x")
    Hold.objects.create(employee=cast.employee, until=date(2090, 1, 1), reason="x")
    selection = selecting.start_selection(training_class=training_class, by=cast.central, in_background=False)
    selecting.run_selection(selection.pk)
    selecting.approve(selection=selection, by=cast.central, in_background=False)
    selecting.issue(selection.pk)
    assert Invitation.objects.get().employee == two.first
    return selection


def test_the_record_in_a_running_ranking_has_to_be_the_one_that_stays(selected, two, cast):
    with pytest.raises(Refusal, match="Keep that record instead"):
        merge(two, cast, keep=two.second)
    kept = merge(two, cast, keep=two.first)
    assert Invitation.objects.get().employee == kept == two.first
    assert problems() == {}


def test_once_the_class_has_begun_invitation_and_seat_go_over(selected, two, cast):
    today = timezone.localdate()
    selected.training_class.refresh_from_db()  # the seat was counted by the database
    selected.training_class.first_day = today
    selected.training_class.confirm_by = today
    selected.training_class.save()
    kept = merge(two, cast, keep=two.second)
    assert Invitation.objects.get().employee == kept
    assert Participation.objects.get().employee == kept
    assert selected.candidates.get().employee == two.first  # what was ranked stays as it was
    assert problems() == {}


def test_an_account_goes_over_and_a_second_one_is_shut(two, cast):
    two.first.user = cast.auditor
    two.first.save()
    two.second.user = cast.leader
    two.second.save()
    kept = merge(two, cast)
    cast.auditor.refresh_from_db()
    assert (kept.user, cast.auditor.is_active) == (cast.leader, False)


def test_a_merged_record_is_nobody(two, cast, tree, client, settings, tmp_path):
    old = two.first
    kept = merge(two, cast)
    client.force_login(cast.central)
    answer = client.get(reverse("employees:detail", args=[old.pk]))
    assert (answer.status_code, answer["Location"]) == (301, reverse("employees:detail", args=[kept.pk]))
    assert not Employee.objects.visible_to(cast.central).filter(pk=old.pk).exists()
    client.force_login(cast.neighbour)
    assert client.get(reverse("employees:detail", args=[old.pk])).status_code == 404
    with pytest.raises(IntegrityError), transaction.atomic():
        Employee.objects.filter(pk=old.pk).update(activity="AKTIF")
    settings.EVIDENCE_DIR = tmp_path
    training_class = factories.training_class(factories.programme(), tree.bdk, [tree.root], seats=9)
    selection = selecting.start_selection(training_class=training_class, by=cast.central, in_background=False)
    selecting.run_selection(selection.pk)
    selection.refresh_from_db()
    assert selection.pool_size + sum(selection.excluded.values()) == Employee.objects.count() - 1


def test_an_import_finds_the_kept_one_by_every_number(two, cast, tree, tmp_path):
    old, new = two.first, two.second
    kept = merge(two, cast)
    with connection.cursor() as cursor:
        everybody = people.People.read(cursor)
    assert everybody.find(old.nip, "") == (kept.pk, None)
    assert everybody.find("", old.external_id) == (None, kept.pk)
    row = {
        "NIP": new.nip, "ID_PEGAWAI": old.external_id, "NAMA": "Nama Dari Simpeg", "JENIS_KELAMIN": "L",
        "TANGGAL_LAHIR": BORN.isoformat(), "STATUS": "PNS", "KODE_SATUAN_KERJA": "KK3578", "TMT_MULAI": "2022-03-01",
    }  # fmt: skip
    summary = Imports(tmp_path).rows("employees", [row])
    assert (summary.updated, summary.rejected) == (1, 0)
    kept.refresh_from_db()
    assert (kept.name, kept.external_id) == ("Nama Dari Simpeg", new.external_id)


def test_what_was_told_apart_from_the_old_record_is_told_apart_from_the_kept(two, cast, tree):
    third = factories.employee(tree.surabaya, name="Muhamad Rizky Pratama", birth_date=BORN, sex="L")
    finding.find()
    pair = DuplicatePair.objects.get(first=two.first, second=third)
    actions.not_the_same(pair=pair, by=cast.central)
    merge(two, cast)
    carried = DuplicatePair.objects.get(first=two.second, second=third)
    assert carried.state == "different"
    assert finding.find()["new"] == 0


@pytest.mark.django_db(transaction=True)
def test_merged_twice_at_once_it_is_merged_once(two, cast):
    results = at_once(lambda: merge(two, cast, keep=two.first), lambda: merge(two, cast, keep=two.second))
    assert sum(isinstance(result, Refusal) for result in results) == 1, results
    assert Employee.objects.filter(merged_into__isnull=False).count() == 1
    assert problems() == {}


def test_every_relation_to_a_person_has_a_rule():
    assert rules.missing() == []
    assert checks.every_relation_has_a_merge_rule() == []
    # And no rule speaks of a relation that is not there.
    known = {*rules.relations(), "employees.DuplicatePair.first", "employees.DuplicatePair.second"}
    assert {rule.label for rule in rules.rules()} <= known


@isolate_apps("employees")
def test_a_new_relation_without_a_rule_fails_the_checks(monkeypatch):
    class Badge(models.Model):
        employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "employees"

        def __str__(self) -> str:
            return "badge"

    relation = Badge._meta.get_field("employee").remote_field
    found = [*Employee._meta.get_fields(include_hidden=True), relation]
    monkeypatch.setattr(Employee._meta, "get_fields", lambda include_hidden=False: found)
    [error] = checks.every_relation_has_a_merge_rule()
    assert error.id == "employees.E001"
    assert "Badge.employee" in error.msg


def test_pages_in_scope_alone(two, cast, client, tree):
    client.force_login(cast.operator)
    page = client.get(reverse("employees:pairs")).content.decode()
    assert "Rizky" in page
    detail = client.get(reverse("employees:pair", args=[two.pk])).content.decode()
    assert "III/b" in detail
    assert " style=" not in detail
    client.force_login(cast.neighbour)
    assert client.get(reverse("employees:pair", args=[two.pk])).status_code == 404
    Employee.objects.filter(pk=two.second_id).update(unit=tree.semarang)
    client.force_login(cast.operator)  # only one of the two is hers
    assert client.get(reverse("employees:pair", args=[two.pk])).status_code == 404
    with pytest.raises(Refusal) as refused:
        actions.merge(pair=two, keep=two.first_id, choices={}, by=cast.operator)
    assert refused.value.code == "permission"


def test_merged_on_the_page_with_an_explicit_yes(two, cast, client):
    client.force_login(cast.operator)
    address = reverse("employees:pair_merge", args=[two.pk])
    client.post(address, {"keep": two.first_id})
    assert not Employee.objects.filter(merged_into__isnull=False).exists()
    answer = client.post(address, {"keep": two.first_id, "field-grade": "gone", "sure": "yes"})
    assert answer["Location"] == reverse("employees:detail", args=[two.first_id])
    assert Employee.objects.get(pk=two.first_id).grade == "III/b"


def test_the_list_costs_the_same_at_one_and_at_three(two, cast, client, tree):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("employees:pairs")).status_code == 200
        return len(captured)

    client.force_login(cast.central)
    queries()
    one = queries()
    for n in range(2):
        for _twice in range(2):
            factories.employee(
                tree.surabaya, name="Orang Kembar", birth_date=BORN + timedelta(days=n + 1), sex="L"
            )
    finding.find()
    assert DuplicatePair.objects.count() == 3
    assert queries() == one


def test_the_page_writes_days_as_every_page_does(two, client, cast):
    Employee.objects.filter(pk=two.second_id).update(service_start="2008-12-01")
    client.force_login(cast.central)
    client.cookies["django_language"] = "en"
    body = client.get(reverse("employees:pair", args=[two.pk])).content.decode()
    assert "1 December 2008" in body and "Dec. 1, 2008" not in body
