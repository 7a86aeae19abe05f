from allauth.usersessions.models import UserSession
from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from accounts import codes, limits


@shared_task(name="accounts.forget_old")
def forget_old() -> None:
    """Delete what sign-ins left behind: full limits, old codes, ended sessions."""
    limits.forget()
    codes.forget()
    SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
