"""The same bytes every time, the ZIP, signatures checked by others, honest words where there is none."""

import re
import subprocess
import sys
import time
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings
from pypdf import PdfReader

from audit.errors import Refusal
from certificates import actions, rendering, signing
from certificates.checks import signers_work
from certificates.delivery import zips
from certificates.logos import plain_png
from certificates.models import CertificateVersion, Logo
from certificates.tasks import zip_class
from certificates.texts import Texts
from jobs.models import Job
from tests import factories
from tests.certificates.conftest import Key, add_record, ended_class, issue
from tests.races import at_once
from trainings.papers.files import digest

pytestmark = pytest.mark.django_db


def text_of(content: bytes) -> str:
    """The text of the first page with single blanks, without places where a long word may break."""
    page = PdfReader(BytesIO(content)).pages[0]
    return " ".join(page.extract_text().replace("\u200b", "").split())


def png(size=(300, 200), colour=(10, 90, 50, 255), kind="PNG") -> bytes:
    from PIL import Image

    stream = BytesIO()
    Image.new("RGBA" if kind == "PNG" else "RGB", size, colour[: 4 if kind == "PNG" else 3]).save(
        stream, kind
    )
    return stream.getvalue()


# --- The paper ---------------------------------------------------------------------------------------


def test_what_stands_on_the_paper(cast, ended):
    version = issue(ended)[-1].latest
    page = text_of(rendering.pdf_bytes(version))
    for words in (
        "SURAT TANDA TAMAT PENDIDIKAN DAN PELATIHAN", f"Nomor: {version.certificate.number}", "Sari Wulandari",
        cast.employee.nip_display, "MAN 1 Surabaya", "LULUS", "Pelatihan Moderasi Beragama Angkatan III",
        "di Kampus BDK, selama 60 jam pelajaran (JP).", f"/sertifikat/{version.public_id}/",
        "tidak ditandatangani secara elektronik; kode QR bukan tanda tangan elektronik",
    ):  # fmt: skip
        assert words in page, words
    info = PdfReader(BytesIO(rendering.pdf_bytes(version))).metadata
    assert (info.creation_date.date(), info.author) == (version.dated, "BDK SURABAYA")


def test_the_same_bytes_again_after_the_file_is_gone_and_in_another_process(ended):
    version = issue(ended)[0].latest
    content = rendering.pdf_bytes(version)
    version.refresh_from_db()
    assert digest(content) == version.sha256
    rendering.store.path(version.sha256).unlink()
    assert rendering.pdf_bytes(version) == content
    assert rendering.store.read(version.sha256) == content
    program = (
        "import json, sys, django; django.setup();"
        "from certificates.rendering import pdf_of;"
        "sys.stdout.buffer.write(pdf_of(json.load(sys.stdin)))"
    )
    import json

    again = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(version.data).encode(), capture_output=True,
        check=True, cwd=django_settings.BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "simdiklat.settings", "SIMDIKLAT_VAR": str(django_settings.VAR_DIR), "TZ": "Asia/Jayapura", "PATH": ""},
    )  # fmt: skip
    assert again.stdout == content


def test_a_file_that_was_tampered_with_is_not_handed_out(ended):
    version = issue(ended)[0].latest
    content = rendering.pdf_bytes(version)
    rendering.store.path(version.sha256).write_bytes(content.replace(b"PDF-1", b"PDF-2", 1))
    assert rendering.pdf_bytes(version) == content


def test_refused_when_other_bytes_would_come_out(ended, monkeypatch):
    version = issue(ended)[0].latest
    rendering.pdf_bytes(version)
    rendering.store.path(version.sha256).unlink()
    real = rendering.pdf_of
    monkeypatch.setattr(rendering, "pdf_of", lambda data, **kw: real(data | {"name": "Lain"}, **kw))
    with pytest.raises(Refusal) as no:
        rendering.pdf_bytes(version)
    assert no.value.code == "file"


