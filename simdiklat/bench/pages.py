"""The list of people, as the web process builds it, against an empty page and COPY TO of the same rows."""

from __future__ import annotations

import io
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import include, path

from accounts.models import User
from simdiklat.bench import lists
from simdiklat.bench.measure import Figure, in_turn
from simdiklat.demo.accounts import PLANNER

_ROWS = 25


def empty(request: HttpRequest) -> HttpResponse:
    """What every page costs: sessions, sign-in, security headers, and nothing else."""
    return HttpResponse("")


#: The portal's addresses and the empty page, while measuring only.
urlpatterns = [path("empty/", empty), path("", include("simdiklat.urls"))]


def figures(runs: int) -> list[Figure]:
    """First page, a search by name, and the page again against the bare rows."""
    plain: dict[str, Any] = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    with override_settings(
        # Signed in by force: there is nobody to show a second factor.
        ROOT_URLCONF=__name__,
        STORAGES=plain,
        SECURE_SSL_REDIRECT=False,
        ALLOWED_HOSTS=["*"],
        REQUIRE_SECOND_FACTOR=False,
    ):
        client = Client()
        client.force_login(User.objects.get(username=PLANNER))

        def get(address: str) -> None:
            response = client.get(address)
            if response.status_code != 200:
                raise AssertionError(f"{address} answered {response.status_code}")

        more = lists.pages(runs, get)
        first, search = "/employees/", "/employees/?q=sari"
        return [
            in_turn(Figure("people, first page", "empty page, signed in", _ROWS), runs,
                    lambda: get(first), lambda: get("/empty/")),
            in_turn(Figure("people, first page", "COPY TO of the page's rows", _ROWS), runs,
                    lambda: get(first), _copy_out),
            in_turn(Figure("people, search for a name", "empty page, signed in", _ROWS), runs,
                    lambda: get(search), lambda: get("/empty/")),
            *more,
        ]  # fmt: skip


def _copy_out() -> None:
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"""
            COPY (SELECT e.*, u.name, s.* FROM employees_employee e JOIN employees_unit u ON u.id = e.unit_id
                JOIN trainings_standing s ON s.employee_id = e.id
                WHERE e.activity = 'AKTIF' ORDER BY e.name, e.id LIMIT {_ROWS}) TO STDOUT
            """,
            io.StringIO(),
        )
