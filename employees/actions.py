"""What people do to personnel data in the portal. Keyword-only, `by=` the person acting."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import codes, notices
from accounts.models import OneTimeCode
from accounts.second_factor import needed_by
from audit import log, origin, reading
from audit.errors import Refusal
from employees.codes import Activity
from employees.models import Employee


def note_viewed(*, employee: Employee, by: Any) -> bool:
    """Record that somebody opened a person's page, each time; never for the person. Whether it was recorded."""
    if employee.user_id is not None and employee.user_id == by.pk:
        return False
    reading.note(
        reading.Kind.OPENED, by=by, subjects=[employee.pk], object_type="employee", object_id=employee.pk
    )
    return True


def note_found(*, people: Iterable[int], by: Any, where: str, filters: dict[str, Any]) -> bool:
    """Record whom a search by name or NIP has shown (keys of employees); nobody found leaves nothing."""
    keys = list(people)
    if keys:
        reading.note(reading.Kind.SEARCHED, by=by, subjects=keys, what=where, filters=filters)
    return bool(keys)


def show_accounts(users: Iterable[int | None]) -> None:
    """The people behind these accounts (keys) stand on the page at hand, by the name kept with account or message."""
    keys = {key for key in users if key is not None}
    if keys:
        origin.show(*Employee.objects.filter(user__in=keys).values_list("pk", flat=True))


@transaction.atomic
def change_address(*, employee: Employee, address: str, by: Any) -> None:
    """Keep another e-mail address (checked by the caller) with the person; the next import may change it.

    Codes for a new password go there, so the person is told at the address before, and whoever changes the
    address could take the account: Refusal for an account whose roles see other people.
    """
    if employee.user is not None and needed_by(employee.user):
        raise Refusal(
            _(
                "This person has a role that sees other people, and codes for a new password go to this address: "
                "the person asks for the change on the page “Personal data”."
            ),
            code="role",
        )
    tell_address_changed(employee)
    Employee.objects.filter(pk=employee.pk).update(email=address)
    employee.email = address
    log.record(
        "employee.address_changed",
        by=by,
        object_type="employee",
        object_id=employee.pk,
        unit_path=employee.unit.path,
    )


def tell_address_changed(employee: Employee) -> None:
    """Tell the person at the address still on record, and in the portal, that it is being changed."""
    if employee.user is not None:
        notices.send(employee.user, "address_changed", address="", to=employee.email)


# --- Accounts of people in service ----------------------------------------------------------------


def account_of(person: Employee) -> Any:
    """The person's account, made without any role and without a password when there is none yet.

    None when an account of that name is somebody else's (an administrator must look), or is locked. Runs
    in the caller's transaction.
    """
    person = Employee.objects.select_for_update(of=("self",)).select_related("user", "unit").get(pk=person.pk)
    if person.user is None:
        if get_user_model().objects.filter(username=person.number).exists():
            return None
        person.user = get_user_model().objects.create_user(
            person.number, person.email, password=None, full_name=person.full_name
        )
        person.save(update_fields=["user"])
        log.record(
            "account.made", by=None, object_type="employee", object_id=person.pk, unit_path=person.unit.path
        )
    return person.user if person.user.is_active else None


@transaction.atomic
def account_by_nip(nip: str) -> Any:
    """The account of the person in active service with this very NIP, made when there is none; else None.

    For the ministry's own sign-in (accounts/identity.py): a former NIP or an employee ID does not do.
    """
    person = Employee.objects.active().filter(nip=nip).first()
    return account_of(person) if person else None


@transaction.atomic
def send_code(*, number: str, birth_date: date) -> bool:
    """Mail the person a code to set a password, making the account on first use; whether one was written.

    For a first sign-in and for a forgotten password alike. Nothing is sent when number and birth date do
    not belong together or no address is on record; the caller says the same in every case.
    """
    person = Employee.objects.active().select_related("unit").find(number)
    if person is None or person.birth_date != birth_date or not person.email:
        return False
    user = account_of(person)
    if user is None:
        return False
    codes.mail(
        user,
        to_name=person.full_name,
        to_address=person.email,
        unit_path=person.unit.path,
        first=not user.has_usable_password(),
    )
    _record("account.code_mailed", person, by=None)
    return True


@transaction.atomic
def hand_out_code(*, person: Employee, by: Any) -> str:
    """A code for somebody without an address on record, to be given to them in person; its digits.

    Refused where a mail would do, for people no longer in service, and for accounts that see other people:
    whoever hands out a code could use it.
    """
    if person.activity != Activity.AKTIF:
        raise Refusal(_("Only people in active service can sign in."))
    if person.email:
        raise Refusal(
            _(
                "An e-mail address is on record: the person asks for a code on the sign-in page and gets it "
                "there. Is the address wrong, correct it first."
            )
        )
    user = account_of(person)
    if user is None:
        raise Refusal(
            _("The account of this name is locked or somebody else's. An account administrator must look.")
        )
    if user.pk == by.pk:
        raise Refusal(_("Nobody hands a code to themselves. Change your password on the page “My account”."))
    if needed_by(user):
        raise Refusal(
            _(
                "This account has a role that sees other people. Only an account administrator can renew its password."
            )
        )
    _code, digits = codes.make(user, OneTimeCode.Way.HAND, by=by)
    notices.send(user, "code_handed_out", address="")
    _record("account.code_handed_out", person, by=by)
    return digits


def set_password(*, number: str, code: str, password: str, address: str) -> bool:
    """Set the password of the account with this number by a code; whether the code was right.

    Costs the code an attempt when it was not. `password` has been checked by the caller. Other sessions of
    the account end with the old password.
    """
    user = _user_with(number)
    # Outside the transaction below: a wrong attempt stays counted.
    if not codes.redeem(user, code) or not user.is_active:
        return False
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        notices.send(user, "password_set", address=address)
        log.record("account.password_set", by=user, object_type="user", object_id=user.pk)
    return True


def _user_with(number: str) -> Any:
    """Whose code is meant: the person in service with the number, else the account of that name."""
    person = Employee.objects.active().select_related("user").find(number)
    named = get_user_model().objects.filter(username=number).first()
    return person.user if person is not None and person.user is not None else named


def _record(verb: str, person: Employee, *, by: Any) -> None:
    log.record(verb, by=by, object_type="employee", object_id=person.pk, unit_path=person.unit.path)
