"""The cast on a small unit tree; engines for the tests that need real ones."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, TransactionTestCase
from django.test.utils import setup_databases, teardown_databases
from django.utils import translation

from accounts.models import RoleGrant
from accounts.roles import Role
from audit import reading
from employees.models import Employee, ServiceArea, Unit
from tests import database, factories, told
from tests.engines import browser, mailbox, page, redis_url  # noqa: F401 - fixtures


def pytest_configure() -> None:
    # Tests that are about the broker start a real one; the others only need it to take a message.
    settings.CELERY_BROKER_URL = "memory://"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    # Whether the requirement holds is the subject of tests of its own; the others sign in by password.
    settings.REQUIRE_SECOND_FACTOR = False
    # The real hasher takes a tenth of a second on purpose; hundreds of test accounts need none of it.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    TransactionTestCase._fixture_teardown = database.emptied


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for processes and browsers comes first, so that the others' work fills its pauses.

    With `--dist worksteal` the first process begins with these and gives the rest of its share away; left to
    the end, one of them would be waited for by all.
    """
    marks = ("engines", "browser")
    items.sort(
        key=lambda item: next((n for n, m in enumerate(marks) if item.get_closest_marker(m)), len(marks))
    )


PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def plain_static(settings):
    """Pages in tests name static files as they are; hashed names need a collected folder."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture(autouse=True)
def everybody_named_is_told(monkeypatch):
    """See tests/told.py."""
    monkeypatch.setattr(reading, "note", told.noting)
    monkeypatch.setattr(Client, "request", told.requesting)


@pytest.fixture(autouse=True)
def usual_language():
    """A request leaves its language active (simdiklat/middleware.py); the next test begins without it."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, django_db_blocker):
    """pytest-django's, before it makes the database: see tests/database.py."""
    with django_db_blocker.unblock():
        database.hasten()
        database.prepare()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """pytest-django's, and what stands in the new database is remembered: see tests/database.py."""
    if connection.settings_dict["NAME"].startswith("test_"):
        with django_db_blocker.unblock():
            database.remember()


@dataclass
class Tree:
    """MENAG over PUSDIKLAT, BDK-SBY (serves KW35), KW35 > KK3578 > MAN1, and KW33 > KK3374."""

    root: Unit
    pusdiklat: Unit
    bdk: Unit
    east: Unit
    surabaya: Unit
    madrasah: Unit
    central_java: Unit
    semarang: Unit


@pytest.fixture
def tree(db) -> Tree:
    root = factories.unit("MENAG", kind="KEMENTERIAN", name="Kementerian Agama")
    pusdiklat = factories.unit("PUSDIKLAT", root, "PUSDIKLAT")
    bdk = factories.unit("BDK-SBY", root, "BDK", name="BDK Surabaya")
    east = factories.unit("KW35", root, "KANWIL", name="Kanwil Jawa Timur", province_code="35")
    surabaya = factories.unit(
        "KK3578", east, "KANKEMENAG", name="Kantor Kementerian Agama Kota Surabaya", province_code="35"
    )
    madrasah = factories.unit("MAN1-SBY", surabaya, "MADRASAH", name="MAN 1 Surabaya", province_code="35")
    central_java = factories.unit("KW33", root, "KANWIL", name="Kanwil Jawa Tengah", province_code="33")
    semarang = factories.unit(
        "KK3374",
        central_java,
        "KANKEMENAG",
        name="Kantor Kementerian Agama Kota Semarang",
        province_code="33",
    )
    ServiceArea.objects.create(organiser=bdk, area=east, since=date(2020, 1, 1))
    return Tree(root, pusdiklat, bdk, east, surabaya, madrasah, central_java, semarang)


@dataclass
class Cast:
    central: "get_user_model()"  # type: ignore[valid-type]
    organiser: "get_user_model()"  # type: ignore[valid-type]
    operator: "get_user_model()"  # type: ignore[valid-type]
    neighbour: "get_user_model()"  # type: ignore[valid-type]
    leader: "get_user_model()"  # type: ignore[valid-type]
    auditor: "get_user_model()"  # type: ignore[valid-type]
    admin: "get_user_model()"  # type: ignore[valid-type]
    employee_user: "get_user_model()"  # type: ignore[valid-type]
    employee: Employee
    stranger: Employee


@pytest.fixture
def cast(tree) -> Cast:
    """One person of each role; `employee` works in MAN1-SBY, `stranger` in Semarang."""
    User = get_user_model()

    def holder(name: str, role: Role | None, unit: Unit | None):
        user = User.objects.create_user(name, f"{name}@contoh.invalid", PASSWORD, full_name=name.title())
        if role is not None:
            RoleGrant.objects.create(user=user, role=role, unit=unit, since=date(2020, 1, 1))
        return user

    person = factories.employee(tree.madrasah, name="Sari Wulandari")
    account = User.objects.create_user(person.nip, person.email, PASSWORD, full_name=person.name)
    person.user = account
    person.save()
    return Cast(
        central=holder("central", Role.CENTRAL, tree.root),
        organiser=holder("organiser", Role.ORGANISER, tree.bdk),
        operator=holder("operator", Role.REGION, tree.east),
        neighbour=holder("neighbour", Role.REGION, tree.central_java),
        leader=holder("leader", Role.LEADER, tree.root),
        auditor=holder("auditor", Role.AUDITOR, tree.root),
        admin=holder("admin", Role.ADMIN, tree.root),
        employee_user=account,
        employee=person,
        stranger=factories.employee(tree.semarang, name="Budi Santoso"),
    )


@pytest.fixture(scope="session")
def test_database(request, django_db_setup, django_db_blocker):
    """The test database for fixtures that commit for themselves.

    pytest-django makes it only when a collected test carries the `django_db` mark; without this, such a
    fixture run alone would write into the portal's own database.
    """
    if connection.settings_dict["NAME"].startswith("test_"):
        yield
        return
    keep = request.config.getvalue("reuse_db") and not request.config.getvalue("create_db")
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"}, keepdb=keep)
    yield
    if not keep:
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)
