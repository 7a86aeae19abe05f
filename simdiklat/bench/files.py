"""The ministry in the database as the files of the five imports."""

import csv
from pathlib import Path

from django.db import connection
from rustpy_xlsxwriter import write_worksheets

_SQL = {
    "units": """
        SELECT u.code AS "KODE_SATUAN_KERJA", u.name AS "NAMA", u.kind AS "JENIS", p.code AS "KODE_ATASAN",
            u.province_code AS "KODE_PROVINSI", u.time_zone AS "ZONA_WAKTU",
            CASE WHEN u.active THEN 'Y' ELSE 'T' END AS "AKTIF"
        FROM employees_unit u LEFT JOIN employees_unit p ON p.id = u.parent_id ORDER BY u.id
    """,
    "employees": """
        SELECT e.nip AS "NIP", e.external_id AS "ID_PEGAWAI", e.name AS "NAMA", e.front_title AS "GELAR_DEPAN",
            e.back_title AS "GELAR_BELAKANG", e.sex AS "JENIS_KELAMIN", e.birth_date AS "TANGGAL_LAHIR",
            e.status AS "STATUS", e.activity AS "KEAKTIFAN", e.grade AS "GOL_RUANG",
            e.position_kind AS "JENIS_JABATAN", e.level AS "JENJANG", e.position AS "JABATAN",
            u.code AS "KODE_SATUAN_KERJA", e.service_start AS "TMT_MULAI", e.retirement_date AS "TMT_PENSIUN",
            e.email AS "EMAIL", e.phone AS "NO_HP"
        FROM employees_employee e JOIN employees_unit u ON u.id = e.unit_id ORDER BY e.id
    """,
    "programmes": """
        SELECT code AS "KODE_PROGRAM", name AS "NAMA", kind AS "JENIS", method AS "METODE", jp AS "JP",
            array_to_string(target_statuses, '|') AS "STATUS_SASARAN",
            array_to_string(target_positions, '|') AS "JABATAN_SASARAN",
            array_to_string(target_levels, '|') AS "JENJANG_SASARAN", grade_min AS "GOL_MIN",
            grade_max AS "GOL_MAX", CASE WHEN resets_wait THEN 'Y' ELSE 'T' END AS "HITUNG_JEDA",
            CASE WHEN pppk_exempt THEN 'Y' ELSE 'T' END AS "BEBAS_BATAS_PPPK"
        FROM trainings_programme ORDER BY id
    """,
    "classes": """
        SELECT c.code AS "KODE_KELAS", g.code AS "KODE_PROGRAM", c.batch AS "ANGKATAN", c.first_day AS "MULAI",
            c.last_day AS "SELESAI", o.code AS "PENYELENGGARA", c.place AS "TEMPAT", c.seats AS "KURSI",
            c.reserve AS "CADANGAN", string_agg(a.code, '|' ORDER BY a.code) AS "WILAYAH",
            c.allocation AS "ALOKASI", string_agg(ca.seats::text, '|' ORDER BY a.code) AS "KURSI_WILAYAH",
            c.unit_cap AS "MAKS_PER_SATKER", c.confirm_by AS "BATAS_KONFIRMASI"
        FROM trainings_trainingclass c JOIN trainings_programme g ON g.id = c.programme_id
        JOIN employees_unit o ON o.id = c.organiser_id
        LEFT JOIN trainings_classarea ca ON ca.training_class_id = c.id LEFT JOIN employees_unit a ON a.id = ca.unit_id
        GROUP BY c.id, g.code, o.code ORDER BY c.id
    """,
    "history": """
        SELECT e.nip AS "NIP", e.external_id AS "ID_PEGAWAI", h.programme_code AS "KODE_PROGRAM",
            h.title AS "NAMA_PELATIHAN", h.kind AS "JENIS", h.organiser AS "PENYELENGGARA", h.first_day AS "MULAI",
            h.last_day AS "SELESAI", h.jp AS "JP", h.result AS "HASIL", h.certificate_number AS "NOMOR_SERTIFIKAT"
        FROM trainings_historyrecord h JOIN employees_employee e ON e.id = h.employee_id ORDER BY h.id
    """,
}


def write(folder: Path) -> dict[str, Path]:
    """Write one CSV file for each import, in the order in which they are imported; return them by kind."""
    paths = written(folder)
    for kind, sql in _SQL.items():
        with paths[kind].open("wb") as out, connection.cursor() as cursor:
            cursor.copy_expert(f"COPY ({sql}) TO STDOUT (FORMAT csv, HEADER)", out)
    return paths


def written(folder: Path) -> dict[str, Path]:
    """Where `write` puts the files, in the order in which they are imported."""
    return {kind: folder / f"{kind}.csv" for kind in _SQL}


def workbook(path: Path) -> Path:
    """The rows of a CSV file as XLSX beside it, every cell as text; made once."""
    book = path.with_suffix(".xlsx")
    if not book.exists():
        with path.open(encoding="utf-8", newline="") as file:
            write_worksheets([("Data", csv.DictReader(file))], str(book))
    return book
