"""The synthetic ministry: small, but of the real shape."""

import io
import json
import re
from collections import Counter
from datetime import date, timedelta
from random import Random

import psycopg2
import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import RoleGrant, User
from audit.errors import Refusal
from employees.codes import PNS_GRADES, PPPK_GRADES
from employees.models import Employee, ServiceArea, Unit
from employees.scoping import EVERYWHERE
from simdiklat import integrity
from simdiklat.demo import DEMO_PASSWORD, FULL_SIZE, FULL_UNITS, history, people, showcase, units
from simdiklat.demo.accounts import SIGN_INS
from simdiklat.demo.running import ENDED_BATCH, RUNNING_BATCH
from trainings.codes import RESETTING_KINDS
from trainings.delivery.agenda import summary
from trainings.delivery.results import standings
from trainings.models import HistoryRecord, Participation, Programme, TrainingClass

NUMBER = 400


@pytest.fixture(scope="class")
def ministry(test_database, django_db_blocker):
    """One small ministry for a whole class of tests, rolled back at its end; the output of the command."""
    with django_db_blocker.unblock(), transaction.atomic():
        out = io.StringIO()
        call_command("seed_demo", employees=NUMBER, stdout=out)
        yield out.getvalue()
        transaction.set_rollback(True)


@pytest.fixture
def seeded(ministry, db):
    return ministry


def _years_later(day: date, years: int) -> date:
    return date(day.year + years, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)


