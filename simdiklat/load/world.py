"""The world of an invitation day: classes, the staff's accounts, invitations issued by the real actions."""

from __future__ import annotations

import base64
import random
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import RoleGrant, User
from accounts.roles import Role
from employees.models import Employee, Unit
from invitations import actions
from invitations.codes import DeclineReason
from invitations.models import Invitation, Selection
from jobs.models import Job
from outbox.models import Message
from outbox.rendering import message_id
from simdiklat.demo import DEMO_PASSWORD
from simdiklat.demo.accounts import OFFICER, PLANNER
from simdiklat.load.engines import LinkOffice
from trainings.models import ClassArea, Programme, TrainingClass
from trainings.seeds import draw

Say = Callable[[str], None]

#: Seconds without any progress after which issuing or mailing is given up.
PATIENCE = 120.0
#: Names that operators and planners look for.
NAMES = ("sari", "wulandari", "ahmad", "putri", "hidayat", "siti", "nur", "rahman")


def classes(seats: int, number: int) -> list[TrainingClass]:
    """One webinar for the whole ministry with a quarter of the seats, and classes over areas of their own."""
    regions = list(Unit.objects.filter(kind="KANWIL", active=True).order_by("code"))
    groups: list[tuple[int, list[Unit]]] = [(0, []) for _ in range(min(number - 1, len(regions)))]
    sized = [
        (Employee.objects.active().filter(unit__path__startswith=unit.path).count(), unit) for unit in regions
    ]
    for people, unit in sorted(sized, key=lambda item: (-item[0], item[1].code)):
        place = min(range(len(groups)), key=lambda i: groups[i][0])
        groups[place] = (groups[place][0] + people, [*groups[place][1], unit])
    wide = seats // 4
    each, more = divmod(seats - wide, len(groups))
    made = [_class("W", 0, [Unit.objects.get(parent=None)], wide, days=30, method="WEBINAR")]
    made += [
        _class("K", place, areas, each + (place < more), days=40)
        for place, (_people, areas) in enumerate(groups)
    ]
    return made


def plans(number: int) -> list[TrainingClass]:
    """Classes that are still to be selected: in three areas each, every fourth for the whole ministry."""
    regions = list(Unit.objects.filter(kind="KANWIL", active=True).order_by("code"))
    return [
        _class("R", place, [] if place % 4 == 3 else [regions[(3 * place + i) % len(regions)] for i in range(3)], 40,
               days=100)
        for place in range(number)
    ]  # fmt: skip


