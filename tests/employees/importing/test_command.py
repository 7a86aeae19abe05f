"""The import commands as a program sees them: lines, exit codes, standard error."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from employees.models import Unit
from tests.employees.importing.files import write_csv
from tests.employees.importing.test_units import unit


@pytest.mark.django_db
def test_the_last_line_is_one_json_object(imports, capsys):
    path = write_csv(imports.folder / "u.csv", [unit("A", Warna="red"), unit("B", "?")])
    call_command("import_units", str(path), "--errors", str(imports.errors))
    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[-1]) == {"read": 2, "created": 1, "updated": 0, "unchanged": 0, "rejected": 1}
    assert lines[-1].startswith('{"read": 2, "created": 1, ')
    assert "Warna" in lines[0]
    assert any("KODE_ATASAN" in line for line in lines[:-1])
    assert imports.faults() == [(3, "KODE_ATASAN")]


@pytest.mark.django_db
def test_a_trial_writes_nothing(imports, capsys):
    path = write_csv(imports.folder / "u.csv", [unit("A")])
    call_command("import_units", str(path), "--dry-run")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["created"] == 1
    assert not Unit.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["units", "employees", "programmes", "classes", "history"])
def test_every_kind_has_its_command(imports, command):
    path = imports.folder / "f.csv"
    path.write_text("A,B\n1,2\n")
    with pytest.raises(CommandError) as refusal:
        call_command(f"import_{command}", str(path))
    assert refusal.value.returncode == 2


@pytest.mark.django_db
def test_a_refused_file_is_one_line_on_standard_error_and_exit_2(imports):
    done = subprocess.run(
        [sys.executable, "manage.py", "import_units", str(imports.folder / "no\nsuch.csv")],
        cwd=settings.BASE_DIR, capture_output=True, text=True, env=os.environ, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "such.csv" in done.stderr
