"""The classes file."""

import datetime

import pytest

from tests import factories
from tests.employees.importing.files import counts
from trainings.models import ClassArea, Participation, Seed, TrainingClass
from trainings.seeds import commitment_of


def run(code="K1", **cells):
    return {
        "KODE_KELAS": code, "KODE_PROGRAM": "TEK-01", "MULAI": "2030-03-10", "SELESAI": "2030-03-14",
        "PENYELENGGARA": "BDK-SBY", "KURSI": "30", **cells,
    }  # fmt: skip


@pytest.fixture
def catalogue(tree):
    return factories.programme("TEK-01"), factories.programme("TEK-02")


def areas(code="K1"):
    return dict(ClassArea.objects.filter(training_class__code=code).values_list("unit__code", "seats"))


@pytest.mark.django_db
def test_a_class_is_scheduled_with_a_seed_and_its_defaults(imports, catalogue):
    assert counts(imports.rows("classes", [run()])) == (1, 1, 0, 0, 0)
    found = TrainingClass.objects.get()
    assert (found.state, found.reserve, found.allocation, found.unit_cap) == ("scheduled", 0, "NASIONAL", 0)
    assert found.confirm_by == datetime.date(2030, 3, 7)
    assert areas() == {}
    seed = Seed.objects.get(training_class=found)
    assert (seed.number, seed.commitment, seed.revealed_at) == (1, commitment_of(seed.value), None)
    assert len(bytes.fromhex(seed.value)) == 32
    assert counts(imports.rows("classes", [run()])) == (1, 0, 0, 1, 0)
    assert Seed.objects.get() == seed


@pytest.mark.django_db
def test_areas_are_replaced_as_a_set(imports, catalogue):
    manual = run(ALOKASI="manual", WILAYAH="KW35| KW33", KURSI_WILAYAH="20 | 10")
    assert counts(imports.rows("classes", [manual])) == (1, 1, 0, 0, 0)
    assert areas() == {"KW35": 20, "KW33": 10}
    assert counts(imports.rows("classes", [manual | {"WILAYAH": "KW33|KW35", "KURSI_WILAYAH": "10|20"}])) == (
        1, 0, 0, 1, 0,
    )  # fmt: skip
    assert counts(imports.rows("classes", [manual | {"KURSI_WILAYAH": "15|15"}])) == (1, 0, 1, 0, 0)
    assert areas() == {"KW35": 15, "KW33": 15}
    assert counts(imports.rows("classes", [run()])) == (1, 0, 0, 1, 0)  # absent columns stay
    one = run(ALOKASI="RATA", WILAYAH="KW33", KURSI_WILAYAH="not read")
    assert counts(imports.rows("classes", [one])) == (1, 0, 1, 0, 0)
    assert areas() == {"KW33": None}
    assert counts(imports.rows("classes", [one])) == (1, 0, 0, 1, 0)
    assert counts(imports.rows("classes", [run(ALOKASI="", WILAYAH="")])) == (1, 0, 1, 0, 0)
    assert areas() == {}


@pytest.mark.django_db
def test_manual_without_areas_means_the_root(imports, catalogue):
    row = run(ALOKASI="MANUAL", WILAYAH="", KURSI_WILAYAH="30")
    assert counts(imports.rows("classes", [row])) == (1, 1, 0, 0, 0)
    assert areas() == {"MENAG": 30}
    assert counts(imports.rows("classes", [row])) == (1, 0, 0, 1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"KODE_KELAS": ""}, "KODE_KELAS"), ({"KODE_KELAS": "x" * 41}, "KODE_KELAS"),
        ({"KODE_PROGRAM": "TEK-99"}, "KODE_PROGRAM"), ({"PENYELENGGARA": "X"}, "PENYELENGGARA"),
        ({"MULAI": "soon"}, "MULAI"), ({"SELESAI": "2030-03-09"}, "SELESAI"), ({"SELESAI": ""}, "SELESAI"),
        ({"KURSI": "0"}, "KURSI"), ({"KURSI": "-3"}, "KURSI"), ({"KURSI": "9999999999"}, "KURSI"),
        ({"CADANGAN": "-1"}, "CADANGAN"), ({"MAKS_PER_SATKER": "x"}, "MAKS_PER_SATKER"),
        ({"BATAS_KONFIRMASI": "2030-03-11"}, "BATAS_KONFIRMASI"),
        ({"BATAS_KONFIRMASI": "?"}, "BATAS_KONFIRMASI"),
        ({"ALOKASI": "ADIL"}, "ALOKASI"), ({"WILAYAH": "KW35|KW99"}, "WILAYAH"),
        ({"WILAYAH": "KW35|KW35"}, "WILAYAH"),
        ({"ALOKASI": "MANUAL", "WILAYAH": "KW35|KW33", "KURSI_WILAYAH": "30"}, "KURSI_WILAYAH"),
        ({"ALOKASI": "MANUAL", "WILAYAH": "KW35|KW33", "KURSI_WILAYAH": "20|11"}, "KURSI_WILAYAH"),
        ({"ALOKASI": "MANUAL", "WILAYAH": "KW35|KW33", "KURSI_WILAYAH": "40|-10"}, "KURSI_WILAYAH"),
        ({"ALOKASI": "MANUAL", "WILAYAH": "KW35", "KURSI_WILAYAH": ""}, "KURSI_WILAYAH"),
        ({"ALOKASI": "MANUAL", "WILAYAH": "KW35|KW33", "KURSI_WILAYAH": "30||"}, "KURSI_WILAYAH"),
        ({"ANGKATAN": "x" * 61}, "ANGKATAN"), ({"TEMPAT": "x" * 201}, "TEMPAT"),
    ],
)  # fmt: skip
def test_wrong_rows(imports, catalogue, cells, column):
    headings = list({**run(), **cells})
    assert counts(imports.rows("classes", [run() | cells, run("GOOD")], headings)) == (2, 1, 0, 0, 1)
    assert imports.faults() == [(2, column)]
    assert TrainingClass.objects.get().code == "GOOD"


