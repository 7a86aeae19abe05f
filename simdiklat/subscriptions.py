"""The year plan as a calendar to subscribe to (RFC 5545), under a signed address that can be ended."""

from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from audit import log
from simdiklat.models import CalendarAddress
from trainings.models import TrainingClass

_SALT = "simdiklat.calendar"
#: Past days that stay in the subscribed calendar, and classes at most.
KEPT_DAYS, MOST = 120, 1000


def address_of(user: Any) -> str:
    """The whole address of the user's calendar; empty when none was made or it was ended."""
    found = CalendarAddress.objects.filter(user=user, ended=False).first()
    if found is None:
        return ""
    return settings.PORTAL_URL + reverse("calendar_feed", args=[_token(found)])


@transaction.atomic
def make_address(*, by: Any) -> CalendarAddress:
    """Make the user's address, or a new one that ends the old."""
    made, fresh = CalendarAddress.objects.select_for_update().get_or_create(user=by)
    if not fresh:
        CalendarAddress.objects.filter(pk=by.pk).update(serial=F("serial") + 1, ended=False)
        made.refresh_from_db()
    log.record(
        "calendar.address_made", by=by, object_type="user", object_id=by.pk, data={"serial": made.serial}
    )
    return made


@transaction.atomic
def end_address(*, by: Any) -> None:
    """End the user's address. A later one gets a new serial, so the old never works again."""
    found = CalendarAddress.objects.select_for_update().filter(user=by).first()
    if found is None:
        return
    CalendarAddress.objects.filter(pk=by.pk).update(serial=F("serial") + 1, ended=True)
    log.record(
        "calendar.address_ended", by=by, object_type="user", object_id=by.pk, data={"serial": found.serial}
    )


def _token(address: CalendarAddress) -> str:
    return signing.Signer(salt=_SALT).sign_object([address.user_id, address.serial])


def user_of(token: str) -> Any:
    """The active user whose present address this is; None for a forged, ended or orphaned one."""
    try:
        user_id, serial = signing.Signer(salt=_SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if not CalendarAddress.objects.filter(user=user_id, serial=serial, ended=False).exists():
        return None
    return get_user_model().objects.filter(pk=user_id, is_active=True).first()


def calendar_for(user: Any, stamp: datetime | None = None) -> bytes:
    """The classes the user may see, as whole days; those cancelled are marked so, and stay in calendars struck."""
    stamp = stamp or timezone.now()
    calendar = Calendar()
    calendar.add("prodid", "-//Simdiklat//Kementerian Agama//ID")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", _("Simdiklat classes"))
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    since = timezone.localdate() - timedelta(days=KEPT_DAYS)
    classes = (
        TrainingClass.objects.visible_to(user)
        .not_ended(since)
        .exclude(state=TrainingClass.State.DRAFT)
        .select_related("programme", "organiser")
        .order_by("first_day", "code")[:MOST]
    )
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    for c in classes:
        event = Event()
        event.add("uid", f"class-{c.pk}@{domain}")
        event.add("sequence", c.revision)
        event.add("dtstamp", stamp)
        event.add("summary", str(c))
        event.add("dtstart", c.first_day)
        event.add("dtend", c.last_day + timedelta(days=1))  # the end of whole days is exclusive
        event.add("location", c.place or c.organiser.name)
        event.add("description", f"{c.code}\n{c.organiser.name}\n{c.seats_taken}/{c.seats}")
        event.add("url", settings.PORTAL_URL + reverse("invitations:class", args=[c.pk]))
        cancelled = c.state == TrainingClass.State.CANCELLED
        event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return calendar.to_ical()
