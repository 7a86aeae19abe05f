"""The units file."""

import itertools

import pytest

from employees.models import Unit
from tests.employees.importing.files import counts

HEAD = ["KODE_SATUAN_KERJA", "NAMA", "JENIS", "KODE_ATASAN"]


def unit(code, parent="", **cells):
    return {
        "KODE_SATUAN_KERJA": code,
        "NAMA": f"Unit {code}",
        "JENIS": "LAINNYA",
        "KODE_ATASAN": parent,
        **cells,
    }


def places():
    """Code → codes from the root down, from the paths that the database keeps."""
    codes = {str(pk): code for pk, code in Unit.objects.values_list("id", "code")}
    return {
        u.code: "/".join(codes[part] for part in u.path.strip("/").split("/")) for u in Unit.objects.all()
    }


@pytest.mark.django_db
def test_rows_may_come_before_their_parents_and_again_change_nothing(imports):
    rows = [unit("C", "B"), unit("B", "A"), unit("A"), unit("D", "A", AKTIF="t", ZONA_WAKTU="wita")]
    assert counts(imports.rows("units", rows, [*HEAD, "AKTIF", "ZONA_WAKTU"])) == (4, 4, 0, 0, 0)
    assert places() == {"A": "A", "B": "A/B", "C": "A/B/C", "D": "A/D"}
    assert Unit.objects.values_list("code", "active", "time_zone").get(code="D") == ("D", False, "WITA")
    assert Unit.objects.values_list("active", "time_zone").get(code="C") == (True, "WIB")
    assert counts(imports.rows("units", rows, [*HEAD, "AKTIF", "ZONA_WAKTU"])) == (4, 0, 0, 4, 0)


@pytest.mark.django_db
def test_an_absent_column_leaves_what_is_stored_and_an_empty_cell_means_the_default(imports):
    imports.rows("units", [unit("A", AKTIF="T", ZONA_WAKTU="WIT", KODE_PROVINSI="35")])
    assert counts(imports.rows("units", [unit("A")], HEAD)) == (1, 0, 0, 1, 0)
    assert counts(imports.rows("units", [unit("A", AKTIF="", ZONA_WAKTU="WIT")])) == (1, 0, 1, 0, 0)
    found = Unit.objects.get()
    assert (found.active, found.time_zone, found.province_code) == (True, "WIT", "35")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "column"),
    [
        (unit("X", "A", JENIS="SEKOLAH"), "JENIS"),
        (unit("X", "A", AKTIF="N"), "AKTIF"),
        (unit("X", "A", ZONA_WAKTU="GMT"), "ZONA_WAKTU"),
        (unit("X", "A", NAMA=" "), "NAMA"),
        (unit("X" * 31, "A"), "KODE_SATUAN_KERJA"),
        (unit("X|Y", "A"), "KODE_SATUAN_KERJA"),
        (unit("X", "A", NAMA="x" * 201), "NAMA"),
        (unit("X", "A", NAMA="nul\0here"), "NAMA"),
        (unit("X", "A", KODE_PROVINSI="12345678901"), "KODE_PROVINSI"),
        (unit("", "A"), "KODE_SATUAN_KERJA"),
        (unit("X", "a"), "KODE_ATASAN"),  # codes are not read in any case
        (unit("X", "NOWHERE"), "KODE_ATASAN"),
        (unit("X", "X"), "KODE_ATASAN"),
        (unit("X", ""), "KODE_ATASAN"),
    ],
)
def test_wrong_rows(imports, row, column):
    headings = [*HEAD, "AKTIF", "ZONA_WAKTU", "KODE_PROVINSI"]
    assert counts(imports.rows("units", [unit("A"), row], headings)) == (2, 1, 0, 0, 1)
    assert imports.faults() == [(3, column)]
    assert list(Unit.objects.values_list("code", flat=True)) == ["A"]


@pytest.mark.django_db
def test_the_first_root_stands_and_the_stored_one_stays(imports):
    assert counts(imports.rows("units", [unit("A"), unit("B"), unit("C", "B")])) == (3, 1, 0, 0, 2)
    assert imports.faults() == [(3, "KODE_ATASAN"), (4, "KODE_ATASAN")]
    assert counts(imports.rows("units", [unit("B"), unit("A")])) == (2, 0, 0, 1, 1)
    assert imports.faults() == [(2, "KODE_ATASAN")]


@pytest.mark.django_db
def test_a_repeated_code_rejects_every_such_row(imports):
    rows = [unit("A"), unit("B", "A"), unit("B", "A"), unit("C", "B")]
    assert counts(imports.rows("units", rows)) == (4, 1, 0, 0, 3)


@pytest.mark.django_db
def test_below_a_rejected_new_unit_everything_is_rejected_below_a_stored_one_nothing(imports):
    imports.rows("units", [unit("A"), unit("OLD", "A")])
    rows = [
        unit("N3", "N2"), unit("N2", "N1"), unit("N1", "A", JENIS="?"),
        unit("OLD", "A", JENIS="?"), unit("BELOW", "OLD"),
    ]  # fmt: skip
    assert counts(imports.rows("units", rows)) == (5, 1, 0, 0, 4)
    assert places() == {"A": "A", "OLD": "A/OLD", "BELOW": "A/OLD/BELOW"}


@pytest.mark.django_db
def test_cycles_of_new_units_are_rejected_with_all_below_them(imports):
    rows = [unit("A"), unit("X", "Y"), unit("Y", "Z"), unit("Z", "X"), unit("BELOW", "X"), unit("FINE", "A")]
    assert counts(imports.rows("units", rows)) == (6, 2, 0, 0, 4)
    assert set(places()) == {"A", "FINE"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rows", "expected", "result"),
    [
        # below its own descendant in the database
        ([unit("B", "D")], (1, 0, 0, 0, 1), None),
        # the same through a new unit; the new one hangs on nothing sound
        ([unit("B", "N"), unit("N", "D")], (2, 0, 0, 0, 2), None),
        # the root under its own tree
        ([unit("A", "B")], (1, 0, 0, 0, 1), None),
        # what is restated as stored is not at fault
        ([unit("B", "D"), unit("D", "C"), unit("C", "B")], (3, 0, 0, 2, 1), None),
        # two units change places: right only when both rows are taken together
        ([unit("C", "A"), unit("B", "C")], (2, 0, 2, 0, 0), {"C": "A/C", "B": "A/C/B", "D": "A/C/D"}),
        # a subtree moves below a new unit
        ([unit("B", "N"), unit("N", "A")], (2, 1, 1, 0, 0), {"N": "A/N", "D": "A/N/B/C/D"}),
    ],
)
def test_moves(imports, rows, expected, result):
    imports.rows("units", [unit("A"), unit("B", "A"), unit("C", "B"), unit("D", "C")])
    before = places()
    for order in itertools.islice(itertools.permutations(rows), 6):
        summary = imports.rows("units", order, dry_run=True)
        assert counts(summary) == expected
        assert places() == before
    imports.rows("units", rows)
    assert places() == before if result is None else places().items() >= result.items()


@pytest.mark.django_db
def test_too_many_levels_are_refused_in_words(imports):
    rows = [unit("L0"), *(unit(f"L{n}", f"L{n - 1}") for n in range(1, 130))]
    read, created, _updated, _unchanged, rejected = counts(imports.rows("units", rows))
    assert (read, created + rejected) == (130, 130)
    assert created > 10
    assert "levels" in imports.reasons()
