"""The audit of dependencies says what it could not ask."""

import importlib.util
from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture
def audit():
    spec = importlib.util.spec_from_file_location("audit_script", Path(settings.BASE_DIR) / ".ci/audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("answers", "required", "code", "said"),
    [
        ({"pypi": ({}, "no line"), "osv": ({}, "no line")}, "", 0, "NOT AUDITED 2 of 2 packages"),
        ({"pypi": ({}, "no line"), "osv": ({}, "no line")}, "1", 2, "NOT AUDITED 2 of 2 packages"),
        (
            {"pypi": ({"django": []}, ""), "osv": ({}, "no line")},
            "1",
            2,
            "NOT AUDITED 1 of 2 packages: celery",
        ),
        ({"pypi": ({"django": [], "celery": []}, "")}, "1", 0, "2 packages asked for, 0"),
        ({"pypi": ({"django": ["PYSEC-1"], "celery": []}, "")}, "", 1, "VULNERABLE django: PYSEC-1"),
        ({"pypi": ({"django": ["PYSEC-1"]}, ""), "osv": ({}, "x")}, "", 1, "VULNERABLE django: PYSEC-1"),
    ],
)
def test_what_could_not_be_asked_is_said_and_never_green_in_a_release(
    audit, monkeypatch, capsys, answers, required, code, said
):
    monkeypatch.setattr(audit, "installed", lambda: {"django", "celery"})
    monkeypatch.setattr(audit, "ask", lambda service: answers[service])
    monkeypatch.setenv("AUDIT_REQUIRED", required)
    assert audit.main() == code
    assert said in capsys.readouterr().out


def test_an_answer_that_knows_no_package_is_no_answer(audit, monkeypatch):
    import subprocess

    report = '{"dependencies": [{"name": "django", "skip_reason": "not found"}], "fixes": []}'
    done = subprocess.CompletedProcess([], 0, stdout=report, stderr="")
    monkeypatch.setattr(audit.subprocess, "run", lambda *a, **k: done)
    known, why_not = audit.ask("pypi")
    assert known == {}
    assert why_not
