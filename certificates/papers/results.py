"""Rekap nilai, laporan penyelenggaraan, and the rows for SIASN."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from audit.errors import Refusal
from certificates.models import CertificateVersion
from certificates.papers import blocks
from certificates.papers.people import Participant
from certificates.papers.persons import RESULT_WORDS, list_of, result_words
from certificates.texts import Texts
from trainings.codes import TOOK_PART, Result
from trainings.delivery.completing import hours_of
from trainings.models import Component, Grading, Score, Session, TrainingClass
from trainings.papers.wording import short_day
from trainings.times import hours_text

#: Headings of the export, named as SIASN names its fields, with what tells the person.
SIASN = (
    "NIP", "NAMA", "jenisDiklatId", "namaKursus", "institusiPenyelenggara", "jumlahJam", "tahunKursus",
    "tanggalKursus", "tanggalSelesaiKursus", "nomorSertipikat",
)  # fmt: skip


def score_words(value: Decimal | None) -> str:
    """A score as it is written here: "87,50"; empty for none."""
    return "" if value is None else f"{value:.2f}".replace(".", ",")


def _scores(training_class: TrainingClass) -> tuple[list[Component], dict[tuple[int, int], Score]]:
    components = list(Component.objects.filter(training_class=training_class))
    scores = Score.objects.filter(component__in=components)
    return components, {(score.component_id, score.participation_id): score for score in scores}


def _reached(score: Score | None) -> Decimal | None:
    """The score, or the better one after a remedial; what it counts for is the final score's matter."""
    if score is None:
        return None
    return score.score if score.remedial is None else max(score.score, score.remedial)


def scores(
    training_class: TrainingClass, people: Sequence[Participant], texts: Texts, options: blocks.Options
) -> list[dict[str, Any]]:
    """Rekap nilai: every component, attendance, final score, result."""
    _need_results(people)
    components, known = _scores(training_class)
    names = [f"{one.name} ({one.weight}%)" for one in components]
    rows = [
        (
            str(no), one.person.full_name, one.person.nip_display,
            *(score_words(_reached(known.get((component.pk, one.seat.pk)))) for component in components),
            f"{one.result.attendance_percent}%" if one.result else "",
            score_words(one.result.final_score if one.result else None),
            result_words(one),
        )
        for no, one in enumerate(people, 1)
    ]  # fmt: skip
    last = len(components) + 4
    return [
        blocks.HEAD,
        blocks.title("REKAPITULASI NILAI", str(training_class)),
        blocks.table(
            ("NO", "NAMA", "NIP", *names, "KEHADIRAN", "NILAI AKHIR", "HASIL"),
            (9, -4, 37, *([-1] * len(names)), 20, 18, 27), rows, right=(0, *range(3, last + 1)), size=8,
        ),
        blocks.signature(texts, options),
    ]  # fmt: skip


def scores_sheet(
    training_class: TrainingClass, people: Sequence[Participant]
) -> tuple[list[str], list[list[Any]]]:
    """Headings and rows of the scores' spreadsheet; scores as numbers."""
    _need_results(people)
    components, known = _scores(training_class)
    headings = [
        "NO", "NAMA", "NIP", "UNIT_KERJA", *(f"{one.name} ({one.weight}%)" for one in components), "KEHADIRAN_PERSEN",
        "NILAI_AKHIR", "HASIL",
    ]  # fmt: skip
    rows = [
        [
            no, one.person.full_name, one.person.number, one.person.unit.name,
            *(_reached(known.get((component.pk, one.seat.pk))) for component in components),
            one.result.attendance_percent if one.result else None,
            one.result.final_score if one.result else None,
            result_words(one),
        ]
        for no, one in enumerate(people, 1)
    ]  # fmt: skip
    return headings, rows