def test_texts_are_never_markup(tree):
    training_class = ended_class(tree.bdk)
    nasty = '#panic("x") *tebal* $x$ \\ "; ] <a> @b'
    add_record(training_class, factories.employee(tree.madrasah, name=nasty, position="= Judul"))
    (certificate,) = issue(training_class)
    page = text_of(rendering.pdf_bytes(certificate.latest))
    assert nasty in page
    assert "= Judul" in page


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_the_longest_of_everything_stays_on_one_page(cast, tree, orientation):
    texts = Texts.default(tree.bdk).as_json() | {
        "orientation": orientation, "photo_box": True, "head_lines": "\n".join(["KEMENTERIAN " * 6] * 4),
        "sentence_passed": ("kalimat yang sangat panjang " * 21)[:590], "title_passed": "JUDUL PANJANG " * 8,
        "signatory_capacity": "a.n.", "signatory_for": "Kepala Badan " * 15,
    }  # fmt: skip
    actions.save_texts(organiser=tree.bdk, texts=Texts(**texts), by=cast.organiser)
    training_class = ended_class(tree.bdk)
    person = factories.employee(
        tree.madrasah, name="Abdurrahman " * 16, front_title="Prof. Dr. " * 6, back_title="S.Ag., " * 16,
        position="Guru " * 39,
    )  # fmt: skip
    add_record(training_class, person)
    (certificate,) = issue(training_class)
    assert len(PdfReader(BytesIO(rendering.pdf_bytes(certificate.latest))).pages) == 1


# --- Logo --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_logo_is_kept_with_the_papers_made_with_it(cast, tree, ended, kind):
    template = actions.save_texts(
        organiser=tree.bdk, texts=Texts.default(tree.bdk), by=cast.organiser, logo=png(kind=kind)
    )
    version = issue(ended)[0].latest
    assert version.data["logo"] == template.texts["logo"] == Logo.objects.get().sha256
    content = rendering.pdf_bytes(version)
    plain = rendering.pdf_of(version.data | {"logo": ""})
    assert content.count(b"/Subtype/Image") > plain.count(b"/Subtype/Image")
    rendering.store.path(version.sha256).unlink()
    rendering.logo_of.cache_clear()
    assert rendering.pdf_bytes(version) == content


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"0" * 50, png((2001, 1)), b"\xff\xd8\xff" + b"1" * 2_000_000, png()[:90]],
    ids=["empty", "svg", "broken", "wide", "large", "cut"],
)  # fmt: skip
def test_no_picture_is_refused(content):
    with pytest.raises(Refusal) as no:
        plain_png(content)
    assert no.value.code == "logo"


# --- Signing -----------------------------------------------------------------------------------------


def cms_of(content: bytes) -> tuple[bytes, bytes]:
    """The signed bytes and the signature of a PDF, by its ByteRange alone."""
    numbers = re.search(rb"/ByteRange\s*\[\s*(\d+) (\d+) (\d+) (\d+)\s*\]", content)
    a, b, c, d = map(int, numbers.groups())
    assert (a, c + d) == (0, len(content)), "the signature must cover the whole file"
    padded = bytes.fromhex(content[a + b + 1 : c - 1].decode())
    # The place is filled up with zeros, and a signature may itself end in one: only its own length tells.
    assert padded[:1] == b"\x30" and padded[1] > 0x80, "a CMS signature is a DER sequence of a long form"
    head = 2 + (padded[1] & 0x7F)
    return content[a : a + b] + content[c : c + d], padded[: head + int.from_bytes(padded[2:head])]


def openssl_accepts(content: bytes, key: Key, folder: Path) -> bool:
    signed, signature = cms_of(content)
    (folder / "signed").write_bytes(signed)
    (folder / "signature").write_bytes(signature)
    done = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(folder / "signature"), "-content",
         str(folder / "signed"), "-CAfile", str(key.issuer), "-purpose", "any", "-out", "/dev/null"],
        capture_output=True,
    )  # fmt: skip
    return done.returncode == 0


