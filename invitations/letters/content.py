"""A letter as it is printed, as plain JSON: frozen when it is made, the only thing the template reads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from invitations.letters.offices import Addressee
from invitations.letters.texts import Texts
from invitations.models import Letter
from trainings.models import TrainingClass
from trainings.papers.wording import (
    clean,
    fill,
    lines,
    long_day,
    paragraphs,
    period,
    short_day,
    signatory,
)

#: The form of the JSON and the Typst file that sets it (typst/letter-1.typ). A letter keeps its own.
LAYOUT = 1
#: Words of the letter by its kind.
_LEADS = {
    Letter.Kind.SUPPLEMENTARY: ("Pemanggilan Tambahan", "Surat ini melengkapi surat kami nomor {numbers}."),
    Letter.Kind.CHANGE: (
        "Perubahan Pemanggilan",
        "Surat ini menggantikan surat kami nomor {numbers}, karena jadwal atau tempat kegiatan berubah.",
    ),
}
NOTE = (
    "Nomor, tanggal, dan jumlah nama surat ini dapat diperiksa melalui kode QR ini atau alamat pada kaki "
    "surat. Kode QR ini bukan tanda tangan elektronik."
)


@dataclass(frozen=True)
class Reference:
    """What identifies the letter: number, date, random id (empty: a draft without a page of its own)."""

    number: str
    dated: date
    public_id: str = ""


def facts_of(training_class: TrainingClass) -> dict[str, Any]:
    """What the letter states of the class. A letter whose facts no longer hold is replaced by a new one."""
    return {
        "class": str(training_class),
        "first_day": training_class.first_day.isoformat(),
        "last_day": training_class.last_day.isoformat(),
        "confirm_by": training_class.confirm_by.isoformat(),
        "place": training_class.place,
    }


def document(
    *,
    training_class: TrainingClass,
    addressee: Addressee,
    texts: Texts,
    kind: str,
    reference: Reference,
    refers_to: Sequence[str] = (),
) -> dict[str, Any]:
    """Everything that is printed: text, lists of text, and whether it is a draft. Always in Indonesian.

    `refers_to` are the numbers of the letters that this one adds to or replaces.
    """
    with translation.override("id"):
        return clean(_document(training_class, addressee, texts, kind, reference, refers_to))


def _document(
    training_class: TrainingClass,
    addressee: Addressee,
    texts: Texts,
    kind: str,
    reference: Reference,
    refers_to: Sequence[str],
) -> dict[str, Any]:
    # A promotion after the last day to answer has a later one of its own.
    confirm_by = max(invitation.answer_by for invitation, _regency in addressee.people)
    values = {
        "class": str(training_class),
        "programme": training_class.programme.name,
        "batch": training_class.batch,
        "organiser": training_class.organiser.name,
        "place": training_class.place,
        "period": period(training_class.first_day, training_class.last_day),
        "first_day": long_day(training_class.first_day),
        "last_day": long_day(training_class.last_day),
        "confirm_by": long_day(confirm_by),
        "count": f"{len(addressee.people):,}".replace(",", "."),
        "jp": str(training_class.programme.jp),
        "year": f"{training_class.first_day:%Y}",
    }

    def text(template: str) -> str:
        return fill(template, values).strip()

    subject, basis = text(texts.subject), [text(part) for part in paragraphs(texts.basis)]
    if kind in _LEADS:
        lead, sentence = _LEADS[Letter.Kind(kind)]
        subject = re.sub(r"^Pemanggilan\b", lead, subject) if lead not in subject else subject
        if refers_to:
            basis.append(sentence.format(numbers=" dan ".join(refers_to)))
    rows: list[tuple[str, list[str]]] = [
        ("Kegiatan", [training_class.programme.name]),
        ("Angkatan", [training_class.batch]),
        (
            "Waktu",
            [
                f"{period(training_class.first_day, training_class.last_day)} ({training_class.programme.jp} JP)"
            ],
        ),
        ("Tempat", [training_class.place]),
        ("Lapor masuk (check-in)", [text(texts.check_in)]),
        ("Pembukaan", [text(texts.opening)]),
        ("Penutupan", [text(texts.closing)]),
        ("Persyaratan", lines(text(texts.requirements))),
        ("Perlengkapan", lines(text(texts.bring))),
        ("Pendanaan", lines(text(texts.funding))),
        ("Batas konfirmasi", [values["confirm_by"]]),
        ("Narahubung", lines(text(texts.contact))),
    ]
    return {
        "layout": LAYOUT,
        "draft": not reference.public_id,
        "head": lines(texts.head_lines),
        "address": lines(texts.address),
        "number": reference.number,
        "date": short_day(reference.dated),
        "dated": [reference.dated.year, reference.dated.month, reference.dated.day],
        "town": text(texts.town),
        "nature": text(texts.nature),
        "attachment": "1 (satu) berkas",
        "subject": subject,
        "recipients": addressee.heads(),
        "basis": basis,
        "request": [text(part) for part in paragraphs(texts.request)],
        "rows": [{"label": label, "values": entries} for label, entries in rows if any(entries)],
        "ending": [text(part) for part in paragraphs(texts.ending)],
        "signatory": signatory(
            capacity=texts.signatory_capacity,
            position=texts.signatory_position,
            on_behalf_of=texts.signatory_for,
            name=texts.signatory_name,
        ),
        "copies": [text(line) for line in lines(texts.copies)],
        "list": {
            "title": "Daftar Nama Peserta",
            "class": str(training_class),
            "details": [
                part
                for part in (period(training_class.first_day, training_class.last_day), training_class.place)
                if part
            ],
            "office": addressee.office.name,
            "names": [
                _name(no, invitation, regency) for no, (invitation, regency) in enumerate(addressee.people, 1)
            ],
        },
        "check": {
            "url": settings.PORTAL_URL + path_of(reference.public_id) if reference.public_id else "",
            "note": NOTE,
        },
    }


def path_of(public_id: str) -> str:
    """The address of a letter's public page, inside the portal."""
    return reverse("invitations:letter_check", args=[public_id])


def _name(no: int, invitation: Any, regency: Any) -> list[str]:
    person = invitation.employee
    above = regency.name if regency and regency.pk != person.unit_id else ""
    return [
        str(no),
        person.full_name,
        person.nip_display,
        person.grade_display,
        person.position,
        person.unit.name,
        above,
    ]
