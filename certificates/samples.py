"""Somebody who exists nowhere, in a class that is not held, for the preview of an organiser's template."""

from datetime import date, timedelta
from typing import Any

from certificates.content import Reference, Subject, document
from certificates.texts import Texts
from employees.models import Unit
from trainings.models import HistoryRecord
from trainings.papers.samples import sample_class, sample_person, sample_unit


def sample_document(organiser: Unit, texts: Texts, on: date) -> dict[str, Any]:
    """The document of a preview, dated `on`; nothing of it is stored."""
    first = on - timedelta(days=10)
    training_class = sample_class(organiser, first)
    person = sample_person(
        sample_unit(), nip="198501012010122001", front_title="Dr.", back_title="S.Ag., M.Pd."
    )
    record = HistoryRecord(
        employee=person,
        training_class=training_class,
        title=training_class.programme.name,
        first_day=first,
        last_day=training_class.last_day,
        jp=60,
        result="LULUS",
    )
    subjects = [
        Subject("Kebijakan Kementerian", 9),
        Subject("Moderasi Beragama", 44),
        Subject("Rencana Tindak Lanjut", 7),
    ]
    number = texts.pattern.number(texts.series_first, on)
    return document(record=record, texts=texts, reference=Reference(number, on), subjects=subjects)
