"""Imports of the portal in tests: uploaded, checked and written without a worker between."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from employees.importing import checking, running, writing
from employees.importing.models import ImportRun
from jobs import runner
from tests.employees.importing.files import write_csv, write_xlsx
from tests.factories import nip_for


def person(n: int, **cells: Any) -> dict[str, str]:
    """The cells of one synthetic person; a date of birth of its own for each n below 9,000."""
    born, start = date(1970, 1, 1) + timedelta(days=n), date(2010, 3, 1)
    return {
        "NIP": nip_for(born, start, "P", n % 999 + 1), "ID_PEGAWAI": f"Q{n:06d}", "NAMA": f"Orang Ke{n}",
        "JENIS_KELAMIN": "P", "TANGGAL_LAHIR": born.isoformat(), "STATUS": "PNS", "GOL_RUANG": "III/a",
        "KODE_SATUAN_KERJA": "KK3578", "TMT_MULAI": start.isoformat(), **cells,
    }  # fmt: skip


def upload(
    folder: Path,
    by: Any,
    kind: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    ending: str = "csv",
    **options: Any,
) -> ImportRun:
    write = write_xlsx if ending == "xlsx" else write_csv
    path = write(folder / f"{kind}.{ending}", rows, **options)
    return running.upload(kind=kind, file=SimpleUploadedFile(path.name, path.read_bytes()), by=by)


def check(run: ImportRun) -> ImportRun:
    runner.run(run.job_id, checking.check)
    return ImportRun.objects.get(pk=run.pk)


def write(run: ImportRun) -> ImportRun:
    run.refresh_from_db()
    runner.run(run.job_id, writing.write)
    return ImportRun.objects.get(pk=run.pk)


def confirm(run: ImportRun, by: Any) -> ImportRun:
    return write(running.confirm(run=run, by=by, typed=run.to_write))