class TestMinistry:
    """What the command makes, looked at from all sides."""

    def test_the_last_line_counts_what_is_there(self, seeded):
        last = json.loads(seeded.strip().splitlines()[-1])
        assert last.pop("seconds") < 60
        assert last == {
            "employees": Employee.objects.count(),
            "units": Unit.objects.count(),
            "programmes": Programme.objects.count(),
            "classes": TrainingClass.objects.count(),
            "history": HistoryRecord.objects.count(),
        }
        assert last["employees"] == NUMBER

    def test_every_kanwil_and_centre_is_there_at_any_size(self, seeded):
        kinds = Counter(Unit.objects.values_list("kind", flat=True))
        assert (kinds["KEMENTERIAN"], kinds["KANWIL"], kinds["BDK"], kinds["LDK"]) == (1, 34, 14, 2)
        assert len(set(Unit.objects.filter(kind="KANKEMENAG").values_list("province_code", flat=True))) == 38
        papua = Unit.objects.get(kind="KANKEMENAG", province_code="95")
        assert papua.parent.code == "KW91"
        zones = dict(Unit.objects.filter(kind="KANWIL").values_list("code", "time_zone"))
        assert (zones["KW35"], zones["KW61"], zones["KW64"], zones["KW53"]) == ("WIB", "WIB", "WITA", "WITA")
        assert (zones["KW81"], zones["KW91"]) == ("WIT", "WIT")

    def test_paths_follow_the_tree(self, seeded):
        paths = {unit.pk: unit for unit in Unit.objects.all()}
        for unit in paths.values():
            above = paths[unit.parent_id].path if unit.parent_id else EVERYWHERE
            assert unit.path == f"{above}{unit.pk}/"

    def test_service_areas_of_today_are_those_of_the_ministry(self, seeded):
        found: dict[str, set[str]] = {}
        for link in ServiceArea.objects.current().select_related("organiser", "area"):
            found.setdefault(link.organiser.name, set()).add(link.area.code.removeprefix("KW"))
        assert found == {
            "BDK Aceh": {"11"}, "BDK Medan": {"12"}, "BDK Padang": {"13", "15"}, "LDK Pekanbaru": {"14", "21"},
            "BDK Palembang": {"16", "17", "19"}, "LDK Lampung": {"18"}, "BDK Jakarta": {"31", "36", "61"},
            "BDK Bandung": {"32"}, "BDK Semarang": {"33", "34"}, "BDK Surabaya": {"35"},
            "BDK Denpasar": {"51", "52", "53"}, "BDK Banjarmasin": {"62", "63", "64", "65"},
            "BDK Makassar": {"73", "74", "76"}, "BDK Manado": {"71", "72", "75"}, "BDK Ambon": {"81", "82"},
            "BDK Papua": {"91", "92"},
        }  # fmt: skip
        long_ago = timezone.localdate().replace(month=6, day=1, year=timezone.localdate().year - 6)
        then = ServiceArea.objects.current(on=long_ago).get(area__code="KW14")
        assert then.organiser.name == "BDK Padang"

    def test_numbers_follow_the_rule_of_the_files(self, seeded):
        for person in Employee.objects.all():
            if person.status == "NON_ASN":
                assert person.nip is None
                assert person.external_id
                continue
            middle = r"(\d{4})(0[1-9]|1[0-2])" if person.status in ("PNS", "CPNS") else r"(\d{4})(2[1-9])"
            match = re.fullmatch(rf"(\d{{8}}){middle}([12])(\d{{3}})", person.nip)
            assert match, person.nip
            born, year, month, sex, serial = match.groups()
            assert born == f"{person.birth_date:%Y%m%d}"
            assert int(year) == person.service_start.year
            assert person.status not in ("PNS", "CPNS") or int(month) == person.service_start.month
            assert {"1": "L", "2": "P"}[sex] == person.sex
            assert int(serial) >= people.FIRST_SERIAL

    def test_careers_are_possible(self, seeded):
        today = timezone.localdate()
        for person in Employee.objects.all():
            ages = [58]
            if (
                person.position_kind == "JPT"
                or person.level == "AHLI_MADYA"
                or person.position.startswith("Guru")
            ):
                ages.append(60)
            if person.level == "AHLI_UTAMA" or person.position.startswith("Dosen"):
                ages.append(65)
            if person.position.startswith("Guru Besar"):
                ages.append(70)
            birthday = _years_later(person.birth_date, max(ages))
            month_after = (birthday.replace(day=1) + timedelta(days=32)).replace(day=1)
            assert person.retirement_date == month_after
            assert person.activity != "AKTIF" or person.retirement_date > today
            assert person.activity != "PENSIUN" or person.retirement_date <= today
            assert (person.service_start - person.birth_date).days / 365.25 >= 16
            assert person.service_start <= today
            grades = {"PNS": PNS_GRADES, "CPNS": PNS_GRADES, "NON_ASN": [""]}.get(person.status, PPPK_GRADES)
            assert person.grade in grades
            assert bool(person.level) == (person.position_kind == "FUNGSIONAL")

    def test_history_looks_like_the_problem(self, seeded):
        today = timezone.localdate()
        active = Employee.objects.active().select_related("standing")
        standings = [person.standing for person in active]
        never = sum(not standing.ever_trained for standing in standings) / len(standings)
        two_years = _years_later(today, -2)
        untrained = sum(s.last_training is None or s.last_training < two_years for s in standings) / len(
            standings
        )
        assert never == pytest.approx(0.33, abs=0.02)
        assert untrained == pytest.approx(0.41, abs=0.025)
        often = [n for n in Counter(HistoryRecord.objects.took_part().filter(kind__in=RESETTING_KINDS)
                                    .values_list("employee_id", flat=True)).values() if n >= 10]  # fmt: skip
        assert 0.01 < len(often) / NUMBER < 0.06
        assert max(often) <= 30

    def test_history_has_its_odd_rows(self, seeded):
        today = timezone.localdate()
        codes = set(Programme.objects.values_list("code", flat=True))
        rows = list(HistoryRecord.objects.select_related("employee"))
        assert 2.3 < len(rows) / NUMBER < 3.8
        assert all(row.first_day <= row.last_day < today for row in rows)
        assert all(row.employee.service_start <= row.first_day for row in rows)
        assert all(1 <= row.jp <= 520 for row in rows)
        assert {"LULUS", "HADIR", "TIDAK_LULUS"} <= {row.result for row in rows}
        assert any(row.programme_code and row.programme_code not in codes for row in rows)
        assert any(not row.programme_code for row in rows)
        for row in rows:
            assert row.identity == HistoryRecord.identity_of(row.programme_code, row.title)
        never = Employee.objects.filter(standing__ever_trained=False).values("pk")
        reached = HistoryRecord.objects.filter(employee__in=never, kind__in=("WEBINAR", "MOOC"))
        assert reached.exists()

    def test_the_database_and_the_checker_agree(self, seeded):
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT count(*) FROM trainings_standing_expected x FULL JOIN trainings_standing s USING (employee_id)
                WHERE (s.last_training, s.service_start) IS DISTINCT FROM (x.last_training, x.service_start)
                """
            )
            assert cursor.fetchone() == (0,)
        problems = integrity.problems()
        problems.pop(
            "audit chain", None
        )  # events are chained when the transaction commits; this one never does
        assert problems == {}

    def test_the_catalogue_follows_the_defaults_of_the_kinds(self, seeded):
        programmes = list(Programme.objects.all())
        assert len(programmes) >= 40
        assert all(p.resets_wait == (p.kind in RESETTING_KINDS) for p in programmes)
        assert any(p.pppk_exempt for p in programmes)

    def test_classes_are_planned_in_every_shape(self, seeded):
        today = timezone.localdate()
        upcoming = list(TrainingClass.objects.upcoming().prefetch_related("areas", "seeds"))
        assert 55 <= len(upcoming) <= 65
        assert {c.allocation for c in upcoming} == {"NASIONAL", "RATA", "PROPORSIONAL", "MANUAL"}
        assert {c.state for c in upcoming} == {"draft", "scheduled"}
        assert len({c.organiser_id for c in upcoming}) == 18
        for made in upcoming:
            assert made.open_for_selection(today)
            assert len(made.seeds.all()) == (made.state == "scheduled")
            if made.allocation == "MANUAL":
                assert sum(area.seats for area in made.areas.all()) == made.seats
        ended = TrainingClass.objects.filter(last_day__lt=today).exclude(batch=ENDED_BATCH)
        assert ended.count() == 16
        assert Participation.objects.filter(training_class__in=ended).exists()
        for seat in Participation.objects.filter(training_class__in=ended):
            assert HistoryRecord.objects.filter(
                employee=seat.employee_id, training_class=seat.training_class_id, last_day=seat.last_day
            ).exists()

    def test_classes_wait_to_be_run(self, seeded):
        today = timezone.localdate()
        this_week = TrainingClass.objects.get(batch=RUNNING_BATCH)
        assert this_week.first_day <= today <= this_week.last_day
        assert this_week.agenda.filter(day=today).exists()
        assert summary(this_week).complete
        ended = TrainingClass.objects.get(batch=ENDED_BATCH)
        assert summary(ended).complete
        assert ended.seats_taken > 2
        found = standings(ended)
        assert {str(one.verdict.outcome) for one in found} >= {"LULUS", "TIDAK_HADIR"}
        assert sum(one.missing(list(ended.components.all())) for one in found) == 1
        assert ended.answers.filter(about="organiser").count() == 3 * ended.seats_taken // 5
        assert TrainingClass.objects.open_for_enrolment().exists()

    def test_everybody_can_sign_in(self, seeded):
        assert Employee.objects.filter(user=None).count() == 0
        for person in (Employee.objects.exclude(nip=None).first(), Employee.objects.filter(nip=None).first()):
            assert authenticate(username=person.number, password=DEMO_PASSWORD) == person.user
        for name, _shown, role, unit in SIGN_INS:
            user = authenticate(username=name, password=DEMO_PASSWORD)
            assert user is not None
            assert not user.is_superuser
            assert list(RoleGrant.objects.current().filter(user=user).values_list("role", "unit__code")) == [
                (role, unit)
            ]
        assert User.objects.count() == NUMBER + len(SIGN_INS)

    def test_a_second_run_is_refused_and_changes_nothing(self, seeded):
        before = (
            Unit.objects.count(),
            Employee.objects.count(),
            HistoryRecord.objects.count(),
            User.objects.count(),
        )
        with pytest.raises(CommandError, match="already holds units") as refused:
            call_command("seed_demo", employees=NUMBER, stdout=io.StringIO())
        assert refused.value.returncode == 1
        assert "\n" not in str(refused.value)
        after = (
            Unit.objects.count(),
            Employee.objects.count(),
            HistoryRecord.objects.count(),
            User.objects.count(),
        )
        assert after == before

    def test_sign_ins_name_the_address_and_every_role(self, seeded, settings):
        out = io.StringIO()
        showcase.sign_ins(out)
        assert settings.PORTAL_URL in out.getvalue()
        for name, shown, _role, _unit in SIGN_INS:
            assert name in out.getvalue()
            assert shown in out.getvalue()


def test_full_size_is_the_real_one():
    tree = units.build(FULL_SIZE, 1, Random(1))
    assert len(tree) == len({unit.code for unit in tree}) == FULL_UNITS
    assert sum(unit.staff for unit in tree) == FULL_SIZE
    kinds = Counter(unit.kind for unit in tree)
    assert (kinds["KANWIL"], kinds["KANKEMENAG"]) == (34, 514)
    assert {"KW35", "KK3578", "MAN-3578-01", "KUA-357801"} <= {unit.code for unit in tree}


@pytest.mark.parametrize("number", [200, 201, 1_000, 30_000])
def test_everybody_has_a_place_at_any_size(number):
    tree = units.build(number, 1, Random(number))
    assert sum(unit.staff for unit in tree) == number
    assert len({unit.code for unit in tree}) == len(tree)


def test_statuses_are_mixed_as_in_the_ministry():
    tree = units.build(20_000, 1, Random(1))
    everybody = people.build(tree, 1, 1, date(2026, 11, 23), Random(2))
    shares = Counter(person.status for person in everybody)
    assert 0.77 < shares["PNS"] / 20_000 < 0.85
    assert set(shares) == {"PNS", "CPNS", "PPPK", "PPPK_PW", "NON_ASN"}
    assert len({person.number for person in everybody}) == 20_000
    without = sum(not person.columns[17] for person in everybody)
    assert 0.03 < without / 20_000 < 0.05
    assert all(not p.columns[17] or p.columns[17].endswith("@contoh.invalid") for p in everybody)


def test_too_few_people_are_refused(db):
    with pytest.raises(CommandError, match="at least 200"):
        call_command("seed_demo", employees=5, stdout=io.StringIO())
    assert not Unit.objects.exists()


def test_a_taken_user_name_is_refused(db):
    User.objects.create_user("kanwil", "kanwil@contoh.invalid", "correct horse battery staple")
    with pytest.raises(CommandError, match='account "kanwil"'):
        call_command("seed_demo", employees=200, stdout=io.StringIO())
    assert not Unit.objects.exists()


def test_production_refuses_the_published_password(db, settings):
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="published password"):
        call_command("seed_demo", employees=200, stdout=io.StringIO())
    assert not User.objects.exists()


def test_a_failure_in_the_middle_leaves_nothing(db, monkeypatch):
    def broken(*args):
        raise RuntimeError("power cut")

    monkeypatch.setattr(history.HistoryWriter, "line", broken)
    with pytest.raises(psycopg2.Error, match="power cut"):
        call_command("seed_demo", employees=200, stdout=io.StringIO())
    assert not Unit.objects.exists()
    assert not Employee.objects.exists()
    assert not User.objects.exists()


def test_the_same_number_and_day_give_the_same_people():
    def build():
        rng = Random("seed")
        made = people.build(units.build(300, 1, rng), 1, 1, date(2026, 11, 23), rng)
        return [person.columns for person in made], history.categories(made, date(2026, 11, 23), rng)

    assert build() == build()


def test_the_showcase_says_what_is_missing(db):
    with pytest.raises(Refusal, match="seed_demo"):
        showcase.run(io.StringIO())