def _class(
    prefix: str, place: int, areas: list[Unit], seats: int, *, days: int, method: str = "KLASIKAL"
) -> TrainingClass:
    programme, _made = Programme.objects.get_or_create(
        code=f"BEBAN-{method}",
        defaults={"name": f"Hari Undangan ({method.title()})", "kind": "TEKNIS", "method": method, "jp": 4,
                  "resets_wait": True, "pppk_exempt": True},
    )  # fmt: skip
    first = timezone.localdate() + timedelta(days=days)
    made = TrainingClass.objects.create(
        code=f"BEBAN-{prefix}{place + 1:03d}", programme=programme, batch=f"Angkatan {place + 1}",
        organiser=Unit.objects.get(code="PUSDIKLAT-TTPK"), first_day=first, last_day=first + timedelta(days=4),
        confirm_by=first - timedelta(days=5), seats=seats, reserve=max(1, seats // 3),
        allocation=("NASIONAL", "RATA", "PROPORSIONAL")[place % 3] if areas else "NASIONAL",
        unit_cap=(0, 0, 3)[place % 3], state="scheduled",
    )  # fmt: skip
    ClassArea.objects.bulk_create(ClassArea(training_class=made, unit=unit) for unit in areas)
    draw(made)
    return made


def issue(training_classes: list[TrainingClass], say: Say) -> float:
    """Select, approve and issue all of them through the worker; returns the seconds that took."""
    began = moved = time.monotonic()
    planner, officer = (User.objects.get(username=name) for name in (PLANNER, OFFICER))
    left = {one.pk for one in training_classes}
    for one in training_classes:
        actions.start_selection(training_class=one, by=planner)
    while left:
        for selection in Selection.objects.filter(training_class__in=left).select_related("job"):
            if selection.job and selection.job.state == Job.State.FAILED:
                raise RuntimeError(f"A selection failed: {selection.job.error}")
            if selection.state in (Selection.State.PROPOSED, Selection.State.IN_REVIEW):
                actions.approve(selection=selection, by=officer)
            elif selection.state == Selection.State.ISSUED:
                left.discard(selection.training_class_id)
            else:
                continue
            moved = time.monotonic()
        if time.monotonic() > moved + PATIENCE:
            raise RuntimeError(f"{len(left)} classes were not issued within {PATIENCE:.0f} s")
        time.sleep(0.1)
    seconds = time.monotonic() - began
    say(
        f"{Invitation.objects.count():,} invitations issued in {len(training_classes)} classes in {seconds:.0f} s."
    )
    return seconds


def wait_for_mails(post: LinkOffice, say: Say) -> float:
    """Until the outbox is empty; returns messages a second."""
    began = moved = told = time.monotonic()
    waiting = Message.objects.filter(state__in=("pending", "sending"))
    left, first = waiting.count(), sum(post.arrived.values())
    while now := waiting.count():
        if now != left:
            left, moved = now, time.monotonic()
        if time.monotonic() > moved + PATIENCE:
            raise RuntimeError(f"{left} messages were not sent")
        if time.monotonic() > told + 15:
            told = time.monotonic()
            say(f"  {left:,} mails to go")
        time.sleep(0.2)
    return (sum(post.arrived.values()) - first) / max(time.monotonic() - began, 0.001)


def staff(
    operators: int, planners: int, issued: list[TrainingClass], planned: list[TrainingClass]
) -> dict[str, Any]:
    """Accounts with authenticator apps: operators over the regions, planners at the ministry; their part of the script."""
    root = Unit.objects.get(parent=None)
    regions = list(Unit.objects.filter(kind="KANWIL", active=True).order_by("code"))
    areas = {one.pk: {area.unit_id for area in one.areas.all()} for one in issued}
    password = make_password(DEMO_PASSWORD)
    script: dict[str, Any] = {"operators": [], "planners": []}
    for place in range(operators):
        unit = regions[place % len(regions)]
        who = _account(f"beban.kanwil.{place + 1}", Role.REGION, unit, password)
        own = [pk for pk, units in areas.items() if units & {unit.pk, root.pk}]
        script["operators"].append(who | {"classes": own})
    for place in range(planners):
        who = _account(f"beban.pusat.{place + 1}", Role.CENTRAL, root, password)
        own = [one.pk for one in planned[place::planners]]
        script["planners"].append(who | {"classes": [one.pk for one in issued], "plans": own})
    return script


def _account(name: str, role: Role, unit: Unit, password: str) -> dict[str, str]:
    user = User.objects.create(
        username=name, full_name=name, email=f"{name}@contoh.invalid", password=password
    )
    RoleGrant.objects.create(user=user, role=role, unit=unit, since=timezone.localdate() - timedelta(days=30))
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    sealed = get_adapter().encrypt(secret)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": sealed})
    return {"username": name, "password": DEMO_PASSWORD, "secret": secret}


def people(post: LinkOffice, signing_in: int, dice: random.Random) -> list[dict[str, Any]]:
    """Everybody invited whom a mail reached, in the order in which they come; `signing_in` in a hundred sign in."""
    invited = Invitation.objects.awaiting_reply().select_related("employee__user")
    found = []
    for invitation in invited.order_by("pk"):
        link = post.links.get(message_id(f"invitation:{invitation.pk}:invitation:0"))
        if link is None:
            continue
        user = invitation.employee.user
        found.append(
            {
                "invitation": invitation.pk,
                "link": link,
                "signs_in": user is not None and dice.random() * 100 < signing_in,
                "username": user.username if user else "",
                "password": DEMO_PASSWORD,
            }
        )
    dice.shuffle(found)
    return found


REASONS = [str(reason) for reason in DeclineReason.values]
