"""A class, an office and people that exist nowhere, for the preview of an organiser's texts."""

from datetime import date, timedelta
from typing import Any

from employees.models import Unit
from invitations.letters.content import Reference, document
from invitations.letters.offices import Addressee
from invitations.letters.texts import Texts
from invitations.models import Invitation, Letter
from trainings.papers.samples import sample_class, sample_person, sample_unit

#: Names on a preview: enough to see the second page of the list.
NAMES = 24


def sample_document(organiser: Unit, texts: Texts, on: date) -> dict[str, Any]:
    """The document of a preview, dated `on`; nothing of it is stored."""
    first = on + timedelta(days=30)
    training_class = sample_class(organiser, first, confirm_by=first - timedelta(days=3))
    office = Unit(pk=-1, name="Kantor Wilayah Kementerian Agama Provinsi Contoh", kind="KANWIL")
    regency = Unit(
        pk=-2, code="KK", name="Kantor Kementerian Agama Kabupaten Contoh", kind="KANKEMENAG", parent=office
    )
    madrasah = sample_unit(-3)
    madrasah.parent = regency
    people: list[tuple[Invitation, Unit | None]] = []
    for n in range(1, NAMES + 1):
        person = sample_person(
            madrasah if n % 3 else regency,
            name=f"Pegawai Contoh {n}",
            nip=f"19850101201012{n % 2 + 1}{n:03d}",
        )
        people.append((Invitation(employee=person, answer_by=training_class.confirm_by), regency))
    number = texts.pattern.number(texts.series_first, on)
    return document(
        training_class=training_class,
        addressee=Addressee(office, people),
        texts=texts,
        kind=Letter.Kind.FIRST,
        reference=Reference(number, on),
    )