def report(
    training_class: TrainingClass, people: Sequence[Participant], texts: Texts, options: blocks.Options
) -> list[dict[str, Any]]:
    """Laporan penyelenggaraan: the class, its agenda, its people, results and certificates."""
    _need_results(people)
    outcomes = Counter(one.outcome for one in people if one.outcome)
    provinces = Counter(one.province or "Lainnya" for one in people)
    held = [one.result.attendance_percent for one in people if one.result]
    final = [one.result.final_score for one in people if one.result and one.result.final_score is not None]
    sessions = Session.objects.filter(training_class=training_class, active=True)
    agenda = [
        (short_day(one.day), hours_text(one) or "Mandiri", one.name,
         one.trainer.name if one.trainer else "")
        for one in sessions.select_related("subject", "trainer", "training_class__organiser").order_by("day", "starts", "pk")
    ]  # fmt: skip
    grading = Grading.objects.filter(pk=training_class.pk).first()
    certificates = CertificateVersion.objects.valid().of_class(training_class.pk).count()
    made = [
        blocks.HEAD,
        blocks.title("LAPORAN PENYELENGGARAAN", str(training_class)),
        blocks.heading("A. Kegiatan"),
        blocks.class_facts(training_class),
        blocks.facts([("Jumlah jam pelajaran", f"{hours_of(training_class)} JP"), ("Kursi", str(training_class.seats))]),
        blocks.heading("B. Peserta dan hasil"),
        blocks.facts(
            [
                ("Peserta", f"{len(people)} orang"),
                *((RESULT_WORDS[result], f"{outcomes[result]} orang") for result in Result if outcomes[result]),
                ("Rata-rata kehadiran", f"{sum(held) // len(held)}%" if held else ""),
                ("Rata-rata nilai akhir", score_words(sum(final, Decimal(0)) / len(final)) if final else ""),
                ("Sertifikat berlaku", str(certificates)),
            ]
        ),
        blocks.table(
            ("PROVINSI", "PESERTA"), (-1, 30), [(name, str(number)) for name, number in sorted(provinces.items())],
            right=(1,),
        ),
    ]  # fmt: skip
    if agenda:
        made += [
            blocks.heading("C. Pelaksanaan"),
            blocks.table(("HARI", "JAM", "MATA PELATIHAN", "PENGAJAR"), (32, 26, -3, -2), agenda, size=8.5),
        ]
    if grading and grading.minutes:
        made += [blocks.heading("D. Rapat kelulusan"), blocks.text(grading.minutes)]
        if grading.meeting_day:
            made.append(blocks.facts([("Hari rapat", short_day(grading.meeting_day))]))
    made += [
        blocks.signature(texts, options),
        blocks.BREAK,
        blocks.title("DAFTAR PESERTA", str(training_class)),
        list_of(people),
    ]
    return made


def siasn(training_class: TrainingClass, people: Sequence[Participant]) -> tuple[list[str], list[list[Any]]]:
    """The rows for SIASN: those who took part, with the number of their valid certificate.

    Refusal before the class is completed: only what is history is reported.
    """
    if not any(one.record for one in people):
        raise Refusal(
            _("The class is not completed yet. Complete it; then it can be exported for SIASN."), code="state"
        )
    valid = set(
        CertificateVersion.objects.valid()
        .of_class(training_class.pk)
        .order_by()
        .values_list("certificate__record", flat=True)
    )
    rows = [
        [
            one.person.number, one.person.full_name, settings.SIASN_KINDS.get(record.kind, ""),
            record.title or training_class.programme.name, record.organiser or training_class.organiser.name, record.jp,
            record.last_day.year, f"{record.first_day:%d-%m-%Y}", f"{record.last_day:%d-%m-%Y}",
            record.certificate_number if record.pk in valid else "",
        ]
        for one in people
        if (record := one.record) is not None and record.result in TOOK_PART
    ]  # fmt: skip
    return list(SIASN), rows


def _need_results(people: Sequence[Participant]) -> None:
    if not any(one.outcome for one in people):
        raise Refusal(
            _("There are no results yet. Lock the results of the class first; then this paper can be made."),
            code="results",
        )
