"""What sign-ins leave behind is deleted when its time is over, and nothing else."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import codes, limits
from accounts.models import Attempt, OneTimeCode
from accounts.tasks import forget_old
from tests.conftest import PASSWORD


def test_old_traces_go_and_live_ones_stay(cast):
    for name in ("operator", "central"):
        Client().post(reverse("accounts:login"), {"username": name, "password": PASSWORD})
    ended = UserSession.objects.get(user=cast.central)
    Session.objects.filter(pk=ended.session_key).update(expire_date=timezone.now() - timedelta(days=1))
    for name in ("a", "b"):
        limits.take(limits.CODE_NUMBER, name)
    Attempt.objects.exclude(pk=Attempt.objects.order_by("-full_at")[0].pk).update(
        full_at=timezone.now() - timedelta(seconds=1)
    )
    codes.make(cast.operator, OneTimeCode.Way.HAND)
    codes.make(cast.central, OneTimeCode.Way.HAND)
    OneTimeCode.objects.filter(user=cast.central).update(expires_at=timezone.now() - timedelta(days=40))
    forget_old()
    assert list(UserSession.objects.values_list("user", flat=True)) == [cast.operator.pk]
    assert Session.objects.count() == 1
    assert Attempt.objects.count() == 1
    assert list(OneTimeCode.objects.values_list("user", flat=True)) == [cast.operator.pk]
