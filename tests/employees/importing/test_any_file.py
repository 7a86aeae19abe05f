"""Properties: good rows in any dress are all imported; damaged files never land halfway."""

import datetime
import random
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Event
from employees.importing.engine import run_import
from employees.importing.reading import FileRefused
from employees.models import Employee
from tests.employees.importing.files import counts, write_csv, write_xlsx
from tests.employees.importing.test_employees import person
from tests.factories import nip_for
from trainings.importing.kinds import KINDS

_quiet = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
_blank = st.text(" \t\u00a0\u200b", max_size=2)
_name = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=60).filter(
    lambda text: text.strip(" \u00a0\u200b") and text.isprintable()
)
_born = st.dates(datetime.date(1960, 1, 1), datetime.date(2004, 12, 31))


def _cased(draw, text):
    return "".join(c.upper() if draw(st.booleans()) else c.lower() for c in text)


def _padded(draw, text):
    return draw(_blank) + text + draw(_blank)


@st.composite
def _row(draw, serial):
    born, start = draw(_born), draw(st.dates(datetime.date(2005, 1, 1), datetime.date(2020, 12, 31)))
    sex = draw(st.sampled_from("LP"))
    status = draw(st.sampled_from(["PNS", "CPNS"]))
    level = draw(st.sampled_from(["", "AHLI_UTAMA"]))
    nip = nip_for(born, start, sex, serial)
    nip = " ".join([nip[:8], nip[8:14], nip[14], nip[15:]]) if draw(st.booleans()) else nip

    def day(value):
        return draw(st.sampled_from([value, f"{value:%Y-%m-%d}", f"{value:%d-%m-%Y}", f" {value:%d/%m/%Y} "]))

    return person(
        _padded(draw, nip), NAMA=_padded(draw, draw(_name)), JENIS_KELAMIN=_cased(draw, sex),
        TANGGAL_LAHIR=day(born), TMT_MULAI=day(start), STATUS=_cased(draw, status),
        GOL_RUANG=_cased(draw, draw(st.sampled_from(["", "III/a", "IV/e"]))), JABATAN=draw(_name),
        KODE_SATUAN_KERJA=_padded(draw, "KW35"), JENJANG=_cased(draw, level),
    )  # fmt: skip


@pytest.mark.django_db
@_quiet
@given(data=st.data(), xlsx=st.booleans(), delimiter=st.sampled_from(",;"))
def test_good_rows_in_any_dress_are_created_and_then_unchanged(tree, data, xlsx, delimiter):
    Employee.objects.all().delete()
    rows = [data.draw(_row(serial)) for serial in range(1, data.draw(st.integers(1, 5)) + 1)]
    headings = data.draw(st.permutations(list(rows[0])))
    headings = [data.draw(st.sampled_from([name, name.lower(), f" {name} "])) for name in headings]
    rows = [{heading: row[heading.strip().upper()] for heading in headings} for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        write_xlsx(path, rows) if xlsx else write_csv(path, rows, delimiter=delimiter)
        summaries = [run_import(KINDS["employees"], path, by=None) for _time in range(2)]
    n = len(rows)
    assert [summary.reasons for summary in summaries] == [[], []]
    assert [counts(summary) for summary in summaries] == [(n, n, 0, 0, 0), (n, 0, 0, n, 0)]


def _damaged(content, chance):
    content = bytearray(content)
    for _change in range(chance.randrange(6)):
        place = chance.randrange(len(content) or 1)
        content[place : place + chance.randrange(4)] = chance.randbytes(chance.randrange(3))
    return bytes(content)


def _damage_parts(good, bad, chance):
    """A sound package whose parts are damaged inside: harder on the reader than a broken archive."""
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            touched = chance.random() < (0.9 if "sheet1" in name else 0.2)
            target.writestr(name, _damaged(content, chance) if touched else content)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("form", ["csv", "xlsx", "noise"])
def test_damaged_files_are_refused_or_imported_never_half(tree, tmp_path, kind, form):
    chance = random.Random(f"{kind} {form}")
    rows = [
        {
            column.name: chance.choice(
                ["", "PNS", "TEKNIS", "KW35", "2020-01-01", "12", "LULUS", "x" * 300, "=1"]
            )
            for column in KINDS[kind].columns
        }
        for _row in range(20)
    ]
    good = tmp_path / "good"
    write_xlsx(good, rows) if form == "xlsx" else write_csv(good, rows)
    for _attempt in range(60):
        content = bytearray(good.read_bytes())
        if form == "noise":
            head = content[: content.index(b"\n") + 1] if chance.random() < 0.7 else bytearray()
            content = head + bytearray(
                chance.choices(b'\x00\x01\xff\xc3,;"\n\r|09azA\x1b', k=chance.randrange(400))
            )
        if form == "xlsx" and chance.random() < 0.6:
            _damage_parts(good, tmp_path / "bad", chance)
        else:
            (tmp_path / "bad").write_bytes(_damaged(content, chance))
        events = Event.objects.count()
        try:
            summary = run_import(KINDS[kind], tmp_path / "bad", by=None, errors_path=tmp_path / "errors.csv")
        except FileRefused as refusal:
            assert refusal.user_message
            assert Event.objects.count() == events
        else:
            counts(summary)
            assert Event.objects.count() == events + 1