def test_signed_with_the_organisers_key_and_accepted_by_two_readers(ended, key, settings, tmp_path):
    settings.CERTIFICATE_SIGNERS = {"BDK-SBY": key.entry}
    version = issue(ended)[0].latest
    content = rendering.pdf_bytes(version)
    version.refresh_from_db()
    assert version.signed_at is not None
    assert version.signing == {"name": "Kepala BDK Contoh", "issuer": "CA Contoh", "bsre": False}
    page = text_of(content)
    assert "ditandatangani secara elektronik dengan sertifikat Kepala BDK Contoh" in page
    assert "bukan sertifikat BSrE" in page
    assert "tidak ditandatangani" not in page

    from pyhanko.keys import load_cert_from_pemder
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    (signature,) = PdfFileReader(BytesIO(content)).embedded_signatures
    trust = ValidationContext(trust_roots=[load_cert_from_pemder(str(key.issuer))])
    status = validate_pdf_signature(signature, trust)
    assert (status.intact, status.valid, status.trusted, status.bottom_line) == (True, True, True, True)
    assert openssl_accepts(content, key, tmp_path)
    spoilt = content.replace(b"/Title", b"/Titel", 1)
    assert spoilt != content
    assert not openssl_accepts(spoilt, key, tmp_path)


def test_an_elliptic_key_signs_too(ended, settings, tmp_path):
    elliptic = Key(tmp_path / "ec", key=ec.generate_private_key(ec.SECP256R1()))
    settings.CERTIFICATE_SIGNERS = {"BDK-SBY": elliptic.entry}
    assert openssl_accepts(rendering.pdf_bytes(issue(ended)[0].latest), elliptic, tmp_path)


def test_a_signed_file_is_kept_and_never_signed_twice(ended, key, settings):
    settings.CERTIFICATE_SIGNERS = {"BDK-SBY": key.entry}
    version = issue(ended)[0].latest
    content = rendering.pdf_bytes(version)
    assert rendering.pdf_bytes(CertificateVersion.objects.with_certificate().get(pk=version.pk)) == content
    rendering.store.path(version.sha256).unlink()
    with pytest.raises(Refusal) as gone:
        rendering.pdf_bytes(version)
    assert gone.value.code == "file"


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_first_at_the_same_moment_get_the_same_signed_file(cast, tree, key, settings):
    settings.CERTIFICATE_SIGNERS = {"BDK-SBY": key.entry}
    training_class = ended_class(tree.bdk)
    add_record(training_class, cast.employee)
    (certificate,) = issue(training_class)

    def ask():
        return rendering.pdf_bytes(CertificateVersion.objects.with_certificate().get(certificate=certificate))

    one, two = at_once(ask, ask)
    assert isinstance(one, bytes), one
    assert one == two
    assert len(list(settings.CERTIFICATES_DIR.glob("*/*.pdf"))) == 1


def test_refused_rather_than_unsigned_when_the_key_is_away(ended, key, settings):
    settings.CERTIFICATE_SIGNERS = {"BDK-SBY": key.entry}
    version = issue(ended)[0].latest
    settings.CERTIFICATE_SIGNERS = {}
    with pytest.raises(Refusal) as no:
        rendering.pdf_bytes(version)
    assert no.value.code == "signer"
    version.refresh_from_db()
    assert version.sha256 == ""


def test_what_was_issued_unsigned_stays_so_until_it_is_issued_anew(cast, ended, key, settings):
    certificate = issue(ended)[0]
    settings.CERTIFICATE_SIGNERS = {"BDK-SBY": key.entry}
    assert "tidak ditandatangani" in text_of(rendering.pdf_bytes(certificate.latest))
    new = actions.reissue(certificate=certificate, by=cast.organiser, reason="Kini ditandatangani")
    assert b"/ByteRange" in rendering.pdf_bytes(new)


def test_an_expired_key_signs_nothing(ended, settings, tmp_path):
    expired = Key(tmp_path / "old", days=-1)
    settings.CERTIFICATE_SIGNERS = {"BDK-SBY": expired.entry}
    with pytest.raises(Refusal) as no:
        rendering.pdf_bytes(issue(ended)[0].latest)
    assert no.value.code == "signer"


