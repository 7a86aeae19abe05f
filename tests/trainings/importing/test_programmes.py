"""The programmes file."""

import datetime

import pytest

from tests import factories
from tests.employees.importing.files import counts
from trainings.codes import RESETTING_KINDS, ProgrammeKind
from trainings.models import Programme, Standing


def programme(code="TEK-01", **cells):
    return {
        "KODE_PROGRAM": code,
        "NAMA": "Pelatihan",
        "JENIS": "TEKNIS",
        "METODE": "KLASIKAL",
        "JP": "40",
        **cells,
    }


@pytest.mark.django_db
def test_a_programme_is_created_updated_and_left_alone(imports):
    row = programme(
        JENIS="teknis", METODE="pjj", STATUS_SASARAN=" pppk | PNS|pns|", JABATAN_SASARAN="fungsional",
        JENJANG_SASARAN="", GOL_MIN="iii/a", GOL_MAX="IV/E", HITUNG_JEDA="t", BEBAS_BATAS_PPPK="y",
    )  # fmt: skip
    assert counts(imports.rows("programmes", [row])) == (1, 1, 0, 0, 0)
    found = Programme.objects.get()
    assert (found.kind, found.method, found.jp, found.target_statuses, found.target_positions) == (
        "TEKNIS", "PJJ", 40, ["PNS", "PPPK"], ["FUNGSIONAL"],
    )  # fmt: skip
    assert (found.grade_min, found.grade_max, found.resets_wait, found.pppk_exempt) == (
        "III/a", "IV/e", False, True,
    )  # fmt: skip
    assert counts(imports.rows("programmes", [row])) == (1, 0, 0, 1, 0)
    # absent columns stay; empty cells mean the default
    assert counts(imports.rows("programmes", [programme(METODE="PJJ")])) == (1, 0, 0, 1, 0)
    emptied = programme(METODE="PJJ", HITUNG_JEDA="", STATUS_SASARAN="")
    assert counts(imports.rows("programmes", [emptied])) == (1, 0, 1, 0, 0)
    found.refresh_from_db()
    assert (found.resets_wait, found.target_statuses, found.target_positions) == (True, [], ["FUNGSIONAL"])


@pytest.mark.django_db
def test_whether_the_wait_is_reset_defaults_to_the_kind(imports):
    rows = [programme(kind, JENIS=kind) for kind in ProgrammeKind.values]
    assert counts(imports.rows("programmes", rows))[1] == len(ProgrammeKind.values)
    assert set(Programme.objects.filter(resets_wait=True).values_list("code", flat=True)) == set(
        RESETTING_KINDS
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"KODE_PROGRAM": ""}, "KODE_PROGRAM"), ({"KODE_PROGRAM": "x" * 41}, "KODE_PROGRAM"),
        ({"NAMA": ""}, "NAMA"), ({"JENIS": "DIKLAT"}, "JENIS"), ({"METODE": "LURING"}, "METODE"),
        ({"JP": ""}, "JP"), ({"JP": "0"}, "JP"), ({"JP": "-4"}, "JP"), ({"JP": "40.5"}, "JP"),
        ({"JP": "32768"}, "JP"), ({"JP": "9" * 40}, "JP"), ({"STATUS_SASARAN": "PNS|ASN"}, "STATUS_SASARAN"),
        ({"JABATAN_SASARAN": "PNS"}, "JABATAN_SASARAN"), ({"JENJANG_SASARAN": "X"}, "JENJANG_SASARAN"),
        ({"GOL_MIN": "IX"}, "GOL_MIN"), ({"GOL_MAX": "V/a"}, "GOL_MAX"),
        ({"GOL_MIN": "IV/a", "GOL_MAX": "III/d"}, "GOL_MIN"), ({"HITUNG_JEDA": "YA"}, "HITUNG_JEDA"),
        ({"BEBAS_BATAS_PPPK": "0"}, "BEBAS_BATAS_PPPK"),
    ],
)  # fmt: skip
def test_wrong_rows(imports, cells, column):
    headings = list({**programme(), **cells})
    rows = [programme() | cells, programme("GOOD")]
    assert counts(imports.rows("programmes", rows, headings)) == (2, 1, 0, 0, 1)
    assert imports.faults() == [(2, column)]
    assert Programme.objects.get().code == "GOOD"


@pytest.mark.django_db
def test_a_repeated_code_rejects_every_such_row_and_codes_keep_their_case(imports):
    rows = [programme("A"), programme("a"), programme("B"), programme("B")]
    assert counts(imports.rows("programmes", rows)) == (4, 2, 0, 0, 2)


@pytest.mark.django_db
def test_the_standing_follows_a_change_of_the_catalogue(imports, tree):
    person = factories.employee(tree.east)
    factories.history(person, datetime.date(2024, 5, 1), programme_code="TEK-01", kind="WEBINAR", jp=3)
    assert not Standing.objects.get(employee=person).ever_trained
    imports.rows("programmes", [programme()])
    assert Standing.objects.get(employee=person).waiting_since == datetime.date(2024, 5, 1)
