"""The downloaded list in all three formats, read back with other libraries."""

import csv
import hashlib
import io
import json
import re
import time
from datetime import date, datetime, timedelta

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from audit.models import Event
from invitations import lists
from invitations.models import Candidate, Invitation, Selection
from outbox.models import Message
from tests import factories

pytestmark = pytest.mark.django_db

HEADINGS = [
    "NO",
    "NAMA",
    "NIP",
    "PANGKAT_GOLONGAN",
    "JABATAN",
    "UNIT_KERJA",
    "KAB_KOTA",
    "PROVINSI",
    "STATUS_ASN",
    "PELATIHAN_TERAKHIR",
    "TANGGAL_TERAKHIR",
    "MENUNGGU_SEJAK",
    "PERINGKAT",
    "ALASAN",
    "STATUS_UNDANGAN",
    "BATAS_KONFIRMASI",
]


@pytest.fixture
def training_class(tree):
    return factories.training_class(
        factories.programme(name="Pelatihan Moderasi Beragama"),
        tree.bdk, [tree.east], batch="Angkatan III", seats=70, place="Kampus BDK", code="MB-03",
    )  # fmt: skip


@pytest.fixture
def selection(training_class, cast):
    return Selection.objects.create(
        training_class=training_class, number=1, seed=training_class.seeds.get(), rule_version="1",
        requested_by=cast.central,
    )  # fmt: skip


@pytest.fixture
def invite(selection):
    def _invite(employee, rank, state="issued", **fields) -> Invitation:
        since = date(2016, 5, 1)
        reason = {
            "rank": rank, "pool": 812, "ever_trained": False, "waiting_since": since.isoformat(),
            "area": "", "area_seats": 10,
        }  # fmt: skip
        if state == "declined":
            fields.setdefault("decline_reason", "SAKIT")
        return Invitation.objects.create(
            selection=selection, training_class=selection.training_class, employee=employee, rank=rank,
            state=state, reason=reason, answer_by=selection.training_class.confirm_by, **fields,
        )  # fmt: skip

    return _invite


def sent(invitation: Invitation, state: str = "sent") -> None:
    Message.objects.create(
        key=f"invitation:{invitation.pk}:invitation:0", kind="invitation", to_name="x", state=state,
        about_type="invitation", about_id=invitation.pk,
    )  # fmt: skip


def written(training_class, fmt, *, unit=None, by=None, letter=None):
    stream = io.BytesIO()
    done = lists.download(
        training_class=training_class, unit=unit, fmt=fmt, by=by, stream=stream, letter=letter
    )
    return done, stream.getvalue()


def csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def xlsx_sheet(content: bytes):
    return openpyxl.load_workbook(io.BytesIO(content)).active


