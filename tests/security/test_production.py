"""Production: what it refuses to start with, and the headers and cookies of every kind of answer."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.engines import ROOT, database_url_for

SAFE = {
    "SIMDIKLAT_ENV": "production",
    "SECRET_KEY": "k7Jq2vXw9Lr4Tz8Bn5Mc1Pd6Fs3Gh0Yu-for-a-test-only",
    "ALLOWED_HOSTS": "simdiklat.example",
    "PORTAL_URL": "https://simdiklat.example",
    "SIMDIKLAT_VAR": "var/test",
}
OURS = (*SAFE, "DEBUG", "REQUIRE_SECOND_FACTOR", "DATABASE_URL")


def run(*code: str, **environment: str) -> subprocess.CompletedProcess:
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, *code],
        cwd=ROOT,
        env={**inherited, "DJANGO_SETTINGS_MODULE": "simdiklat.settings", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is the demo's"),
        ({"SECRET_KEY": "short"}, "shorter than 32"),
        ({"DEBUG": "true"}, "DEBUG is on"),
        ({"REQUIRE_SECOND_FACTOR": "false"}, "REQUIRE_SECOND_FACTOR is off"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "a.example,*.b.example"}, "ALLOWED_HOSTS"),
        ({"PORTAL_URL": "http://simdiklat.example"}, "PORTAL_URL"),
        ({"PORTAL_URL": None}, "PORTAL_URL"),
    ],
)
def test_production_refuses_to_start_with(change, said):
    environment = {name: value for name, value in {**SAFE, **change}.items() if value is not None}
    refused = run("-c", "from django.conf import settings; settings.DEBUG", **environment)
    assert refused.returncode != 0
    assert "refuses to start" in refused.stderr
    assert said in refused.stderr.splitlines()[-1]


def test_production_starts_with_safe_settings():
    code = "from django.conf import settings as s; print(s.REQUIRE_SECOND_FACTOR, s.DEBUG, s.SESSION_COOKIE_SECURE)"
    assert run("-c", code, **SAFE).stdout.split() == ["True", "False", "True"]


@pytest.mark.parametrize(
    ("environment", "required"),
    [
        ({}, "False"),  # the demo on a laptop
        ({"DATABASE_URL": "postgres://a@b/c"}, "True"),
        ({"REQUIRE_SECOND_FACTOR": "true"}, "True"),
    ],
)
def test_the_second_factor_is_required_wherever_it_is_not_the_demo(environment, required):
    code = "from django.conf import settings; print(settings.REQUIRE_SECOND_FACTOR)"
    said = run("-c", code, SIMDIKLAT_VAR="var/test", **environment)
    assert said.stdout.strip() == required


# --- What it answers ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answers(test_database, django_db_blocker):
    with django_db_blocker.unblock():
        url = database_url_for()
    done = run("-m", "tests.security.probe", **SAFE, DATABASE_URL=url)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_every_kind_of_answer_is_there(answers):
    assert {name: answer["status"] for name, answer in answers.items()} == {
        "sign-in page": 200, "signing in": 302, "wrong password": 200, "home": 200, "my account": 200,
        "authenticator app": 200, "passkey": 200, "json": 200, "redirect to sign in": 302, "403": 403,
        "403 csrf": 403, "404": 404, "405": 405, "language": 302, "other host": 400, "plain http": 301,
        "500": 500, "file": 200, "429": 429, "signing out": 302,
    }  # fmt: skip


def test_security_headers_are_on_every_answer(answers):
    for name, answer in answers.items():
        headers = answer["headers"]
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy, name
        assert {"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= {
            part.strip() for part in policy.split(";")
        }, name
        assert headers["x-frame-options"] == "DENY", name
        assert headers["x-content-type-options"] == "nosniff", name
        assert headers["referrer-policy"] == "same-origin", name
        assert "camera=()" in headers["permissions-policy"], name
        assert headers["cross-origin-resource-policy"] == "same-origin", name
        assert not {"server", "x-powered-by"} & set(headers), name


def test_https_is_kept_to(answers):
    assert answers["plain http"]["headers"]["location"] == "https://simdiklat.example/sign-in/"
    for name, answer in answers.items():
        if name not in ("plain http", "other host"):
            hsts = answer["headers"]["strict-transport-security"]
            assert hsts == "max-age=31536000; includeSubDomains; preload", name
            assert answer["headers"]["cross-origin-opener-policy"] == "same-origin", name


def test_every_cookie_is_secure_and_of_this_host_alone(answers):
    seen = set()
    for name, answer in answers.items():
        for cookie, flags in answer["cookies"].items():
            seen.add(cookie)
            assert flags["secure"] is True, (name, cookie)
            assert flags["httponly"] is True or flags["max-age"] == 0, (name, cookie)  # 0: it is taken away
            assert flags["samesite"] == "Lax", (name, cookie)
            assert (flags["path"], flags["domain"]) == ("/", ""), (name, cookie)
    assert {"__Host-session", "__Host-csrf", "django_language"} <= seen


def test_what_somebody_was_shown_is_not_kept(answers):
    for name in ("home", "my account", "403", "file", "authenticator app"):
        assert "no-store" in answers[name]["headers"]["cache-control"], name


def test_errors_tell_nothing_about_the_inside(answers):
    for name in ("403", "403 csrf", "404", "500", "other host", "429", "405"):
        body = answers[name]["body"]
        assert "Traceback" not in body, name
        assert "secret-in-a-traceback" not in body, name
        assert not re.search(r"django|/srv/|site-packages|urlconf", body, re.IGNORECASE), name


def test_no_page_has_inline_script_or_style(answers):
    for name, answer in answers.items():
        body = answer["body"]
        assert " style=" not in body, name
        assert not re.search(r"\son[a-z]+=", body), name
        for tag in re.findall(r"<script[^>]*>", body):
            assert " src=" in tag or 'type="application/json"' in tag, (name, tag)


def test_the_sign_in_page_of_production_speaks_of_no_demo(answers):
    assert "rekaan" not in answers["sign-in page"]["body"]
