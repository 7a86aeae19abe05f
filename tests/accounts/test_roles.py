"""The one table of what each role may do, as the portal and the docs show it."""

from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.urls import reverse

from accounts.roles import GRANTED, Permission, Role, as_markdown, roles_with


def test_the_docs_show_the_table_of_the_code():
    docs = (Path(settings.BASE_DIR) / "docs/administrators.md").read_text(encoding="utf-8")
    assert as_markdown() in docs, f"docs/administrators.md is behind; paste this:\n{as_markdown()}"


def test_the_portal_shows_the_table_of_the_code(client, cast):
    client.force_login(cast.employee_user)
    rows = client.get(reverse("accounts:roles")).context["rows"]
    assert {permission: {role for role, held in cells if held} for permission, cells in rows} == {
        permission: set(roles_with(permission)) for permission in Permission
    }


def test_every_permission_belongs_to_somebody_and_every_role_is_in_the_table():
    assert set(GRANTED) == set(Role)
    assert [permission for permission in Permission if not roles_with(permission)] == []


def test_an_auditor_holds_only_permissions_to_see():
    changing = GRANTED[Role.AUDITOR] - {
        Permission.SEE_PEOPLE, Permission.SEE_NIP, Permission.SEE_FIGURES, Permission.SEE_CLASSES,
        Permission.SEE_SELECTIONS, Permission.DOWNLOAD_LISTS, Permission.SEE_AUDIT,
    }  # fmt: skip
    assert changing == set()


def test_a_leader_sees_no_names():
    assert Permission.SEE_PEOPLE not in GRANTED[Role.LEADER]
    assert Permission.SEE_NIP not in GRANTED[Role.LEADER]


def test_djangos_admin_is_not_there(client, cast):
    """One way to change anything: the pages with scope and trace."""
    assert not apps.is_installed("django.contrib.admin")
    client.force_login(cast.central)
    assert client.get("/admin/").status_code == 404
