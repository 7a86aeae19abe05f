"""Letters: who gets which, numbers, the PDF read back, injection, states, what the database refuses."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

import pytest
import segno
from django.conf import settings as django_settings
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django.utils.formats import date_format
from pypdf import PdfReader

from audit.errors import Refusal
from audit.models import Event
from invitations import actions, tasks
from invitations.delivery import seats
from invitations.letters import bundles, files, making, numbering, offices, rendering
from invitations.letters.samples import sample_document
from invitations.letters.texts import Texts
from invitations.models import Invitation, Letter, LetterName, LetterTemplate, NumberSeries
from jobs.models import Job
from simdiklat.integrity import problems
from tests import factories
from tests.races import at_once
from trainings.models import TrainingClass
from trainings.papers.wording import fill, paragraphs

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    settings.EVIDENCE_DIR.mkdir()
    settings.LETTERS_DIR = tmp_path / "letters"
    settings.RESULTS_DIR = tmp_path / "results"


def issue(cast, training_class):
    selection = actions.start_selection(training_class=training_class, by=cast.central)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=cast.central)
    actions.issue(selection.pk)
    return training_class


@pytest.fixture
def issued(cast, tree):
    """A class of BDK-SBY with three people of Surabaya and two of Semarang invited; three in reserve."""
    for n in range(4):
        factories.employee(tree.madrasah, name=f"Jatim {n}", service_start=date(2010 + n, 1, 1))
    for n in range(3):
        factories.employee(tree.semarang, name=f"Jateng {n}", service_start=date(2010 + n, 1, 1))
    training_class = factories.training_class(
        factories.programme(name="Pelatihan Moderasi Beragama"), tree.bdk, [tree.east, tree.central_java],
        batch="Angkatan III", place="Kampus BDK", seats=5, reserve=4, code="MB-03", allocation="MANUAL",
        area_seats=[3, 2],
    )  # fmt: skip
    return issue(cast, training_class)


def text_of(content: bytes) -> list[str]:
    """The text of each page with single blanks, without the places where a long word may break."""
    return [
        " ".join(page.extract_text().replace("\u200b", "").split())
        for page in PdfReader(BytesIO(content)).pages
    ]


def names_on(letter) -> set[str]:
    return {name.invitation.employee.name for name in letter.names.select_related("invitation__employee")}


# --- Making ------------------------------------------------------------------------------------------


def test_one_letter_for_each_office_with_its_own_people(cast, tree, issued):
    made = making.make(training_class=issued, by=cast.organiser)
    west, east = made.letters
    assert (west.office, east.office) == (tree.central_java, tree.east)
    assert (west.names_count, east.names_count) == (2, 3)
    today = timezone.localdate()
    tail = f"BDK-SBY/PP/KP.02.3/{today:%m}/{today:%Y}"
    assert [letter.number for letter in made.letters] == [f"B-1/{tail}", f"B-2/{tail}"]
    everybody = {i.employee.name for i in issued.invitations.select_related("employee")}
    assert names_on(west) | names_on(east) == everybody
    assert names_on(west) & names_on(east) == set()
    pages = text_of(rendering.pdf_bytes(east))
    assert len(pages) == 2
    whole = " ".join(pages)
    for name in names_on(east):
        assert len(re.findall(rf"{re.escape(name)}(?!\d)", whole)) == 1
    for name in names_on(west):
        assert name not in whole
    for invitation in issued.invitations.filter(employee__unit=tree.madrasah):
        assert invitation.employee.nip_display in whole
    assert "1. Kepala Kanwil Jawa Timur 2. Kepala Kantor Kementerian Agama Kota Surabaya" in pages[0]
    assert "Hal : Pemanggilan Peserta Pelatihan Moderasi Beragama Angkatan III" in pages[0]
    assert "Sifat : Penting" in pages[0] and "Lampiran : 1 (satu) berkas" in pages[0]
    assert "tidak dapat diganti" in pages[0]
    assert "DIPA BDK Surabaya" in pages[0]
    assert "bukan tanda tangan elektronik" in pages[0]
    with translation.override("id"):
        assert date_format(issued.first_day, "l, j F Y") in pages[0]
        assert date_format(today, "j F Y") in pages[0]
    assert f"/surat/{east.public_id}/" in pages[0]
    for number, page in enumerate(pages, 1):
        assert east.number in page
        assert f"Halaman {number} dari 2" in page
    assert Event.objects.filter(verb="letter.made").count() == 2
    assert problems() == {}


def test_twice_gives_the_same_letters(cast, issued):
    first = making.make(training_class=issued, by=cast.organiser).letters
    before = [rendering.pdf_bytes(letter) for letter in first]
    again = making.make(training_class=issued, by=cast.central)
    assert (again.letters, again.ended, again.job) == ([], [], None)
    assert list(Letter.objects.order_by("seq")) == first
    assert NumberSeries.objects.get().last == 2
    assert [rendering.pdf_bytes(letter) for letter in Letter.objects.order_by("seq")] == before


def test_a_promotion_comes_on_an_additional_letter_with_the_new_name_only(cast, tree, issued):
    _west, east = making.make(training_class=issued, by=cast.organiser).letters
    leaving = issued.invitations.filter(employee__unit=tree.madrasah).first()
    promoted = actions.answer(invitation=leaving, answer="decline", by=None, reason="SAKIT").promoted
    assert promoted.employee.unit == tree.madrasah
    (extra,) = making.make(training_class=issued, by=cast.organiser).letters
    assert (extra.kind, extra.office, extra.seq) == ("supplementary", tree.east, 3)
    assert names_on(extra) == {promoted.employee.name}
    page = text_of(rendering.pdf_bytes(extra))[0]
    assert "Pemanggilan Tambahan Peserta Pelatihan" in page
    assert f"melengkapi surat kami nomor {east.number}" in page
    east.refresh_from_db()
    assert east.state == "valid"
    assert leaving.employee.name in names_on(east)
    assert making.make(training_class=issued, by=cast.organiser).letters == []
    assert problems() == {}


def test_a_moved_class_supersedes_its_letters(cast, tree, issued):
    west, east = making.make(training_class=issued, by=cast.organiser).letters
    first = issued.first_day + timedelta(days=7)
    actions.reschedule(
        training_class=issued, first_day=first, last_day=first + timedelta(days=4),
        confirm_by=first - timedelta(days=3), place="Hotel", by=cast.central, reason="Gedung dipakai",
    )  # fmt: skip
    made = making.make(training_class=issued, by=cast.organiser)
    assert [(letter.kind, letter.office) for letter in made.letters] == [
        ("change", tree.central_java), ("change", tree.east),
    ]  # fmt: skip
    west.refresh_from_db()
    east.refresh_from_db()
    assert [(letter.state, letter.superseded_by) for letter in (west, east)] == [
        ("superseded", made.letters[0]), ("superseded", made.letters[1]),
    ]  # fmt: skip
    page = text_of(rendering.pdf_bytes(made.letters[1]))[0]
    assert "Perubahan Pemanggilan Peserta" in page
    assert f"menggantikan surat kami nomor {east.number}" in page
    assert "Hotel" in page
    assert names_on(made.letters[1]) == names_on(east)
    assert problems() == {}


def test_a_changed_class_without_people_left_in_an_office_withdraws_its_letter(cast, tree, issued):
    west, _east = making.make(training_class=issued, by=cast.organiser).letters
    for invitation in issued.invitations.filter(employee__unit=tree.semarang):
        actions.withdraw(invitation=invitation, by=cast.central, reason="Batal")
    for invitation in issued.invitations.live().filter(employee__unit=tree.semarang):
        actions.withdraw(invitation=invitation, by=cast.central, reason="Batal")
    TrainingClass.objects.filter(pk=issued.pk).update(place="Hotel")
    made = making.make(training_class=issued, by=cast.organiser)
    west.refresh_from_db()
    offices_left = {i.employee.unit_id for i in issued.invitations.live().select_related("employee")}
    assert tree.semarang.pk not in offices_left
    assert (west.state, west.superseded_by) == ("withdrawn", None)
    assert {letter.office for letter in made.letters} == {tree.east}
    assert problems() == {}


def test_a_withdrawn_letter_stays_and_its_people_get_a_new_one(cast, tree, issued):
    west, east = making.make(training_class=issued, by=cast.organiser).letters
    with pytest.raises(Refusal):
        making.withdraw(letter=west, by=cast.organiser, reason="  ")
    making.withdraw(letter=west, by=cast.organiser, reason="Salah pejabat")
    with pytest.raises(Refusal):
        making.withdraw(letter=west, by=cast.organiser, reason="Lagi")
    (again,) = making.make(training_class=issued, by=cast.organiser).letters
    assert (again.kind, again.seq, again.office) == ("first", 3, tree.central_java)
    assert names_on(again) == names_on(west)
    west.refresh_from_db()
    assert (west.state, west.ended_because, west.ended_by) == ("withdrawn", "Salah pejabat", cast.organiser)
    east.refresh_from_db()
    assert east.state == "valid"
    assert bundles.letters_of(issued.pk) == [east, again]
    assert Event.objects.filter(verb="letter.withdrawn").count() == 1
    assert problems() == {}


def test_refused_before_issue_for_cancelled_classes_and_strangers(cast, tree, issued):
    fresh = factories.training_class(factories.programme("B"), tree.bdk, [tree.east])
    with pytest.raises(Refusal) as early:
        making.make(training_class=fresh, by=cast.organiser)
    assert early.value.code == "issue"
    for stranger in (cast.operator, cast.neighbour, cast.auditor, cast.employee_user):
        with pytest.raises(Refusal) as no:
            making.make(training_class=issued, by=stranger)
        assert no.value.code == "permission"
    actions.cancel_class(training_class=issued, by=cast.central, reason="Efisiensi")
    with pytest.raises(Refusal) as cancelled:
        making.make(training_class=issued, by=cast.organiser)
    assert cancelled.value.code == "state"
    assert (Letter.objects.count(), NumberSeries.objects.count()) == (0, 0)


def test_the_addressed_office_and_how_its_head_is_called(cast, tree):
    general = factories.unit("PENDIS", tree.root, "ESELON_I", name="Direktorat Jenderal Pendidikan Islam")
    university = factories.unit("UINSA", general, "PTKN", name="UIN Sunan Ampel")
    faculty = factories.unit("UINSA-F", university, "LAINNYA", name="Fakultas")
    places = [tree.madrasah, tree.semarang, tree.central_java, faculty, general, tree.bdk, tree.root]
    invitations = []
    for unit in places:
        invitation = Invitation(employee=factories.employee(unit))
        invitations.append(invitation)
    groups = offices.by_office(invitations)
    found = {group.office.code: [i.employee.unit.code for i, _r in group.people] for group in groups}
    assert found == {
        "BDK-SBY": ["BDK-SBY"], "KW33": ["KK3374", "KW33"], "KW35": ["MAN1-SBY"], "MENAG": ["MENAG"],
        "PENDIS": ["PENDIS"], "UINSA": ["UINSA-F"],
    }  # fmt: skip
    assert [offices.head_of(unit) for unit in (general, university, tree.bdk, tree.root)] == [
        "Direktur Jenderal Pendidikan Islam", "Rektor UIN Sunan Ampel", "Kepala BDK Surabaya",
        "Pimpinan Kementerian Agama",
    ]  # fmt: skip


def test_many_regency_offices_are_one_line(tree):
    group = offices.Addressee(tree.east)
    for n in range(11):
        regency = factories.unit(f"KK{n:02d}", tree.east, "KANKEMENAG")
        group.people.append((Invitation(employee=factories.employee(regency)), regency))
    assert len(group.heads()) == 2
    group.people.pop()
    assert len(group.heads()) == 11


# --- Numbers -----------------------------------------------------------------------------------------


def test_a_pattern_must_keep_numbers_apart():
    good = ["B-{seq}/{organiser}/{kind}/KP.02.3/{month}/{year}", "{seq}.{year}", "{year}/{month_roman}/{seq}"]
    bad = ["B-1", "B-{seq}", "{year}", "{seq}{month}/{year}", "1{seq}/{year}", "{month}{seq}/{year}",
           "{seq}/{year}/{nama}", "{seq}/{year}/{", "{seq!r}/{year}", "{seq}/{year}/}"]  # fmt: skip
    assert [numbering.pattern_problem(text) for text in good] == [""] * 3
    assert all(numbering.pattern_problem(text) for text in bad)
    pattern = numbering.Pattern("B-{seq}/{organiser}/{kind}/{month}.{month_roman}/{year}", "Bdk.{seq}", "PP")
    assert pattern.number(7, date(2026, 6, 5)) == "B-7/Bdk.{seq}/PP/06.VI/2026"


def test_numbers_are_only_taken_with_their_letters(tree):
    with transaction.atomic():
        assert list(numbering.take(organiser_id=tree.bdk.pk, year=2026, count=2, first=41)) == [41, 42]
        assert list(numbering.take(organiser_id=tree.bdk.pk, year=2026, count=1, first=9)) == [43]
        assert list(numbering.take(organiser_id=tree.bdk.pk, year=2027, count=1)) == [1]
        assert list(numbering.take(organiser_id=tree.pusdiklat.pk, year=2026, count=1)) == [1]


def test_another_organisers_number_is_refused_and_none_is_used_up(cast, tree, issued):
    making.make(training_class=issued, by=cast.organiser)
    other = factories.unit("LDK", tree.root, "LDK", name="LDK Contoh")
    texts = replace(Texts.default(other), organiser_code="BDK-SBY")
    LetterTemplate.objects.create(organiser=other, version=1, texts=texts.as_json())
    factories.employee(tree.semarang)
    clash = issue(
        cast, factories.training_class(factories.programme("C"), other, [tree.central_java], seats=1)
    )
    with pytest.raises(Refusal) as taken:
        making.make(training_class=clash, by=cast.central)
    assert taken.value.code == "number"
    assert not NumberSeries.objects.filter(organiser=other).exists()
    assert problems() == {}


# --- The PDF -----------------------------------------------------------------------------------------


def test_the_same_bytes_again_and_in_another_process(cast, issued, settings):
    letter = making.make(training_class=issued, by=cast.organiser).letters[0]
    content = rendering.pdf_bytes(letter)
    assert files.digest(content) == letter.sha256
    letter.refresh_from_db()  # the data went through the database, which keeps no order of keys
    assert rendering.pdf_of(letter.data) == content
    program = (
        "import django, json, sys; django.setup(); from invitations.letters import rendering;"
        "sys.stdout.buffer.write(rendering.pdf_of(json.load(sys.stdin)))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(letter.data).encode(), capture_output=True,
        cwd=django_settings.BASE_DIR, check=True,
        env={"DJANGO_SETTINGS_MODULE": "simdiklat.settings", "PATH": "", "TZ": "Pacific/Kiritimati",
             "SIMDIKLAT_VAR": str(settings.VAR_DIR), "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert other.stdout == content
    info = PdfReader(BytesIO(content)).metadata
    assert info.creation_date.date() == letter.dated


def test_a_lost_file_is_set_again_and_a_changed_one_is_not_believed(cast, issued, settings):
    letter = making.make(training_class=issued, by=cast.organiser).letters[0]
    content = rendering.pdf_bytes(letter)
    (path,) = settings.LETTERS_DIR.glob(f"*/{letter.sha256}.pdf")
    path.write_bytes(b"%PDF forged")
    assert rendering.pdf_bytes(letter) == content
    path.unlink()
    assert rendering.pdf_bytes(letter) == content
    assert path.read_bytes() == content


def test_bytes_that_cannot_come_back_are_refused(cast, issued, settings):
    letter = making.make(training_class=issued, by=cast.organiser).letters[0]
    (path,) = settings.LETTERS_DIR.glob(f"*/{letter.sha256}.pdf")
    path.unlink()
    letter.data = letter.data | {"nature": "Biasa"}  # as another version of Typst would: other bytes
    with pytest.raises(Refusal) as gone:
        rendering.pdf_bytes(letter)
    assert gone.value.code == "file"


NASTY = [
    '#read("/etc/passwd")',
    '#panic("x") *b* _i_ $x^2$ `r` <a> @ref = T',
    'A "quoted" \\ back\\slash \\u{41}',
    "B ' ; } ] ) // /* komentar",
    '#import "@preview/x:1.0.0": * ',
    "{count} {nope} {{seq}}",
    "C" * 150,
    "Ünïcødé Ṣāliḥ ﷺ 阿里 🙂",
]


@pytest.mark.parametrize("nasty", NASTY)
def test_names_and_texts_are_data(tree, nasty):
    """Whatever is written is printed as it is, and nothing of it is run or read."""
    base = Texts.default(tree.bdk)
    every = {name: nasty for name in base.as_json() if name not in ("number_pattern", "series_first")}
    texts = replace(base, **every, number_pattern="N-{seq}/{year}")
    data = sample_document(tree.bdk, texts, date(2026, 6, 5))
    for name in data["list"]["names"]:
        name[1] = name[4] = name[5] = nasty
    squeezed = "".join("".join(text_of(rendering.pdf_of(data))).split())
    if nasty.isascii():
        shown = fill(nasty, {"count": "24"})
        assert "".join(nasty.split()) in squeezed
        assert squeezed.count("".join(nasty.split())) >= 24 or len(nasty) > 100
        assert "".join(shown.split()) in squeezed
    assert "root:x:0" not in squeezed
    assert squeezed.count("Halaman") == len(PdfReader(BytesIO(rendering.pdf_of(data))).pages)


def test_line_breaks_and_controls_neither_break_nor_hide(cast, tree):
    for n, name in enumerate(["Ani\nBaris\r\nDua", "Budi\t\x07Bel", "Citra\u202eterbalik", "Dewi\u2028x"]):
        factories.employee(tree.madrasah, name=name, service_start=date(2000 + n, 1, 1))
    training_class = issue(
        cast, factories.training_class(factories.programme(), tree.bdk, [tree.east], seats=4)
    )
    (letter,) = making.make(training_class=training_class, by=cast.organiser).letters
    names = [row[1] for row in letter.data["list"]["names"]]
    assert names == ["Ani Baris Dua", "Budi Bel", "Citraterbalik", "Dewi x"]
    assert "Ani Baris Dua" in text_of(rendering.pdf_bytes(letter))[1]


def test_about_twenty_names_a_page_each_with_number_and_date(tree):
    data = sample_document(tree.bdk, Texts.default(tree.bdk), date(2026, 6, 5))
    data["list"]["names"] = [
        [str(n), f"Nurhayati Q{n:03d}X, S.Ag., M.Pd.I.", f"19860302 201012 2 {n:03d}", "Penata Muda Tk. I (III/b)",
         "Guru Ahli Madya Fikih", "Madrasah Aliyah Negeri 1 Kota Surabaya", "Kantor Kementerian Agama Kota Surabaya"]
        for n in range(1, 61)
    ]  # fmt: skip
    pages = text_of(rendering.pdf_of(data))
    lists = [page for page in pages if "Q0" in page]
    assert len(pages) - len(lists) == 1
    assert 3 <= len(lists) <= 4
    assert all(
        data["number"] in page and "5 Juni 2026" in page and "Lampiran Surat" in page for page in lists
    )
    assert len(re.findall(r"Q\d{3}X", lists[0])) in range(18, 24)
    assert sum(len(re.findall(r"Q\d{3}X", page)) for page in lists) == 60
    assert len(re.findall(r"\(III/b\)", " ".join(pages))) == 60


def test_the_qr_leads_to_the_public_page(cast, issued):
    letter = making.make(training_class=issued, by=cast.organiser).letters[0]
    url = letter.data["check"]["url"]
    assert url.endswith(f"/surat/{letter.public_id}/")
    assert segno.make(url, error="m", micro=False).svg_inline(border=0, scale=4) == rendering.qr(url)
    draft = sample_document(issued.organiser, Texts.default(issued.organiser), date(2026, 6, 5))
    assert draft["check"]["url"] == ""
    pages = text_of(rendering.pdf_of(draft))
    assert "PRATINJAU" in pages[0]
    assert "Pegawai Contoh 1, S.Ag. " in pages[1]
    assert "object at" not in " ".join(pages)
    assert "PRATINJAU" not in text_of(rendering.pdf_bytes(letter))[0]


def test_the_bundle_is_exactly_the_letters(cast, issued):
    letters = making.make(training_class=issued, by=cast.organiser).letters
    assert bundles.prepared(letters) is None
    content = bundles.bundle(letters)
    assert bundles.prepared(letters) == content == bundles.bundle(letters)
    parts = [page for letter in letters for page in text_of(rendering.pdf_bytes(letter))]
    assert text_of(content) == parts


def test_many_letters_are_set_by_a_job(cast, issued, monkeypatch):
    monkeypatch.setattr(making, "LETTERS_AT_ONCE", 1)
    made = making.make(training_class=issued, by=cast.organiser)
    assert [letter.sha256 for letter in made.letters] == ["", ""]
    tasks.set_letters(made.job.pk)
    tasks.set_letters(made.job.pk)
    job = Job.objects.get(pk=made.job.pk)
    assert (job.state, job.done, job.total, job.result) == ("done", 2, 2, {"letters": 2, "names": 5})
    assert all(Letter.objects.values_list("sha256", flat=True))
    assert bundles.prepared(bundles.letters_of(issued.pk)) is not None


# --- Texts -------------------------------------------------------------------------------------------


def test_an_issued_letter_keeps_its_version(cast, tree, issued):
    old, _east = making.make(training_class=issued, by=cast.organiser).letters
    before = rendering.pdf_bytes(old)
    texts = replace(Texts.default(tree.bdk), nature="Sangat Segera", organiser_code="Bdk.05")
    first = making.save_texts(organiser=tree.bdk, texts=texts, by=cast.organiser)
    assert making.save_texts(organiser=tree.bdk, texts=texts, by=cast.organiser) == first
    making.withdraw(letter=old, by=cast.organiser, reason="Teks baru")
    (new,) = making.make(training_class=issued, by=cast.organiser).letters
    second = making.save_texts(organiser=tree.bdk, texts=replace(texts, nature="Biasa"), by=cast.organiser)
    assert (first.version, second.version) == (1, 2)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.template, new.template) == (None, first)
    assert rendering.pdf_of(old.data) == before
    assert "Sangat Segera" in text_of(rendering.pdf_of(new.data))[0]
    assert new.number.startswith("B-3/Bdk.05/")
    with pytest.raises(Refusal):
        making.save_texts(organiser=tree.pusdiklat, texts=texts, by=cast.organiser)
    with pytest.raises(Refusal):
        making.save_texts(organiser=tree.bdk, texts=texts, by=cast.operator)


def test_placeholders_are_filled_once():
    assert fill("{class}/{x}", {"class": "{count}", "count": "3"}) == "{count}/{x}"
    assert Texts.placeholder_problem("{class} {count}") == ""
    assert "klas" in Texts.placeholder_problem("{klas}")
    assert paragraphs("satu\ndua\r\n\r\n \ntiga") == ["satu dua", "tiga"]


# --- What the database refuses ------------------------------------------------------------------------


def name_of_another_letter(letter):
    other = Letter.objects.exclude(pk=letter.pk).get().names.first()
    LetterName.objects.create(letter=letter, invitation=other.invitation)


@pytest.mark.parametrize(
    "change",
    [
        lambda letter: Letter.objects.filter(pk=letter.pk).update(number="B-99"),
        lambda letter: Letter.objects.filter(pk=letter.pk).update(data={}),
        lambda letter: Letter.objects.filter(pk=letter.pk).update(sha256="0" * 64),
        lambda letter: Letter.objects.filter(pk=letter.pk).update(state="superseded"),
        lambda letter: Letter.objects.filter(pk=letter.pk).update(names_count=1000),
        lambda letter: letter.delete(),
        lambda letter: LetterName.objects.filter(letter=letter).delete(),
        lambda letter: NumberSeries.objects.update(last=0),
        lambda letter: NumberSeries.objects.all().delete(),
        lambda letter: name_of_another_letter(letter),
    ],
)  # fmt: skip
def test_the_database_keeps_letters_as_they_are(cast, issued, change):
    letter = making.make(training_class=issued, by=cast.organiser).letters[0]
    with pytest.raises(DatabaseError), transaction.atomic():
        change(letter)
    assert Letter.objects.get(pk=letter.pk).data == letter.data


def test_an_ended_letter_does_not_come_back(cast, issued):
    letter = making.make(training_class=issued, by=cast.organiser).letters[0]
    making.withdraw(letter=letter, by=cast.organiser, reason="Salah")
    with pytest.raises(DatabaseError), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(state="valid", ended_at=None, ended_because="")
    with pytest.raises(DatabaseError), transaction.atomic():
        LetterName.objects.filter(letter=letter).update(current=True)
    template = LetterTemplate.objects.create(organiser=issued.organiser, version=1, texts={})
    with pytest.raises(DatabaseError), transaction.atomic():
        LetterTemplate.objects.filter(pk=template.pk).update(texts={"a": 1})


def test_the_number_of_queries_does_not_grow(cast, tree):
    counts = []
    assert TrainingClass.objects.plannable_by(cast.organiser).count() == 0  # the scope is read once a request
    for n, seats_wanted in enumerate((1, 3)):
        for k in range(seats_wanted):
            factories.employee(tree.semarang, service_start=date(2001 + n, 1, 1 + k))
        training_class = issue(
            cast,
            factories.training_class(
                factories.programme(f"Q{n}"), tree.bdk, [tree.central_java], seats=seats_wanted
            ),
        )
        with CaptureQueriesContext(connection) as queries:
            made = making.make(training_class=training_class, by=cast.organiser)
        assert [letter.names_count for letter in made.letters] == [seats_wanted]
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- Races ---------------------------------------------------------------------------------------------


class Interrupted(Exception):
    pass


@pytest.mark.django_db(transaction=True)
def test_eight_connections_take_numbers_without_gaps_or_doubles(tree):
    """Each of eight takes ten times one or two numbers; every third time its transaction fails after it."""

    def taker(client):
        kept = []
        for turn in range(10):
            try:
                with transaction.atomic():
                    numbers = numbering.take(organiser_id=tree.bdk.pk, year=2026, count=1 + turn % 2)
                    if (client + turn) % 3 == 0:
                        raise Interrupted
            except Interrupted:
                continue
            kept.extend(numbers)
        return kept

    results = at_once(*[lambda client=client: taker(client) for client in range(8)])
    assert [r for r in results if isinstance(r, Exception)] == []
    kept = sorted(number for numbers in results for number in numbers)
    assert len(kept) > 60
    assert kept == list(range(1, len(kept) + 1))
    assert NumberSeries.objects.get().last == len(kept)


@pytest.mark.django_db(transaction=True)
def test_numbers_outside_a_transaction_are_refused(tree):
    with pytest.raises(RuntimeError):
        numbering.take(organiser_id=tree.bdk.pk, year=2026, count=1)
    assert not NumberSeries.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_planners_make_the_letters_of_four_classes_at_once(cast, tree, monkeypatch):
    """Two planners per class; one class breaks while its letters are stored: it leaves no gap."""
    classes = []
    for n in range(4):
        factories.employee(tree.madrasah, service_start=date(2001 + n, 1, 1))
        factories.employee(tree.semarang, service_start=date(2001 + n, 1, 1))
        first = timezone.localdate() + timedelta(days=30 + 10 * n)
        training_class = factories.training_class(
            factories.programme(f"P{n}", resets_wait=False), tree.bdk, [tree.east, tree.central_java],
            seats=2, allocation="RATA", first_day=first,
        )  # fmt: skip
        classes.append(issue(cast, training_class))
    broken = classes[2].pk
    record = making._record

    def failing(verb, letter, by, **data):
        if letter.training_class_id == broken:
            raise Interrupted
        record(verb, letter, by, **data)

    monkeypatch.setattr(making, "_record", failing)
    work = [lambda c=c: making.make(training_class=c, by=cast.organiser) for c in classes for _twice in "ab"]
    results = at_once(*work)
    assert sorted(len(r.letters) for r in results if isinstance(r, making.Made)) == [0, 0, 0, 2, 2, 2]
    assert sum(isinstance(r, Interrupted) for r in results) == 2
    monkeypatch.setattr(making, "_record", record)
    making.make(training_class=classes[2], by=cast.organiser)
    numbers = list(Letter.objects.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, 9))
    assert Letter.objects.values("training_class").distinct().count() == 4
    assert problems() == {}


@pytest.mark.django_db(transaction=True)
def test_a_letter_and_a_decline_meet(cast, tree, monkeypatch):
    """Whoever comes first: everybody live is on a letter or comes on the next one."""
    for n in range(4):
        factories.employee(tree.madrasah, service_start=date(2001 + n, 1, 1))
    training_class = issue(
        cast, factories.training_class(factories.programme(), tree.bdk, [tree.east], seats=2, reserve=2)
    )
    one = training_class.invitations.first()
    results = at_once(
        lambda: making.make(training_class=training_class, by=cast.organiser),
        lambda: actions.answer(invitation=one, answer="decline", by=None, reason="SAKIT"),
    )
    assert [r for r in results if isinstance(r, Exception)] == []
    making.make(training_class=training_class, by=cast.organiser)
    unnamed = training_class.invitations.live().exclude(named_on__current=True)
    assert unnamed.count() == 0
    assert seats.open_reserve(training_class.pk).count() == 1
    assert problems() == {}