@pytest.mark.django_db
def test_the_last_day_to_answer_may_be_the_first_day_and_follows_a_moved_class(imports, catalogue):
    imports.rows("classes", [run(), run("K2", BATAS_KONFIRMASI="2030-03-10")], [*run(), "BATAS_KONFIRMASI"])
    moved = {"MULAI": "2030-03-09"}
    assert counts(imports.rows("classes", [run(**moved), run("K2", **moved)])) == (2, 0, 1, 0, 1)
    assert TrainingClass.objects.get(code="K1").confirm_by == datetime.date(2030, 3, 6)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"KURSI": "1"}, "KURSI"), ({"MULAI": "2030-03-09"}, "MULAI"), ({"SELESAI": "2030-03-15"}, "SELESAI"),
        ({"KODE_PROGRAM": "TEK-02"}, "KODE_PROGRAM"), ({"WILAYAH": "KW33"}, "WILAYAH"),
        ({"ALOKASI": "RATA"}, "ALOKASI"), ({"KURSI": "2", "TEMPAT": "Aula", "CADANGAN": "9"}, None),
    ],
)  # fmt: skip
def test_what_people_were_promised_does_not_change(imports, cast, catalogue, cells, column):
    headings = [*run(), "WILAYAH", "ALOKASI", "TEMPAT", "CADANGAN"]
    row = run(WILAYAH="KW35", TEMPAT="", ALOKASI="")
    imports.rows("classes", [row], headings)
    found = TrainingClass.objects.get()
    for person in (cast.employee, cast.stranger):
        Participation.objects.create(
            training_class=found, employee=person, source="manual", first_day=found.first_day,
            last_day=found.last_day,
        )  # fmt: skip
    assert counts(imports.rows("classes", [row], headings)) == (1, 0, 0, 1, 0)
    summary = imports.rows("classes", [row | cells], headings)
    assert counts(summary) == ((1, 0, 0, 0, 1) if column else (1, 0, 1, 0, 0))
    assert [name for _row, name in imports.faults()] == ([column] if column else [])
    assert areas() == {"KW35": None}


@pytest.mark.django_db
def test_a_draft_becomes_scheduled_and_a_cancelled_class_stays(imports, catalogue):
    imports.rows("classes", [run(), run("K2")])
    TrainingClass.objects.filter(code="K1").update(state="draft")
    Seed.objects.filter(training_class__code="K1").delete()
    TrainingClass.objects.filter(code="K2").update(state="cancelled")
    assert counts(imports.rows("classes", [run(), run("K2")])) == (2, 0, 1, 1, 0)
    assert dict(TrainingClass.objects.values_list("code", "state")) == {"K1": "scheduled", "K2": "cancelled"}
    assert Seed.objects.filter(training_class__code="K1").count() == 1
    assert counts(imports.rows("classes", [run("K2", KURSI="31")])) == (1, 0, 0, 0, 1)


@pytest.mark.django_db
def test_a_repeated_code_rejects_every_such_row(imports, catalogue):
    assert counts(imports.rows("classes", [run(), run("K2"), run()])) == (3, 1, 0, 0, 2)