def pdf_pages(content: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


# --- Who and what ------------------------------------------------------------------------------------


def test_every_column_of_a_line(tree, training_class, invite):
    person = factories.employee(
        tree.madrasah, name="Siti Aminah", front_title="Dra.", back_title="M.Pd.", position="Guru Ahli Muda"
    )
    before = factories.programme("LAMA", name="Pelatihan Kurikulum")
    factories.history(person, date(2016, 5, 1), before)
    factories.history(person, date(2016, 5, 1), kind="WEBINAR", jp=60, title="Webinar hari yang sama")
    factories.history(person, date(2020, 1, 1), before, result="TIDAK_HADIR")
    invite(person, 4)
    _done, content = written(training_class, "csv")
    assert content.startswith(b"NO,NAMA,NIP,")  # no byte-order mark
    assert csv_rows(content) == [
        {
            "NO": "1",
            "NAMA": "Dra. Siti Aminah, M.Pd.",
            "NIP": person.nip,
            "PANGKAT_GOLONGAN": "Penata Muda (III/a)",
            "JABATAN": "Guru Ahli Muda",
            "UNIT_KERJA": "MAN 1 Surabaya",
            "KAB_KOTA": "Kota Surabaya",
            "PROVINSI": "Jawa Timur",
            "STATUS_ASN": "PNS",
            "PELATIHAN_TERAKHIR": "Pelatihan Kurikulum",
            "TANGGAL_TERAKHIR": "2016-05-01",
            "MENUNGGU_SEJAK": "2016-05-01",
            "PERINGKAT": "4",
            "ALASAN": lists_reason(4),
            "STATUS_UNDANGAN": "Menunggu konfirmasi",
            "BATAS_KONFIRMASI": training_class.confirm_by.isoformat(),
        }
    ]
    assert next(csv.reader(io.StringIO(content.decode()))) == HEADINGS == list(lists.HEADINGS)


def lists_reason(rank: int) -> str:
    from invitations.explain import reason_text

    with translation.override("id"):
        return reason_text(Invitation.objects.get(rank=rank).reason)


def test_never_trained_leaves_the_training_empty_and_waits_since_the_service_began(
    tree, training_class, invite
):
    person = factories.employee(tree.east, service_start=date(2011, 3, 1), nip=None, external_id="H-77")
    person.status, person.grade = "NON_ASN", ""
    person.save()
    invite(person, 1)
    ((line),) = csv_rows(written(training_class, "csv")[1])
    assert (line["PELATIHAN_TERAKHIR"], line["TANGGAL_TERAKHIR"]) == ("", "")
    assert line["MENUNGGU_SEJAK"] == "2011-03-01"
    assert line["NIP"] == "H-77"  # who has no NIP is named by the ID
    assert (line["KAB_KOTA"], line["PROVINSI"], line["PANGKAT_GOLONGAN"]) == ("", "Jawa Timur", "")


def test_the_wait_is_the_one_that_was_ranked(tree, training_class, selection, invite):
    """The class itself moves the standing later; rank and reason on the list must still make sense."""
    person = factories.employee(tree.surabaya)
    old = factories.programme("LAMA", name="Pelatihan Lama")
    factories.history(person, date(2015, 2, 3), old)
    Candidate.objects.create(
        selection=selection, employee=person, rank=1, area_rank=1, area=tree.east, unit=tree.surabaya,
        outcome="selected", ever_trained=True, waiting_since=date(2015, 2, 3),
        service_start=person.service_start, lottery="0" * 64,
    )  # fmt: skip
    invite(person, 1)
    factories.history(person, timezone.localdate(), training_class.programme)
    (line,) = csv_rows(written(training_class, "csv")[1])
    assert (line["PELATIHAN_TERAKHIR"], line["TANGGAL_TERAKHIR"]) == ("Pelatihan Lama", "2015-02-03")
    assert line["MENUNGGU_SEJAK"] == "2015-02-03"


def test_a_title_comes_from_the_record_or_the_catalogue(tree, training_class, invite):
    catalogue = factories.programme("KAT", name="Nama di Katalog")
    for rank, (code, title) in enumerate([("KAT", ""), ("", "Diklat di luar katalog")], 1):
        person = factories.employee(tree.surabaya)
        factories.history(person, date(2018, 1, 1), programme_code=code, title=title)
        invite(person, rank)
    assert catalogue.code == "KAT"
    titles = [line["PELATIHAN_TERAKHIR"] for line in csv_rows(written(training_class, "csv")[1])]
    assert titles == ["Nama di Katalog", "Diklat di luar katalog"]


def test_states_in_words_in_rank_order(tree, training_class, invite):
    now = timezone.now()
    expected = []
    cases = [
        ("issued", {}, "sent", "Terkirim"),
        ("issued", {"seen_at": now}, "sent", "Menunggu konfirmasi"),
        ("issued", {}, "pending", "Menunggu konfirmasi"),
        ("issued", {}, "failed", "Menunggu konfirmasi"),
        ("accepted", {}, "sent", "Bersedia"),
        ("declined", {}, "sent", "Berhalangan"),
        ("expired", {}, "sent", "Kedaluwarsa"),
        ("withdrawn", {}, "sent", "Ditarik"),
        ("replaced", {}, "sent", "Digantikan"),
    ]
    for i, (state, fields, message, word) in enumerate(cases):
        person = factories.employee(tree.surabaya, name=f"Orang {i}")
        sent(invite(person, 100 - i, state, **fields), message)
        expected.append((f"Orang {i}", str(100 - i), word))
    with translation.override("en"):
        lines = csv_rows(written(training_class, "csv")[1])
    expected.reverse()
    assert [(line["NAMA"], line["PERINGKAT"], line["STATUS_UNDANGAN"]) for line in lines] == expected
    assert [line["NO"] for line in lines] == [str(n) for n in range(1, 10)]


def test_the_reserve_and_other_classes_never_appear(tree, training_class, selection, invite, cast):
    person = factories.employee(tree.surabaya, name="Diundang")
    reserve = factories.employee(tree.surabaya, name="Cadangan")
    for rank, (who, outcome) in enumerate([(person, "selected"), (reserve, "reserve")], 1):
        Candidate.objects.create(
            selection=selection, employee=who, rank=rank, area_rank=rank, area=tree.east,
            unit=tree.surabaya, outcome=outcome, ever_trained=False, waiting_since=who.service_start,
            service_start=who.service_start, lottery="0" * 64,
        )  # fmt: skip
    invite(person, 1)
    other = factories.training_class(training_class.programme, tree.bdk, [tree.east])
    for fmt in lists.FORMATS:
        done, content = written(training_class, fmt)
        assert done.rows == 1
        if fmt == "pdf":
            assert "Cadangan" not in " ".join(pdf_pages(content))
    assert [line["NAMA"] for line in csv_rows(written(training_class, "csv")[1])] == ["Diundang"]
    assert csv_rows(written(other, "csv")[1]) == []


def test_the_subtree_and_the_scope_limit_the_list(tree, training_class, invite, cast):
    names = {}
    for rank, unit in enumerate((tree.semarang, tree.madrasah, tree.east, tree.central_java), 1):
        invite(factories.employee(unit, name=f"Dari {unit.code}"), rank)
        names[unit.code] = f"Dari {unit.code}"

    def seen(**limits):
        return [line["NAMA"] for line in csv_rows(written(training_class, "csv", **limits)[1])]

    assert seen() == list(names.values())
    assert seen(unit=tree.east) == [names["MAN1-SBY"], names["KW35"]]
    assert seen(unit=tree.surabaya) == [names["MAN1-SBY"]]
    assert seen(by=cast.operator) == [names["MAN1-SBY"], names["KW35"]]
    assert seen(by=cast.neighbour) == [names["KK3374"], names["KW33"]]
    assert seen(by=cast.neighbour, unit=tree.east) == []
    assert seen(by=cast.organiser) == [names["MAN1-SBY"], names["KW35"]]
    assert seen(by=cast.central) == seen(by=cast.auditor) == seen()
    assert seen(by=cast.leader) == seen(by=cast.employee_user) == seen(by=cast.admin) == []


def test_the_number_of_queries_does_not_grow(tree, training_class, invite):
    counts = []
    for rank in (1, 2, 3):
        person = factories.employee(tree.surabaya if rank > 1 else tree.madrasah)
        factories.history(person, date(2016, 1, rank))
        invite(person, rank)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found = list(lists.rows(training_class))
        assert len(found) == rank
        counts.append(len(queries))
    assert counts == [2, 2, 2]


# --- Formats -----------------------------------------------------------------------------------------

NASTY = ['=HYPERLINK("http://x")', "+62811", "-1+1", "@SUM(A1)", "\tTab", "\rReturn"]


def test_formulas_are_made_harmless_in_csv_and_xlsx(tree, training_class, invite):
    for rank, name in enumerate(NASTY, 1):
        invite(factories.employee(tree.surabaya, name=name, position=name, external_id=f"={rank}"), rank)
    lines = csv_rows(written(training_class, "csv")[1])
    assert [line["JABATAN"] for line in lines] == [f"'{name}" for name in NASTY]
    for line in lines:
        assert not [cell for cell in line.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    sheet = xlsx_sheet(written(training_class, "xlsx")[1])
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            assert cell.data_type != "f"
            assert not str(cell.value).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert [cell.value for cell in sheet["E"][1:5]] == [f"'{name}" for name in NASTY[:4]]


def test_xlsx_has_types_header_filter_and_widths(tree, training_class, invite):
    person = factories.employee(tree.surabaya, name="Siti")
    factories.history(person, date(2016, 5, 1))
    invite(person, 7)
    invite(factories.employee(tree.surabaya), 9)
    done, content = written(training_class, "xlsx")
    sheet = xlsx_sheet(content)
    assert done.rows == 2
    assert [cell.value for cell in sheet[1]] == HEADINGS
    first = dict(zip(HEADINGS, sheet[2], strict=True))
    assert (first["NIP"].value, first["NIP"].data_type) == (person.nip, "s")
    assert first["TANGGAL_TERAKHIR"].value == datetime(2016, 5, 1)
    assert first["BATAS_KONFIRMASI"].value.date() == training_class.confirm_by
    assert (first["PERINGKAT"].value, first["PERINGKAT"].data_type) == (7, "n")
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:P3"
    assert sheet.column_dimensions["B"].width > 30
    assert sheet[3][9].value is None  # never trained: an empty cell, not an empty text


def test_pdf_has_every_name_once_letter_and_page_numbers_on_each_page(tree, training_class, invite):
    people = []
    for rank in range(1, 61):
        person = factories.employee(
            tree.madrasah, name=f"Nurhayati Q{rank:03d}X", front_title="Dra.", back_title="S.Ag., M.Pd.I.",
            position="Guru Ahli Madya Fikih", service_start=date(2009, 1, rank % 28 + 1),
        )  # fmt: skip
        factories.history(person, date(2016, 5, 1), title="Pelatihan Teknis Substantif Kurikulum Madrasah")
        invite(person, rank)
        people.append(person)
    letter = lists.Letter(number="B-123/Bdk.05/1/KP.02.3/06/2026", date=date(2026, 6, 5))
    done, content = written(training_class, "pdf", letter=letter)
    pages = pdf_pages(content)
    text = " ".join(pages)
    assert done.rows == 60
    assert 3 <= len(pages) <= 4
    squeezed = text.replace(" ", "").replace("\u00ad", "")
    for n, person in enumerate(people, 1):
        assert squeezed.count(f"Q{n:03d}X") == 1
        assert squeezed.count(person.nip) == 1
    for number, page in enumerate(pages, 1):
        assert "B-123/Bdk.05/1/KP.02.3/06/2026" in page
        assert "5 Juni 2026" in page
        assert "Lampiran" in page
        assert f"Halaman {number} dari {len(pages)}" in page
        assert "PELATIHAN TERAKHIR" in page
        assert "Pelatihan Moderasi Beragama Angkatan III" in page


def test_pdf_takes_names_as_data_not_as_markup(tree, training_class, invite):
    name = 'Ani #panic("x") *b* $x$ \\ "q" <a> @ref'
    invite(factories.employee(tree.surabaya, name=name, position="#import"), 1)
    text = " ".join(pdf_pages(written(training_class, "pdf")[1]))
    assert '#panic("x")'.replace(" ", "") in text.replace(" ", "")
    assert "#import" in text
    assert "Lampiran" in text


def test_an_empty_list_is_a_list(tree, training_class):
    assert csv_rows(written(training_class, "csv")[1]) == []
    assert xlsx_sheet(written(training_class, "xlsx")[1]).max_row == 1
    assert "Tidak ada undangan" in pdf_pages(written(training_class, "pdf")[1])[0]


def test_fifteen_hundred_names_take_seconds(tree, training_class, selection, invite):
    training_class.seats = 1500
    training_class.save()
    from employees.models import Employee

    start = date(2010, 3, 1)
    people = Employee.objects.bulk_create(
        Employee(
            unit=tree.madrasah, name=f"Orang {n}", nip=None, external_id=f"X{n}", sex="P", status="PNS",
            birth_date=date(1985, 1, 1), service_start=start, retirement_date=date(2045, 1, 1),
        )
        for n in range(1500)
    )  # fmt: skip
    Invitation.objects.bulk_create(
        Invitation(
            selection=selection, training_class=training_class, employee=person, rank=n,
            answer_by=training_class.confirm_by,
        )
        for n, person in enumerate(people, 1)
    )  # fmt: skip
    for fmt in lists.FORMATS:
        began = time.monotonic()
        done, _content = written(training_class, fmt)
        assert done.rows == 1500
        assert time.monotonic() - began < 30  # three seconds on a machine of its own


# --- Trace and command -------------------------------------------------------------------------------


def test_every_download_is_recorded(tree, training_class, invite, cast):
    invite(factories.employee(tree.surabaya), 1)
    done, content = written(training_class, "xlsx", unit=tree.east, by=cast.operator)
    event = Event.objects.get(verb="list.download")
    digest = hashlib.sha256(content).hexdigest()
    assert event.data == {"class": "MB-03", "unit": "KW35", "format": "xlsx", "rows": 1, "sha256": digest}
    assert (event.actor_id, event.unit_path) == (cast.operator.pk, tree.east.path)
    assert event.object_id == str(training_class.pk)
    assert done.sha256 == digest
    assert re.fullmatch(r"undangan-mb-03-kw35-\d{8}-\d{4}-operator\.xlsx", done.name)


def test_a_download_carries_who_and_when_and_the_csv_stays_as_it_is(tree, training_class, invite, cast):
    invite(factories.employee(tree.surabaya), 1)
    _done, book = written(training_class, "xlsx", by=cast.operator)
    properties = openpyxl.load_workbook(io.BytesIO(book)).properties
    assert properties.creator == "Operator"
    assert "(operator)" in properties.description
    done, pdf = written(training_class, "pdf", by=cast.operator)
    assert "Operator (operator)" in pdf_pages(pdf)[0]
    assert done.name.endswith("-operator.pdf")
    assert written(training_class, "csv", by=cast.operator)[1] == written(training_class, "csv")[1]
    assert written(training_class, "csv")[0].name == "undangan-mb-03.csv"  # a command's file is named by it


def test_the_page_hands_out_what_is_in_scope(tree, training_class, invite, cast, client):
    invite(factories.employee(tree.surabaya, name="Dari Surabaya"), 1)
    invite(factories.employee(tree.semarang, name="Dari Semarang"), 2)
    client.force_login(cast.operator)
    address = reverse("invitations:download", args=[training_class.pk, "csv"])
    response = client.get(address)
    assert response["Content-Disposition"].startswith('attachment; filename="undangan-mb-03-')
    assert [line["NAMA"] for line in csv_rows(response.content)] == ["Dari Surabaya"]
    assert Event.objects.get(verb="list.download").actor_id == cast.operator.pk
    assert client.get(address, {"unit": "KW33"}).status_code == 404
    assert client.get(address.replace("csv", "docx")).status_code == 404
    client.force_login(cast.neighbour)
    assert client.get(address).status_code == 404  # the class itself is not hers


def command(*arguments: str) -> dict:
    out = io.StringIO()
    call_command("invitation_list", *arguments, stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "pdf"])
def test_the_command_writes_the_file(tree, training_class, invite, tmp_path, fmt):
    invite(factories.employee(tree.surabaya), 1)
    invite(factories.employee(tree.semarang), 2)
    target = tmp_path / f"daftar.{fmt}"
    target.write_text("old")
    assert command("MB-03", "--unit", "KW35", "--format", fmt, "-o", str(target)) == {"rows": 1}
    assert [file.name for file in tmp_path.iterdir()] == [target.name]
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    assert Event.objects.get(verb="list.download").data["sha256"] == digest
    assert command("MB-03", "--format", fmt, "-o", str(target)) == {"rows": 2}


def test_the_command_can_be_called_by_name(tree, training_class, tmp_path):
    out = io.StringIO()
    call_command("invitation_list", "MB-03", format="csv", output=str(tmp_path / "a.csv"), stdout=out)
    assert json.loads(out.getvalue()) == {"rows": 0}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["TIDAK-ADA", "-o", "{}/a.csv"], "TIDAK-ADA"),
        (["MB-03", "--unit", "TIDAK-ADA", "-o", "{}/a.csv"], "TIDAK-ADA"),
        (["MB-03", "-o", "{}/tidak/ada/a.csv"], "a.csv"),
        (["MB-03", "-o", "{}"], "directory"),
        (["MB-03", "-o", "/proc/a.csv"], "/proc/a.csv"),
    ],
)
def test_the_command_refuses_in_one_line_and_writes_nothing(
    tree, training_class, tmp_path, arguments, sentence
):
    with translation.override("en"), pytest.raises(CommandError) as refused:
        command(*(argument.format(tmp_path) for argument in arguments), "--format", "csv")
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.returncode == 1
    assert list(tmp_path.iterdir()) == []
    assert not Event.objects.exists()


def test_the_deadline_is_the_invitations_own(tree, training_class, invite):
    own = training_class.confirm_by - timedelta(days=2)
    invitation = invite(factories.employee(tree.surabaya), 1)
    Invitation.objects.filter(pk=invitation.pk).update(answer_by=own)
    assert csv_rows(written(training_class, "csv")[1])[0]["BATAS_KONFIRMASI"] == own.isoformat()
