"""A letter as it is printed, as plain JSON: frozen when it is made, the only thing the template reads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format

from invitations.letters.offices import Addressee
from invitations.letters.texts import Texts, fill, lines, paragraphs
from invitations.models import Letter
from trainings.models import TrainingClass

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
_BREAK = re.compile(r"[\t-\r\x85\u2028\u2029]+")
# Neither PostgreSQL nor a PDF has a use for control characters; some turn the text around them.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udfff]")


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
        return _clean(_document(training_class, addressee, texts, kind, reference, refers_to))


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
        "period": _period(training_class),
        "first_day": _day(training_class.first_day),
        "last_day": _day(training_class.last_day),
        "confirm_by": _day(confirm_by),
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
        ("Waktu", [f"{_period(training_class)} ({training_class.programme.jp} JP)"]),
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
        "date": _short(reference.dated),
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
        "signatory": _signatory(texts),
        "copies": [text(line) for line in lines(texts.copies)],
        "list": {
            "title": "Daftar Nama Peserta",
            "class": str(training_class),
            "details": [part for part in (_period(training_class), training_class.place) if part],
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


def _signatory(texts: Texts) -> dict[str, Any]:
    """The lines above the signature and the name below it."""
    position, capacity = texts.signatory_position.strip(), texts.signatory_capacity
    if capacity == "a.n." and texts.signatory_for.strip():
        above = [f"a.n. {texts.signatory_for.strip()}", f"{position},"]
    else:
        above = [f"{capacity} {position},".strip()]
    return {"lines": above, "name": texts.signatory_name.strip()}


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


def _day(value: date) -> str:
    return date_format(value, "l, j F Y")


def _short(value: date) -> str:
    return date_format(value, "j F Y")


def _period(training_class: TrainingClass) -> str:
    first, last = training_class.first_day, training_class.last_day
    return _short(first) if first == last else f"{_short(first)} s.d. {_short(last)}"


def _clean(value: Any) -> Any:
    """The same JSON without control characters; a line break is a blank (lists were split before)."""
    if isinstance(value, str):
        return _CONTROL.sub("", _BREAK.sub(" ", value))
    if isinstance(value, dict):
        return {key: _clean(entry) for key, entry in value.items()}
    return [_clean(entry) for entry in value] if isinstance(value, list) else value
