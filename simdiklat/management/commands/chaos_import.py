"""`python manage.py chaos_import` (`make chaos-import`): an import killed again and again. Exit 1 when wrong."""

import random
import secrets
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.utils import override_settings

from accounts.models import User
from audit.command import PortalCommand
from employees.importing import checking, running
from employees.importing.models import ImportRun
from employees.models import Employee
from jobs import runner
from simdiklat import scratch
from simdiklat.bench import files
from simdiklat.chaos import imports
from simdiklat.demo import seeding
from simdiklat.integrity import problems


class Command(PortalCommand):
    help = (
        "Import the people of a synthetic ministry, every one changed, in a database of its own while the "
        "worker is killed at random moments; count after each death and in the end."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--kills", type=int, default=20)
        parser.add_argument("--people", type=int, default=20_000)
        parser.add_argument("--batch", type=int, default=500, help="rows of one batch")
        parser.add_argument("--within", type=float, default=1.5, help="each worker lives at most so long (s)")
        parser.add_argument(
            "--dice", type=int, default=None, metavar="N", help="repeat a run's random choices"
        )

    def work(self, *, kills: int, people: int, batch: int, within: float, **options: Any) -> dict[str, Any]:
        number = options["dice"] if options["dice"] is not None else secrets.randbelow(1_000_000)
        self.stdout.write(f"dice {number}: {people:,} people, {kills} kills")
        with (
            tempfile.TemporaryDirectory(prefix="simdiklat-chaos-") as folder,
            scratch.scratch_database("simdiklat_chaos_import", Path(folder)),
            override_settings(
                IMPORTS_DIR=Path(folder) / "imports",
                IMPORT_BATCH_ROWS=batch,
                CELERY_BROKER_URL=settings.CELERY_BROKER_URL,
            ),
        ):
            seeding.seed(people, lambda _line: None)
            source = files.write(Path(folder))["employees"]
            # What is imported differs from what is stored in every row that has a grade.
            Employee.objects.update(grade="")
            user = User.objects.create_superuser("chaos", "chaos@contoh.invalid")
            upload = SimpleUploadedFile("pegawai.csv", source.read_bytes())
            run = running.upload(kind="employees", file=upload, by=user)
            runner.run(run.job_id, checking.check)  # type: ignore[arg-type]
            run.refresh_from_db()
            run = running.confirm(run=run, by=user, typed=run.to_write)
            dice = random.Random(number)  # noqa: S311 - repeatable, and nothing secret
            report = imports.torture(run, imports.random_moments(dice, within), kills)
            found = [*report.wrong, *(text for texts in problems().values() for text in texts)]
            written = ImportRun.objects.get(pk=run.pk).written
        for line in found:
            self.stdout.write(line)
        self.stdout.write(f"killed {report.kills} times, after rows {', '.join(map(str, report.places))}")
        if found or report.kills < kills:
            raise SystemExit(1)
        return {"kills": report.kills, "updated": written["updated"], "problems": 0}
