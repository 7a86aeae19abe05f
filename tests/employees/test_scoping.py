"""The one subtree rule."""

import pytest

from accounts.roles import Permission
from employees.models import Employee, Unit
from employees.scoping import EVERYWHERE, scope_roots
from tests import factories


def names(user) -> set[str]:
    return set(Employee.objects.visible_to(user).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("central", {"Sari Wulandari", "Budi Santoso"}),
        ("organiser", {"Sari Wulandari"}),
        ("operator", {"Sari Wulandari"}),
        ("neighbour", {"Budi Santoso"}),
        ("auditor", {"Sari Wulandari", "Budi Santoso"}),
        ("leader", set()),
        ("admin", set()),
        ("employee_user", set()),
    ],
)
def test_each_sees_only_their_own_people(cast, who, expected):
    assert names(getattr(cast, who)) == expected


def test_the_slash_keeps_a_unit_from_catching_its_numeric_neighbour(cast, tree):
    # /…/1/ must not catch /…/10/: give the neighbour a unit whose path begins with the same digits.
    twin = Unit.objects.create(
        id=tree.central_java.id * 10, code="KW99", name="KW99", kind="KANWIL", parent=tree.root
    )
    factories.employee(twin, name="Orang Lain")
    assert names(cast.neighbour) == {"Budi Santoso"}


def test_a_grant_that_ended_opens_nothing(cast):
    cast.operator.grants.update(until="2021-01-01")
    assert names(cast.operator) == set()


def test_the_superuser_sees_everything(cast):
    cast.admin.is_superuser = True
    assert scope_roots(cast.admin, Permission.SEE_PEOPLE) == [EVERYWHERE]
    assert names(cast.admin) == {"Sari Wulandari", "Budi Santoso"}