def test_a_wrong_signer_is_named_when_the_portal_starts(key, settings, tmp_path):
    (tmp_path / "word").write_text(f"{key.passphrase}\n")
    good = {"file": str(key.file), "passphrase_file": str(tmp_path / "word")}
    settings.CERTIFICATE_SIGNERS = {
        "A": good, "B": good | {"passphrase_file": "", "passphrase": "salah"}, "C": {"file": "/nowhere.p12"},
        "D": {"adapter": "certificates.signing.bsre.Missing"}, "E": {"folder": "x"},
    }  # fmt: skip
    found = signers_work(None)
    assert [re.search(r"for (\w)", error.msg)[1] for error in found] == ["B", "C", "D", "E"]
    assert key.passphrase not in str(found)


class Elsewhere:
    """An adapter as one for a signing service would be."""

    def __init__(self, service: str) -> None:
        self.service = service

    def signed_by(self):
        return signing.SignedBy("Kepala Badan Contoh", "Balai Sertifikasi Contoh", bsre=True)

    def sign(self, content: bytes, *, reason: str, location: str) -> bytes:
        return content + f"\n% {self.service} {reason}".encode()


def test_another_adapter_takes_its_place_by_its_path(ended, settings):
    settings.CERTIFICATE_SIGNERS = {
        "BDK-SBY": {"adapter": "tests.certificates.test_files.Elsewhere", "service": "layanan"}
    }
    version = issue(ended)[0].latest
    content = rendering.pdf_bytes(version)
    assert content.endswith(b"% layanan SURAT TANDA TAMAT PENDIDIKAN DAN PELATIHAN")
    assert "yang diterbitkan BSrE" in text_of(content)


# --- ZIP ---------------------------------------------------------------------------------------------


def test_the_zip_is_made_by_a_job_and_holds_each_paper_once(cast, ended):
    made = issue(ended)
    actions.revoke(certificate=made[0], by=cast.organiser, reason="x")
    first = rendering.pdf_bytes(made[1].latest)
    job = actions.prepare_zip(training_class=ended, by=cast.organiser)
    zip_class(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result, job.done, job.total) == (Job.State.DONE, {"certificates": 3}, 3, 3)
    path = Path(zips.opened(zips.versions_of(ended.pk)).name)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert [name.split()[1] for name in names] == ["peserta-a.pdf", "peserta-b.pdf", "sari-wulandari.pdf"]
        assert names[0].startswith("2-BDK-SBY-STTPP-")
        assert archive.read(names[0]) == first
        assert [archive.read(name) for name in names] == [
            rendering.pdf_bytes(v) for v in zips.versions_of(ended.pk)
        ]
    before = path.read_bytes()
    path.unlink()
    assert zips.make(zips.versions_of(ended.pk)).read_bytes() == before


def test_a_changed_paper_makes_another_zip_and_the_old_one_goes(cast, ended):
    made = issue(ended)
    old = zips.make(zips.versions_of(ended.pk))
    actions.reissue(certificate=made[0], by=cast.organiser, reason="x")
    assert zips.opened(zips.versions_of(ended.pk)) is None
    new = zips.make(zips.versions_of(ended.pk))
    assert new != old and new.is_file() and not old.exists()


def test_a_zip_that_fails_leaves_nothing_half_written(ended, monkeypatch, settings):
    issue(ended)
    real, calls = rendering.pdf_of, []

    def fails_at_the_third(data, **kw):
        calls.append(data)
        if len(calls) == 3:
            raise Refusal("no")
        return real(data, **kw)

    monkeypatch.setattr(rendering, "pdf_of", fails_at_the_third)
    with pytest.raises(Refusal):
        zips.make(zips.versions_of(ended.pk))
    assert list((settings.CERTIFICATES_DIR / "zips").iterdir()) == []
    monkeypatch.undo()
    assert zips.make(zips.versions_of(ended.pk)).is_file()


def test_many_are_set_at_a_pace_of_1500_a_minute(tree):
    """A hundred take at most eight seconds of processor: 1,500 in a minute on two cores."""
    training_class = ended_class(tree.bdk)
    for n in range(100):
        add_record(training_class, factories.employee(tree.madrasah, name=f"Peserta {n}"))
    issue(training_class)
    versions = zips.versions_of(training_class.pk)
    begun = time.process_time()
    zips.make(versions)
    assert time.process_time() - begun < 8  # not by the clock, so that neighbours do not count
