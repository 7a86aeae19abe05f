"""Reading files: CSV in its variants, XLSX with its cell types, and everything that is neither."""

import datetime
import zipfile

import pytest
import xlsxwriter

from employees.importing.reading import FileRefused, open_source
from tests.employees.importing.files import write_xlsx


def known(heading):
    return heading in {"A", "B"}


def read(path):
    with open_source(path, known) as source:
        first, second = list(source.rows()), list(source.rows())
        assert first == second  # a source can be walked again
        return source.headings, first


@pytest.mark.parametrize(
    "content",
    [
        b"A,B\r\n1,x\r\n2,y\r\n",
        b"A;B\n1;x\n2;y",
        b"\xef\xbb\xbfA;B\n1;x\n2;y\n",
        b'"A","B"\n"1","x"\n"2","y"\n',
        b"A,B\r1,x\r2,y\r",
    ],
)
def test_csv_variants_read_the_same(tmp_path, content):
    (tmp_path / "f.csv").write_bytes(content)
    assert read(tmp_path / "f.csv") == (["A", "B"], [(2, ["1", "x"]), (3, ["2", "y"])])


def test_blank_rows_are_left_out_and_numbers_are_a_spreadsheets(tmp_path):
    (tmp_path / "f.csv").write_bytes(b'A,B\n\n"1\n2",x\n , \n\xc2\xa0,\n3,y\n')
    assert read(tmp_path / "f.csv")[1] == [(3, ["1\n2", "x"]), (6, ["3", "y"])]


def test_semicolons_inside_cells_do_not_change_the_delimiter(tmp_path):
    (tmp_path / "f.csv").write_bytes(b"A,B,note;more;and;more\n1,x,z\n")
    assert read(tmp_path / "f.csv")[0] == ["A", "B", "note;more;and;more"]


def test_xlsx_cells_become_what_a_person_would_type(tmp_path):
    path = write_xlsx(
        tmp_path / "f.xlsx",
        [
            {"A": datetime.date(2020, 1, 31), "B": 40},
            {"A": datetime.datetime(2020, 1, 31, 10, 30), "B": 40.5},
            {"A": "198603022010121001", "B": 198603022010121001},
            {"A": "007", "B": True},
        ],
    )
    assert read(path)[1] == [
        (2, ["2020-01-31", "40"]),
        (3, ["2020-01-31", "40.5"]),
        (4, ["198603022010121001", "1.986030220101210e+17"]),
        (5, ["007", "TRUE"]),
    ]


def test_xlsx_rows_keep_their_numbers_when_the_table_starts_further_down(tmp_path):
    book = xlsxwriter.Workbook(str(tmp_path / "f.xlsx"))
    sheet = book.add_worksheet()
    book.add_worksheet().write(0, 0, "second sheets are not read")
    sheet.write_row(2, 1, ["A", "B"])
    sheet.write_row(5, 1, ["1", "x"])
    book.close()
    assert read(tmp_path / "f.xlsx") == (["A", "B"], [(6, ["1", "x"])])


def _zip(path, **files):
    with zipfile.ZipFile(path, "w") as package:
        for name, content in files.items():
            package.writestr(name.replace("__", "/"), content)


def _stray(path):
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["A", "B"])
    sheet.write(1_048_575, 16_383, "stray")
    book.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda p: None,
        lambda p: p.mkdir(),
        lambda p: p.write_bytes(b""),
        lambda p: p.write_bytes(b"\n\n , \n"),
        lambda p: p.write_bytes(b"\xff\xfeA\x00,\x00B\x00\n\x00"),
        lambda p: p.write_bytes(b"A,B\n1,M\xfcller\n"),
        lambda p: p.write_bytes(b'A,B\n1,"open\n2,x\n'),
        lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
        lambda p: p.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        lambda p: p.write_bytes(b"PK\x03\x04 and nothing else"),
        lambda p: _zip(p, word__document="<x/>"),
        lambda p: _zip(p, **{"xl__workbook.xml": "<not xml"}),
        _stray,
    ],
)
def test_what_is_neither_csv_nor_xlsx_is_refused_in_words(tmp_path, make):
    path = tmp_path / "f"
    make(path)
    with pytest.raises(FileRefused) as refusal:
        read(path)
    assert len(refusal.value.user_message) > 20


def test_a_path_with_a_nul_is_refused():
    with pytest.raises(FileRefused):
        open_source("a\0b", known)
