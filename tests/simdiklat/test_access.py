"""Every address declares who may call it, and keeps to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.access import PUBLIC
from accounts.models import RoleGrant, User
from accounts.roles import Permission
from employees.scoping import scope_roots
from invitations import actions
from tests import factories


def patterns(entries: list[Any], namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else ""
            yield from patterns(entry.url_patterns, namespace + inner)
        else:
            yield f"{namespace}{entry.name}", entry


ALL = list(patterns(get_resolver().url_patterns))


def test_there_are_addresses_to_walk():
    assert len(ALL) > 30


@pytest.mark.parametrize(("name", "pattern"), ALL, ids=[name for name, _pattern in ALL])
def test_every_view_declares_its_access(name, pattern):
    declared = getattr(pattern.callback, "access", ())
    assert declared, f"{name} declares no access"
    assert set(declared) <= {PUBLIC, "signed_in", *Permission.values}, f"{name} declares {declared}"


def address(name: str, pattern: URLPattern, pk: int) -> str:
    given = {"pk": pk, "kind": "csv", "key": "units", "year": 2026, "month": 5, "record": "employee"}
    return reverse(name, kwargs={key: given[key] for key in pattern.pattern.converters})


@pytest.mark.parametrize(("name", "pattern"), ALL, ids=[name for name, _pattern in ALL])
def test_anonymous_people_are_sent_to_sign_in(db, client, name, pattern):
    if PUBLIC in pattern.callback.access:
        return
    response = client.get(address(name, pattern, 1))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:login"))


@pytest.mark.parametrize(("name", "pattern"), ALL, ids=[name for name, _pattern in ALL])
def test_somebody_without_any_role_gets_403_where_a_permission_is_asked(cast, client, name, pattern):
    needed = pattern.callback.access
    if not set(needed) <= set(Permission.values):
        return
    client.force_login(cast.employee_user)
    assert client.get(address(name, pattern, 1)).status_code == 403


@pytest.fixture
def issued(cast, tree):
    """A class of the organiser for East Java with its one invitation issued to the employee."""
    training_class = factories.training_class(factories.programme(), tree.bdk, [tree.east])
    selection = actions.start_selection(training_class=training_class, by=cast.organiser, in_background=False)
    actions.run_selection(selection.pk)
    actions.approve(selection=selection, by=cast.organiser, in_background=False)
    actions.issue(selection.pk)
    selection.refresh_from_db()
    return selection


def pages_of(selection: Any, person: Any) -> dict[str, str]:
    """Pages about one person of East Java and a class held for East Java."""
    invitation = selection.invitations.get()
    return {
        "employee": reverse("employees:detail", args=[person.pk]),
        "class": reverse("invitations:class", args=[selection.training_class_id]),
        "selection": reverse("invitations:selection", args=[selection.pk]),
        "answer": reverse("invitations:answer_for", args=[invitation.pk]),
        "withdraw": reverse("invitations:withdraw", args=[invitation.pk]),
        "edit": reverse("trainings:class_edit", args=[selection.training_class_id]),
        "own": reverse("invitations:show", args=[invitation.pk]),
    }


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("central", dict.fromkeys(("employee", "class", "selection", "answer", "withdraw"), 200) | {"own": 404}),
        ("organiser", {"employee": 200, "class": 200, "selection": 200, "answer": 403, "withdraw": 200}),
        ("operator", {"employee": 200, "class": 200, "selection": 200, "answer": 200, "withdraw": 403}),
        ("neighbour", {"employee": 404, "class": 404, "selection": 404, "answer": 404, "edit": 403, "own": 404}),
        ("leader", {"employee": 403, "class": 200, "selection": 403, "answer": 403, "withdraw": 403}),
        ("auditor", {"employee": 200, "class": 200, "selection": 200, "answer": 403, "withdraw": 403}),
        ("employee_user", {"employee": 403, "class": 403, "selection": 403, "own": 200}),
    ],
)  # fmt: skip
def test_each_role_opens_exactly_what_it_may(cast, client, issued, who, expected):
    client.force_login(getattr(cast, who))
    pages = pages_of(issued, cast.employee)
    assert {name: client.get(pages[name]).status_code for name in expected} == expected


def test_an_organiser_of_elsewhere_may_not_touch_the_class(cast, tree, issued):
    other = factories.unit("BDK-SMG", tree.root, "BDK", name="BDK Semarang")
    RoleGrant.objects.filter(user=cast.organiser).update(unit=other)
    client = Client()
    client.force_login(cast.organiser)
    organiser = User.objects.get(pk=cast.organiser.pk)  # as the next request finds it
    assert scope_roots(organiser, Permission.PLAN_CLASSES) == [other.path]
    for name, args in [
        ("trainings:class_edit", [issued.training_class_id]),
        ("invitations:cancel_class", [issued.training_class_id]),
        ("invitations:start", [issued.training_class_id]),
        ("invitations:approve", [issued.pk]),
        ("invitations:void", [issued.pk]),
        ("invitations:withdraw", [issued.invitations.get().pk]),
    ]:
        assert client.get(reverse(name, args=args)).status_code == 404, name


@pytest.mark.parametrize(
    "who",
    ["central", "organiser", "operator", "neighbour", "leader", "auditor", "admin", "employee_user"],
)
def test_everybody_has_a_home_and_no_page_has_inline_style_or_script(cast, client, issued, who):
    client.force_login(getattr(cast, who))
    body = client.get("/").content.decode()
    assert "<h1>" in body
    assert " style=" not in body
    assert "<script>" not in body


def test_friendly_pages_for_403_and_404(cast, client):
    client.force_login(cast.employee_user)
    refused = client.get(reverse("employees:list"))
    missing = client.get("/nothing/here/")
    assert (refused.status_code, missing.status_code) == (403, 404)
    assert 'aria-current="page"' in refused.content.decode() or "bottom" in refused.content.decode()
    assert reverse("home") in missing.content.decode()
