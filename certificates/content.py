"""A certificate as it is printed, as plain JSON: frozen when it is made, the only thing the template reads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from certificates.texts import Texts
from trainings.codes import Result
from trainings.models import HistoryRecord
from trainings.papers.wording import clean, fill, lines, period, short_day, signatory

#: The form of the JSON and the Typst file that sets it (typst/certificate-1.typ). A paper keeps its own.
LAYOUT = 1
CHECK_NOTE = "Keaslian sertifikat ini dapat diperiksa melalui kode QR atau alamat ini."
UNSIGNED_NOTE = "Berkas ini tidak ditandatangani secara elektronik; kode QR bukan tanda tangan elektronik."
SIGNED_NOTE = (
    "Berkas ini ditandatangani secara elektronik dengan sertifikat {name} (penerbit: {issuer}), bukan "
    "sertifikat BSrE. Kode QR bukan tanda tangan elektronik."
)
SIGNED_BSRE_NOTE = (
    "Berkas ini ditandatangani secara elektronik dengan sertifikat {name} yang diterbitkan BSrE. Kode QR "
    "bukan tanda tangan elektronik."
)


@dataclass(frozen=True)
class Reference:
    """What identifies the paper: number, date, random id (empty: a preview without a page of its own)."""

    number: str
    dated: date
    public_id: str = ""
    version: int = 1
    #: Day of the version that this one replaces, if any.
    replaces: date | None = None


@dataclass(frozen=True)
class SignedBy:
    """Whose certificate signs the file, who issued it, and whether that is BSrE."""

    name: str
    issuer: str
    bsre: bool = False


@dataclass(frozen=True)
class Subject:
    """A subject of the curriculum with its hours (JP), for the second page."""

    name: str
    jp: int


def document(
    *,
    record: HistoryRecord,
    texts: Texts,
    reference: Reference,
    signed_by: SignedBy | None = None,
    subjects: Sequence[Subject] = (),
) -> dict[str, Any]:
    """Everything that is printed and everything the public page shows. Always in Indonesian.

    Dates, hours and result are those of the record; batch and place those of its class.
    """
    with translation.override("id"):
        return clean(_document(record, texts, reference, signed_by, subjects))


def _document(
    record: HistoryRecord,
    texts: Texts,
    reference: Reference,
    signed_by: SignedBy | None,
    subjects: Sequence[Subject],
) -> dict[str, Any]:
    training_class = record.training_class
    if training_class is None:
        raise ValueError("a certificate needs the class of its record")
    passed = record.result == Result.LULUS
    programme = record.title or training_class.programme.name
    values = {
        "class": f"{programme} {training_class.batch}".strip(),
        "programme": programme,
        "batch": training_class.batch,
        "organiser": training_class.organiser.name,
        "place": training_class.place,
        "where": f"di {training_class.place}" if training_class.place else "",
        "period": period(record.first_day, record.last_day),
        "first_day": short_day(record.first_day),
        "last_day": short_day(record.last_day),
        "jp": str(record.jp),
        "year": f"{record.first_day:%Y}",
    }

    def text(template: str) -> str:
        return re.sub(r"\s+([,.;])", r"\1", " ".join(fill(template, values).split()))

    person = record.employee
    rows = [
        (texts.show_nip, "NIP" if person.nip else "ID Pegawai", person.nip_display),
        (texts.show_grade, "Pangkat/Golongan", person.grade_display),
        (texts.show_position, "Jabatan", person.position),
        (texts.show_unit, "Unit kerja", person.unit.name),
    ]
    return {
        "layout": LAYOUT,
        "draft": not reference.public_id,
        "style": {
            "orientation": texts.orientation, "frame": texts.frame, "colour": texts.colour,
            "photo_box": texts.photo_box,
        },
        "logo": texts.logo,
        "head": lines(texts.head_lines),
        "address": lines(texts.address),
        "title": text(texts.title_passed if passed else texts.title_attended),
        "number": reference.number,
        "dated": [reference.dated.year, reference.dated.month, reference.dated.day],
        "place_and_date": ", ".join(filter(None, (text(texts.town), short_day(reference.dated)))),
        "opening": text(texts.opening),
        "name": person.full_name,
        "rows": [{"label": label, "value": value} for shown, label, value in rows if shown and value],
        "word": text(texts.word_passed if passed else texts.word_attended),
        "sentence": text(texts.sentence_passed if passed else texts.sentence_attended),
        "signatory": signatory(
            capacity=texts.signatory_capacity, position=texts.signatory_position,
            on_behalf_of=texts.signatory_for, name=texts.signatory_name,
        ) | {"nip": texts.signatory_nip.strip()},
        "subjects": [{"name": s.name, "jp": s.jp} for s in subjects] if texts.show_subjects else [],
        "version_note": _version_note(reference),
        "check": {
            "url": settings.PORTAL_URL + path_of(reference.public_id) if reference.public_id else "",
            "note": CHECK_NOTE,
            "signature_note": _signature_note(signed_by),
        },
        "signing": {"name": signed_by.name, "issuer": signed_by.issuer, "bsre": signed_by.bsre} if signed_by else None,
        "public": {
            "name": person.full_name,
            "bare_name": person.name,
            "programme": programme,
            "batch": training_class.batch,
            "organiser": training_class.organiser.name,
            "hours": record.jp,
            "first_day": record.first_day.isoformat(),
            "last_day": record.last_day.isoformat(),
            "result": str(record.result),
        },
    }  # fmt: skip


def path_of(public_id: str) -> str:
    """The address of a certificate's public page, inside the portal."""
    return reverse("certificates:check", args=[public_id])


def outdated(data: dict[str, Any], record: HistoryRecord) -> bool:
    """Whether a paper states other hours, dates or another result than its record does now."""
    public = data["public"]
    return (public["hours"], public["first_day"], public["last_day"], public["result"]) != (
        record.jp, record.first_day.isoformat(), record.last_day.isoformat(), str(record.result),
    )  # fmt: skip


def _version_note(reference: Reference) -> str:
    if reference.replaces is None:
        return ""
    return f"Versi {reference.version}, menggantikan versi tanggal {short_day(reference.replaces)}."


def _signature_note(signed_by: SignedBy | None) -> str:
    if signed_by is None:
        return UNSIGNED_NOTE
    note = SIGNED_BSRE_NOTE if signed_by.bsre else SIGNED_NOTE
    return note.format(name=signed_by.name, issuer=signed_by.issuer)
