"""What people do to personnel data in the portal. Keyword-only, `by=` the person acting."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode

from audit import log, reading
from employees.models import Employee
from outbox.models import Message


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


@transaction.atomic
def change_address(*, employee: Employee, address: str, by: Any) -> None:
    """Keep another e-mail address (checked by the caller) with the person; the next import may change it."""
    Employee.objects.filter(pk=employee.pk).update(email=address)
    employee.email = address
    log.record(
        "employee.address_changed",
        by=by,
        object_type="employee",
        object_id=employee.pk,
        unit_path=employee.unit.path,
    )


#: A person gets at most one link to set a password in this time; asking again changes nothing.
LINK_PAUSE = timedelta(minutes=10)


@transaction.atomic
def send_password_link(*, number: str, birth_date: date) -> bool:
    """Send the person a link to set a password, making the account on first use; whether one was written.

    For a new account and for a forgotten password alike. Nothing is sent when number and birth date do
    not belong together or no address is on record; the caller says the same in every case.
    """
    person = Employee.objects.active().find(number)
    if person is None or person.birth_date != birth_date or not person.email:
        return False
    person = Employee.objects.select_for_update(of=("self",)).select_related("user", "unit").get(pk=person.pk)
    if person.user is None:
        if get_user_model().objects.filter(username=person.number).exists():
            return False  # an account of that name belongs to somebody else; an administrator must look
        person.user = get_user_model().objects.create_user(
            person.number, person.email, password=None, full_name=person.full_name
        )
        person.save(update_fields=["user"])
        log.record(
            "account.made", by=None, object_type="employee", object_id=person.pk, unit_path=person.unit.path
        )
    if not person.user.is_active:
        return False
    now = timezone.now()
    turn = int(now.timestamp() // LINK_PAUSE.total_seconds())
    path = reverse(
        "employees:set_password",
        args=[
            urlsafe_base64_encode(str(person.user.pk).encode()),
            default_token_generator.make_token(person.user),
        ],
    )
    _message, made = Message.objects.get_or_create(
        key=f"password:{person.user.pk}:{turn}",
        defaults={
            "kind": "password_link",
            "recipient": person.user,
            "to_name": person.full_name,
            "to_address": person.email,
            "unit_path": person.unit.path,
            "language": person.user.language,
            "context": {"name": person.full_name, "username": person.user.username, "url_path": path},
        },
    )
    if made:
        log.record(
            "account.link_sent",
            by=None,
            object_type="employee",
            object_id=person.pk,
            unit_path=person.unit.path,
        )
    return made
