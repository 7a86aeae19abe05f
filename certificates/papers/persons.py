"""Papers about the people: biodata, surat tugas, surat pengembalian, SK penetapan peserta."""

from collections.abc import Sequence
from typing import Any

from certificates.papers import blocks
from certificates.papers.people import Participant, by_sender
from certificates.texts import Texts
from trainings.codes import Result
from trainings.delivery.completing import hours_of
from trainings.models import TrainingClass
from trainings.papers.wording import period, short_day

#: Headings and widths (mm; 0 and negative: shares of the rest) of the list of participants.
_LIST = (("NO", "NAMA", "NIP", "PANGKAT/ GOLONGAN", "JABATAN", "UNIT KERJA"), (9, -5, 36, 30, -4, -5))
_SEX = {"L": "Laki-laki", "P": "Perempuan"}
RESULT_WORDS = {
    Result.LULUS: "Lulus", Result.TIDAK_LULUS: "Tidak lulus", Result.HADIR: "Telah mengikuti",
    Result.TIDAK_HADIR: "Tidak hadir", Result.MENGUNDURKAN_DIRI: "Mengundurkan diri",
}  # fmt: skip


def result_words(one: Participant) -> str:
    """The result in words; empty until there is one."""
    return RESULT_WORDS[Result(one.outcome)] if one.outcome else ""


def list_of(people: Sequence[Participant], size: float = 8.5) -> dict[str, Any]:
    """The list of names as an attachment has it."""
    headings, widths = _LIST
    rows = (
        (
            str(no), one.person.full_name, one.person.nip_display, one.person.grade_display, one.person.position,
            one.person.unit.name,
        )
        for no, one in enumerate(people, 1)
    )  # fmt: skip
    return blocks.table(headings, widths, rows, right=(0,), size=size)


def biodata(
    training_class: TrainingClass, people: Sequence[Participant], texts: Texts, options: blocks.Options
) -> list[dict[str, Any]]:
    """A page for each participant: what is on record filled in, the rest to be written."""
    made: list[dict[str, Any]] = []
    for one in people:
        person = one.person
        made += [
            blocks.HEAD,
            blocks.title("BIODATA PESERTA", str(training_class), period(training_class.first_day, training_class.last_day)),
            blocks.form(
                [
                    ("Nama lengkap dan gelar", person.full_name),
                    ("NIP" if person.nip else "ID Pegawai", person.nip_display),
                    ("Tempat lahir", ""),
                    ("Tanggal lahir", short_day(person.birth_date)),
                    ("Jenis kelamin", _SEX.get(person.sex, "")),
                    ("Pangkat/Golongan", person.grade_display),
                    ("Jabatan", person.position),
                    ("Unit kerja", person.unit.name),
                    ("Provinsi", one.province),
                    ("Pendidikan terakhir", ""),
                    ("Alamat rumah", ""),
                    ("Nomor HP", person.phone),
                    ("Surel", person.email),
                    ("Makanan pantangan/alergi", ""),
                    ("Kontak darurat (nama, hubungan, nomor)", ""),
                ]
            ),
            blocks.text("Data di atas saya isi dengan sebenarnya."),
            {
                "kind": "signature", "place": "...................., ....................", "lines": ["Peserta,"],
                "name": person.full_name, "nip": person.nip_display if person.nip else "",
            },
            blocks.BREAK,
        ]  # fmt: skip
    return made


def biodata_sheet(people: Sequence[Participant]) -> tuple[list[str], list[list[Any]]]:
    """Headings and rows of the participants' spreadsheet."""
    headings = [
        "NO", "NAMA", "NIP", "JENIS_KELAMIN", "TANGGAL_LAHIR", "PANGKAT_GOLONGAN", "JABATAN", "UNIT_KERJA", "PROVINSI",
        "EMAIL", "NO_HP",
    ]  # fmt: skip
    rows = [
        [
            no, one.person.full_name, one.person.number, one.person.sex, one.person.birth_date,
            one.person.grade_display, one.person.position, one.person.unit.name, one.province, one.person.email,
            one.person.phone,
        ]
        for no, one in enumerate(people, 1)
    ]  # fmt: skip
    return headings, rows


