"""Making accounts: for somebody in the ministry's service, or from outside, with the first role and a code."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import codes
from accounts.models import OneTimeCode, RoleGrant, User
from accounts.roles import Role
from audit import log, reading
from audit.errors import Refusal
from employees.actions import account_of
from employees.granting.actions import grant, held_roots
from employees.models import Employee, Unit
from employees.scoping import within

#: User names of people from outside: never digits alone, which are somebody's NIP.
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,59}")


@dataclass(frozen=True)
class Made:
    """An account that was made. `digits`: its code, to be given to the person; empty when it went by mail."""

    user: User
    digits: str


@transaction.atomic
def for_employee(*, number: str, role: str, unit: Unit, since: date, until: date | None, by: Any) -> Made:
    """The account of the person in active service with this NIP or ID, with a role and a code to set a password.

    The code goes to the address on record; without one its digits are returned. Refusal: nobody of this
    number in the administrator's units, an account there is already, or the role cannot be granted.
    """
    people = Employee.objects.active().filter(within(held_roots(by), "unit__path"))
    person = people.select_related("unit", "user").find(number)
    if person is None:
        raise Refusal(_("Nobody in active service in your units has this NIP or employee ID."), code="nobody")
    reading.note(reading.Kind.SEARCHED, by=by, subjects=[person.pk], what="employees:account_new")
    if person.user is not None:
        raise Refusal(
            _("This person has an account: find it in the list, and grant the role there."), code="there"
        )
    user = account_of(person)
    if user is None:
        raise Refusal(
            _("An account of this name is somebody else's. Ask the portal's operator."), code="taken"
        )
    grant(user=user, role=role, unit=unit, since=since, until=until, by=by)
    return _with_code(user, name=person.full_name, address=person.email, path=person.unit.path, by=by)


@transaction.atomic
def for_guest(
    *, username: str, full_name: str, email: str, role: str, unit: Unit, since: date, until: date, by: Any
) -> Made:
    """An account for somebody who is not in the ministry's service, with a role that has a last day.

    The code goes to the address; without one its digits are returned. Refusal: a user name that is taken, or
    that could be somebody's number, or the role cannot be granted.
    """
    user = _new_user(username, full_name, email)
    grant(user=user, role=role, unit=unit, since=since, until=until, by=by)
    log.record("account.made", by=by, object_type="user", object_id=user.pk, unit_path=unit.path,
               data={"username": user.username})  # fmt: skip
    return _with_code(user, name=user.full_name, address=email, path=unit.path, by=by)


@transaction.atomic
def first_administrator(*, username: str, full_name: str, email: str, operator: str) -> Made:
    """An account that administers the accounts of the whole ministry, by the portal's operator; never by mail.

    Refusal: no unit yet, or a user name that is taken.
    """
    root = Unit.objects.filter(parent=None).first()
    if root is None:
        raise Refusal(_("There is no unit yet: import the units first (import_units)."), code="unit")
    user = _new_user(username, full_name, email)
    made = RoleGrant.objects.create(user=user, role=Role.ADMIN, unit=root, granted_by=None)
    _code, digits = codes.make(user, OneTimeCode.Way.HAND)
    log.record(
        "account.administrator_made", by=None, operator=operator, object_type="user", object_id=user.pk,
        unit_path=root.path, data={"username": user.username, "grant": made.pk},
    )  # fmt: skip
    return Made(user, digits)


def _new_user(username: str, full_name: str, email: str) -> User:
    if not _USERNAME.fullmatch(username):
        raise Refusal(
            _(
                "A user name begins with a letter and has 3 to 60 of: a to z, digits, dot, hyphen, underscore."
            ),
            code="username",
        )
    users = get_user_model().objects
    of_somebody = Q(external_id__iexact=username)
    if users.filter(username=username).exists() or Employee.objects.filter(of_somebody).exists():
        raise Refusal(_("This user name is taken. Choose another."), code="taken")
    try:
        with transaction.atomic():
            return users.create_user(username, email, password=None, full_name=full_name)
    except IntegrityError as error:  # somebody else was quicker
        raise Refusal(_("This user name is taken. Choose another."), code="taken") from error


def _with_code(user: User, *, name: str, address: str, path: str, by: Any) -> Made:
    if address:
        codes.mail(user, to_name=name, to_address=address, unit_path=path, first=True)
        log.record("account.code_mailed", by=by, object_type="user", object_id=user.pk, unit_path=path)
        return Made(user, "")
    _code, digits = codes.make(user, OneTimeCode.Way.HAND, by=by)
    log.record("account.code_handed_out", by=by, object_type="user", object_id=user.pk, unit_path=path)
    return Made(user, digits)
