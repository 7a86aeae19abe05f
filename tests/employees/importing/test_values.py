"""Single cells, the NIP and the retirement date."""

import pytest

from employees.codes import Status
from employees.importing import nip
from employees.importing.retirement import retirement_age, retirement_date
from employees.importing.values import DateCells, choices, items, whole


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2020-02-29", "2020-02-29"), ("29-02-2020", "2020-02-29"), ("29/02/2020", "2020-02-29"),
        ("29-02-2021", ""), ("2020/02/29", ""), ("29/02-2020", ""), ("1-2-2020", ""), ("31-04-2020", ""),
        ("1899-12-31", ""), ("2200-01-01", ""), ("0000-00-00", ""), ("٢٠٢٠-٠١-٠١", ""), ("45000", ""),
        ("2020-01-01 00:00:00", ""), ("", ""),
    ],
)  # fmt: skip
def test_dates(text, iso):
    dates = DateCells()
    assert (dates[text], dates[text]) == (iso, iso)


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("007", 7), ("-1", None), ("+1", None), ("1.5", None), ("1e3", None), ("²", None),
     ("9" * 30, None)],
)  # fmt: skip
def test_whole_numbers(text, number):
    assert whole(text) == number


def test_coded_values_are_read_in_any_case_and_lists_drop_what_is_empty():
    statuses = choices(Status)
    assert [statuses[text] for text in ("pns", "Pppk_Pw", "ASN", "")] == ["PNS", "PPPK_PW", "", ""]
    assert items(" a | |b|") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("198603022010121001", True), ("19860302 201012 1 001", True), ("1986.0302.2010.12.1.001", True),
        ("19860302\u00a0201012\u00a01\u00a0001", True), ("198603022020212999", True),
        ("198603022020291001", True),
        ("19860302201012100", False), ("1986030220101210011", False), ("198603022010131001", False),
        ("198603022010001001", False), ("198603022010201001", False), ("198603022010301001", False),
        ("198603022010123001", False), ("198603022010121000", False), ("198603020000121001", False),
        ("1.98603022010121e+17", False), ("1,98603E+17", False), ("19860302201012100A", False),
        ("١٩٨٦٠٣٠٢٢٠١٠١٢١٠٠١", False), ("-", False),
    ],
)  # fmt: skip
def test_the_form_of_a_nip(text, right):
    assert (nip.form_problem(nip.compact(text)) == "") is right


@pytest.mark.parametrize(
    ("birth", "sex", "status", "faults"),
    [
        ("1986-03-02", "L", "PNS", 0), ("1986-03-02", "L", "CPNS", 0), ("1986-03-02", "L", "NON_ASN", 0),
        ("1986-03-03", "L", "PNS", 1), ("1986-03-02", "P", "PNS", 1), ("1986-03-02", "L", "PPPK", 1),
        ("1986-03-02", "L", "PPPK_PW", 1), ("1987-03-02", "P", "PPPK", 3), ("", "", "", 0),
    ],
)  # fmt: skip
def test_what_a_nip_says_must_agree_with_the_columns(birth, sex, status, faults):
    found = nip.mismatch("198603022010121001", birth=birth, sex=sex, status=status)
    assert len(found) == faults
    pppk = nip.mismatch("198603022020211001", birth="1986-03-02", sex="L", status=status)
    assert len(pppk) == (status in ("PNS", "CPNS"))


@pytest.mark.parametrize(
    ("kind", "level", "position", "age"),
    [
        ("PELAKSANA", "", "Pengadministrasi", 58), ("", "", "", 58), ("JPT", "", "Direktur", 60),
        ("FUNGSIONAL", "AHLI_MADYA", "Penghulu", 60), ("FUNGSIONAL", "AHLI_MUDA", "Guru Ahli Muda", 60),
        ("FUNGSIONAL", "", "GURU", 60), ("", "", "Guruh", 58), ("", "", "Kepala Guru", 58),
        ("FUNGSIONAL", "AHLI_UTAMA", "Guru Ahli Utama", 65), ("", "", "Dosen Lektor", 65),
        ("", "", "dosen", 65),
        ("FUNGSIONAL", "AHLI_UTAMA", "Guru Besar", 70), ("", "", "guru  besar Fikih", 70),
        ("JPT", "", "Dosen", 65),
        ("", "", "Guru Besaran", 60),
    ],
)  # fmt: skip
def test_the_retirement_age_is_the_highest_that_applies(kind, level, position, age):
    assert retirement_age(kind, level, position) == age


@pytest.mark.parametrize(
    ("birth", "age", "day"),
    [("1986-03-02", 58, "2044-04-01"), ("1986-03-31", 60, "2046-04-01"), ("1986-12-01", 58, "2045-01-01"),
     ("1984-02-29", 58, "2042-03-01"), ("1984-02-29", 60, "2044-03-01"), ("1986-03-01", 70, "2056-04-01")],
)  # fmt: skip
def test_people_retire_on_the_first_of_the_month_after_the_birthday(birth, age, day):
    assert retirement_date(birth, age) == day