def decree(
    training_class: TrainingClass, people: Sequence[Participant], texts: Texts, options: blocks.Options
) -> list[dict[str, Any]]:
    """SK penetapan peserta with its list."""
    organiser, name = training_class.organiser.name, str(training_class)
    official = texts.signatory_position.strip()
    when = period(training_class.first_day, training_class.last_day)
    where = f" di {training_class.place}" if training_class.place else ""
    return [
        blocks.HEAD,
        blocks.title(
            f"KEPUTUSAN {official.upper()}", f"NOMOR {options.number_words}", "TENTANG",
            f"PENETAPAN PESERTA {name.upper()}",
        ),
        blocks.points(
            [
                ("Menimbang", [
                    f"bahwa untuk meningkatkan kompetensi pegawai, {organiser} menyelenggarakan {name};",
                    "bahwa mereka yang namanya tercantum dalam lampiran keputusan ini dipanggil menurut urutan yang "
                    "ditetapkan dan telah menyatakan bersedia;",
                    f"bahwa berdasarkan pertimbangan tersebut perlu menetapkan Keputusan {official} tentang "
                    f"Penetapan Peserta {name}.",
                ]),
                ("Mengingat", [
                    "Undang-Undang Nomor 20 Tahun 2023 tentang Aparatur Sipil Negara;",
                    "Peraturan Pemerintah Nomor 11 Tahun 2017 tentang Manajemen Pegawai Negeri Sipil sebagaimana telah "
                    "diubah dengan Peraturan Pemerintah Nomor 17 Tahun 2020;",
                    "Peraturan Pemerintah Nomor 49 Tahun 2018 tentang Manajemen Pegawai Pemerintah dengan Perjanjian Kerja.",
                ]),
            ]
        ),
        blocks.title("MEMUTUSKAN"),
        blocks.points(
            [
                ("Menetapkan", [f"KEPUTUSAN {official.upper()} TENTANG PENETAPAN PESERTA {name.upper()}."]),
                ("KESATU", [f"Menetapkan {len(people)} orang yang namanya tercantum dalam lampiran sebagai peserta {name}."]),
                ("KEDUA", [f"Pelatihan dilaksanakan pada tanggal {when}{where}, selama {hours_of(training_class)} jam pelajaran (JP)."]),
                ("KETIGA", ["Keputusan ini mulai berlaku pada tanggal ditetapkan."]),
            ]
        ),
        blocks.signature(texts, options),
        blocks.BREAK,
        blocks.title(
            "DAFTAR PESERTA", name,
            f"Lampiran Keputusan {official} Nomor {options.number_words} Tanggal {options.day_words}",
        ),
        list_of(people),
        blocks.signature(texts, options),
    ]  # fmt: skip


def assignment(
    training_class: TrainingClass, people: Sequence[Participant], texts: Texts, options: blocks.Options
) -> list[dict[str, Any]]:
    """Surat tugas, one for each sending unit: to be numbered and signed there."""
    made: list[dict[str, Any]] = []
    for group in by_sender(people):
        head = f"Kepala {group.sender.name}"
        made += [
            {"kind": "blank-head", "text": group.sender.name.upper()},
            blocks.title("SURAT TUGAS", "Nomor: ...................."),
            blocks.text(f"Yang bertanda tangan di bawah ini, {head}, menugaskan:"),
            list_of(group.people),
            blocks.text("untuk mengikuti kegiatan berikut:"),
            blocks.class_facts(training_class),
            blocks.text(
                "Surat tugas ini dibuat untuk dilaksanakan dengan penuh tanggung jawab; setelah selesai, yang "
                "bersangkutan melapor kepada pimpinan."
            ),
            blocks.open_signature(head),
            blocks.BREAK,
        ]
    return made


def returning(
    training_class: TrainingClass, people: Sequence[Participant], texts: Texts, options: blocks.Options
) -> list[dict[str, Any]]:
    """Surat pengembalian, one for each sending unit, with the results."""
    made: list[dict[str, Any]] = []
    for group in by_sender(people):
        made += [
            blocks.HEAD,
            blocks.facts(
                [("Nomor", options.number_words), ("Tanggal", options.day_words), ("Hal", "Pengembalian Peserta Pelatihan")],
                label=22,
            ),
            blocks.text(f"Yth. Kepala {group.sender.name}"),
            blocks.text(
                f"Dengan berakhirnya {training_class} yang diselenggarakan oleh {training_class.organiser.name} pada "
                f"tanggal {period(training_class.first_day, training_class.last_day)}, kami kembalikan peserta dari "
                "lingkungan Saudara sebagai berikut:"
            ),
            blocks.table(
                ("NO", "NAMA", "NIP", "UNIT KERJA", "HASIL"), (9, -4, 37, -4, 28),
                [
                    (str(no), one.person.full_name, one.person.nip_display, one.person.unit.name, result_words(one))
                    for no, one in enumerate(group.people, 1)
                ],
                right=(0,),
            ),
            blocks.text("Atas perhatian dan kerja sama Saudara kami sampaikan terima kasih."),
            blocks.signature(texts, options),
            blocks.BREAK,
        ]  # fmt: skip
    return made
