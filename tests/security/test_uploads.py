"""Files that lie: about what they are, how large they are, what they are called."""

import io
import struct
import time
import tracemalloc
import zipfile
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import Refusal
from employees import uploads
from employees.importing.reading import FileRefused, open_source
from employees.uploads import MEBIBYTE, check_upload, shown_name
from tests.employees.importing.files import write_xlsx

PDF = b"%PDF-1.7\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def upload(content, name="x", content_type="application/octet-stream"):
    return SimpleUploadedFile(name, content, content_type=content_type)


def workbook(tmp_path, **parts) -> bytes:
    """A real workbook whose named parts are replaced."""
    path = tmp_path / "plain.xlsx"
    write_xlsx(path, [{"KODE": "A", "NAMA": "B"}])
    made = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, parts.get(part.filename, old.read(part.filename)))
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PDF, "pdf"), (PNG, "png"), (b"\xff\xd8\xff\xe0", "jpeg"), ("KODE,NAMA\nÄ,b\n".encode(), "csv")],
)
def test_the_kind_is_the_contents(content, kind):
    assert check_upload(upload(content, "any.exe"), kinds={kind}, largest=MEBIBYTE) == kind


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\x00" + b"\x00" * 100, b"#!/bin/sh\x00", b"\x7fELF", b"\xfe\xff\x00a", b"GIF89a\xff\xfe"],
)
def test_a_programme_called_a_picture_is_refused(content):
    with pytest.raises(Refusal) as refused:
        check_upload(upload(content, "foto.png", "image/png"), kinds={"png", "jpeg", "csv"}, largest=MEBIBYTE)
    assert refused.value.code == "kind"


def test_a_page_called_a_pdf_is_no_pdf():
    with pytest.raises(Refusal):
        check_upload(upload(b"<script>alert(1)</script>", "a.pdf"), kinds={"pdf", "png"}, largest=MEBIBYTE)


def test_size_and_emptiness_are_looked_at_before_the_content():
    for content, code in ((b"", "empty"), (b"a" * (MEBIBYTE + 1), "size")):
        with pytest.raises(Refusal) as refused:
            check_upload(upload(content), kinds={"csv"}, largest=MEBIBYTE)
        assert refused.value.code == code


def test_a_character_cut_at_the_edge_is_still_text():
    content = b"a" * 8191 + "é".encode() + b"\n"
    assert check_upload(upload(content), kinds={"csv"}, largest=MEBIBYTE) == "csv"


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("/", "file"),
        ("..", "file"),
        ("a\x00b\n\u202ecod.exe", "abcod.exe"),
        ("x" * 500, "x" * 120),
        (None, "file"),
    ],
)
def test_names_lose_their_folders(given_name, shown):
    from django.utils import translation

    with translation.override("en"):
        assert shown_name(given_name) == shown


@given(st.text(max_size=300))
def test_no_name_reaches_another_folder(name):
    shown = shown_name(name)
    assert shown and len(shown) <= 120
    assert not set(shown) & set("/\\\x00\n\r")
    assert shown not in (".", "..")


# --- Bombs ----------------------------------------------------------------------------------------


def refused_quickly(tmp_path, content: bytes) -> str:
    """The content is refused by reader and helper alike, in little time and memory; returns the code."""
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(content)
    tracemalloc.start()
    began = time.monotonic()
    try:
        with pytest.raises(FileRefused):
            open_source(path, lambda heading: True)
        with pytest.raises(Refusal) as refused:
            check_upload(upload(content, "a.xlsx"), kinds={"xlsx"}, largest=100 * MEBIBYTE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.monotonic() - began < 10
    assert peak < 64 * MEBIBYTE + len(content)
    return refused.value.code


def test_a_zip_bomb_in_a_workbook(tmp_path):
    content = workbook(tmp_path, **{"xl/worksheets/sheet1.xml": b"<a>" + b" " * (40 * MEBIBYTE)})
    assert len(content) < MEBIBYTE
    assert refused_quickly(tmp_path, content) == "bomb"


def test_a_zip_bomb_that_states_a_small_size(tmp_path):
    """Local and central header say 100 bytes, with the checksum of those; the stream holds 40 MB."""
    plain = workbook(tmp_path)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    truth = b"<worksheet>" + b" " * (40 * MEBIBYTE)
    stream = packer.compress(truth) + packer.flush()
    stated = truth[:100]
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != "xl/worksheets/sheet1.xml":
                new.writestr(part.filename, old.read(part.filename))
        info = zipfile.ZipInfo("xl/worksheets/sheet1.xml")
        info.compress_type, info.header_offset = zipfile.ZIP_DEFLATED, made.tell()
        info.CRC, info.file_size, info.compress_size = zlib.crc32(stated), len(stated), len(stream)
        made.write(info.FileHeader(zip64=False) + stream)
        new.filelist.append(info)
        new.NameToInfo[info.filename] = info
        new.start_dir = made.tell()
        new._didModify = True
    assert refused_quickly(tmp_path, made.getvalue()) == "bomb"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_xml_bomb_in_a_workbook(tmp_path, encoding):
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE sst [<!ENTITY l0 "lol">{lol}]>'
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&l9;</t></si></sst>'
    )
    content = workbook(tmp_path, **{"xl/sharedStrings.xml": text.encode(encoding)})
    assert refused_quickly(tmp_path, content) == "entities"


def test_an_entity_that_reads_a_file_of_the_server(tmp_path):
    text = '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><sst><si><t>&x;</t></si></sst>'
    assert (
        refused_quickly(tmp_path, workbook(tmp_path, **{"xl/sharedStrings.xml": text.encode()})) == "entities"
    )


def test_thousands_of_parts(tmp_path):
    made = io.BytesIO(workbook(tmp_path))
    with zipfile.ZipFile(made, "a") as package:
        for n in range(uploads.MOST_PARTS):
            package.writestr(f"x/{n}", b"")
    assert refused_quickly(tmp_path, made.getvalue()) == "bomb"


def test_a_part_whose_name_climbs_out_is_never_written_anywhere(tmp_path):
    made = io.BytesIO(workbook(tmp_path))
    with zipfile.ZipFile(made, "a") as package:
        package.writestr("../../../escaped.txt", b"x")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.xlsx").write_bytes(made.getvalue())
    with open_source(folder / "a.xlsx", lambda heading: True) as source:
        assert source.headings == ["KODE", "NAMA"]
    assert not list(tmp_path.rglob("escaped.txt"))


def test_a_real_workbook_is_a_real_workbook(tmp_path):
    content = workbook(tmp_path)
    assert check_upload(upload(content), kinds={"xlsx"}, largest=MEBIBYTE) == "xlsx"
    assert struct.unpack("<I", content[:4])[0] == 0x04034B50
