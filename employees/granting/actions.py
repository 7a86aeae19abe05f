"""What an administrator of accounts does: grant a role, end a grant, switch an account off and on."""

from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import RoleGrant, User
from accounts.roles import Permission, Role
from audit import log
from audit.errors import Refusal
from employees.models import Employee, Unit
from employees.scoping import EVERYWHERE, scope_roots, within


def held_roots(user: Any, permission: str = Permission.MANAGE_ACCOUNTS) -> list[str]:
    """Paths of the units below which this administrator manages accounts."""
    return scope_roots(user, permission, service_areas=False)


def accounts_seen_by(user: Any, permission: str = Permission.MANAGE_ACCOUNTS) -> Any:
    """Accounts of people in the administrator's units, or with a role there.

    Accounts without a person and without any role are seen by whoever manages the whole ministry.
    """
    roots = held_roots(user, permission)
    accounts = get_user_model().objects.all()
    if EVERYWHERE in roots or Unit.objects.filter(parent=None, path__in=roots).exists():
        return accounts
    granted = RoleGrant.objects.filter(within(roots, "unit__path"), user=OuterRef("pk"))
    works = Employee.objects.filter(within(roots, "unit__path"), user=OuterRef("pk"))
    return accounts.filter(Q(Exists(granted)) | Q(Exists(works)))


def grants_seen_by(user: Any) -> Any:
    """Grants on units that the administrator manages."""
    return RoleGrant.objects.filter(within(held_roots(user), "unit__path"))


@transaction.atomic
def grant(*, user: User, role: str, unit: Unit, since: date, until: date | None, by: Any) -> RoleGrant:
    """Give the account a role on a unit from one day until another (None: until further notice).

    Refusal: to oneself, on a unit outside the administrator's own, from a day that is past, an end before
    the beginning, to an account that is switched off, or when the account holds the role there already.
    """
    if user.pk == by.pk:
        raise Refusal(_("Nobody grants a role to themselves. Ask another administrator."), code="self")
    if not any(unit.path.startswith(root) for root in held_roots(by)):
        raise Refusal(_("This unit lies outside the units you manage accounts for."), code="scope")
    if since < timezone.localdate():
        raise Refusal(_("A role begins today or later: what was done before stays as it was."), code="since")
    if until is not None and until < since:
        raise Refusal(_("The last day lies before the first. Mend one of them."), code="until")
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise Refusal(_("This account is switched off. Switch it on first."), code="inactive")
    overlapping = RoleGrant.objects.filter(user=user, role=role, unit=unit, ended_at=None).filter(
        Q(until=None) | Q(until__gte=since)
    )
    if until is not None:
        overlapping = overlapping.filter(since__lte=until)
    if overlapping.exists():
        raise Refusal(
            _("The account holds this role on this unit on some of these days already."), code="double"
        )
    made = RoleGrant.objects.create(user=user, role=role, unit=unit, since=since, until=until, granted_by=by)
    _record("role.granted", made, by)
    return made


@transaction.atomic
def end_grant(*, grant: RoleGrant, by: Any, last_day: date | None = None) -> RoleGrant:
    """End a grant at once, or let it run out on a day (today or later). It stays on record.

    Refusal: outside the administrator's units, one's own, one that is over already, or a day that is past
    or later than the grant's own end.
    """
    found = grants_seen_by(by).select_for_update(of=("self",)).filter(pk=grant.pk).first()
    if found is None:
        raise Refusal(_("This unit lies outside the units you manage accounts for."), code="scope")
    if found.user_id == by.pk:
        raise Refusal(_("Nobody ends their own role. Ask another administrator."), code="self")
    if found.status in ("ended", "over"):
        raise Refusal(_("This role is over already."), code="over")
    if last_day is None:
        found.ended_at, found.ended_by = timezone.now(), by
    elif last_day < max(found.since, timezone.localdate()):
        raise Refusal(_("The last day must be today or later, and not before the first."), code="until")
    elif found.until is not None and last_day > found.until:
        raise Refusal(_("A role is not made longer by ending it; grant a new one."), code="longer")
    else:
        found.until = last_day
    found.save(update_fields=["ended_at", "ended_by", "until"])
    _record("role.ended", found, by)
    return found


def refuse_beyond(*, user: User, by: Any) -> None:
    """Refusal where the account belongs to the portal's operators, or also to units outside the administrator's."""
    if user.is_superuser and not by.is_superuser:
        raise Refusal(_("An account of the portal's operators is changed by them."), code="superuser")
    roots = held_roots(by)
    outside = RoleGrant.objects.current().filter(user=user).exclude(within(roots, "unit__path")).exists()
    person = Employee.objects.filter(user=user).exclude(within(roots, "unit__path")).exists()
    if outside or person or not accounts_seen_by(by).filter(pk=user.pk).exists():
        raise Refusal(
            _("This account also belongs to units that you do not manage. Ask the administrator above you."),
            code="scope",
        )


@transaction.atomic
def set_active(*, user: User, active: bool, by: Any) -> bool:
    """Switch an account on or off; whether that changed anything. Off, it is signed out at its next request.

    Refusal: oneself, an account of the portal's operators, or one that also has a role or a person
    outside the administrator's units.
    """
    if user.pk == by.pk:
        raise Refusal(_("Nobody switches their own account off. Ask another administrator."), code="self")
    user = User.objects.select_for_update().get(pk=user.pk)
    refuse_beyond(user=user, by=by)
    if user.is_active == active:
        return False
    user.is_active = active
    user.save(update_fields=["is_active"])
    log.record(
        "account.switched_on" if active else "account.switched_off",
        by=by,
        object_type="user",
        object_id=user.pk,
        unit_path=_path_of(user),
        data={"username": user.username},
    )
    return True


def _path_of(user: User) -> str:
    person = Employee.objects.filter(user=user).select_related("unit").first()
    return person.unit.path if person else ""


def _record(verb: str, grant: RoleGrant, by: Any) -> None:
    log.record(
        verb,
        by=by,
        object_type="user",
        object_id=grant.user_id,
        unit_path=grant.unit.path,
        data={
            "grant": grant.pk,
            "role": Role(grant.role).value,
            "unit": grant.unit.code,
            "since": grant.since.isoformat(),
            "until": grant.until.isoformat() if grant.until else None,
            "at_once": grant.ended_at is not None,
        },
    )
