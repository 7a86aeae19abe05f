"""Running a command of the portal as a person does, beside the test database."""

import os
import subprocess
import sys
from pathlib import Path

from tests.engines import ROOT, database_url_for


def manage(var: Path, *arguments: str, seconds: float = 200) -> subprocess.CompletedProcess[str]:
    """`python manage.py …` in a process of its own, on the tests' server, with its files under `var`."""
    environment = {**os.environ, "DATABASE_URL": database_url_for(), "SIMDIKLAT_VAR": str(var)}
    for name in ("REDIS_URL", "EMAIL_URL"):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
