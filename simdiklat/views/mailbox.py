"""The mails of a portal that writes them to files: readable by those who look after the people.

Where mail really leaves the house these pages do not exist (404).
"""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import notices
from accounts.access import access, holds
from accounts.roles import Permission
from audit.addresses import without_keys
from employees.actions import show_accounts
from employees.scoping import scope_roots, within
from outbox import rendering
from outbox import views as outbox_views
from outbox.models import Message

FILE_BACKEND = "outbox.filebackend.EmailBackend"
#: Messages shown.
LISTED = 100


def mails_are_files() -> bool:
    return settings.EMAIL_BACKEND == FILE_BACKEND


def own_messages(request: HttpRequest) -> HttpResponse:
    """One's own messages, with the way to the mailbox where there is one."""
    request.mailbox_url = (  # type: ignore[attr-defined]
        reverse("mailbox") if mails_are_files() and holds(request.user, Permission.SEE_SELECTIONS) else ""
    )
    return outbox_views.message_list(request)


def _in_scope(user: Any) -> Any:
    if not mails_are_files():
        raise Http404
    # A code to set a password, and what was changed about a sign-in, are their reader's alone.
    return Message.objects.exclude(kind__in=[*rendering.secret_kinds(), notices.KIND]).filter(
        within(scope_roots(user, Permission.SEE_SELECTIONS), "unit_path")
    )


@access(Permission.SEE_SELECTIONS)
def mailbox(request: HttpRequest) -> HttpResponse:
    """The latest messages to people in scope."""
    mails = list(_in_scope(request.user).order_by("-pk")[:LISTED])
    show_accounts(one.recipient_id for one in mails)
    context = {
        "title": _("Mails of this installation"),
        "subtitle": _(
            "Here mails are written to files instead of being sent; you may read those of your units."
        ),
        "crumbs": [(_("Messages"), reverse("outbox:list"))],
        "mails": mails,
    }
    return render(request, "outbox/mailbox.html", context)


@access(Permission.SEE_SELECTIONS)
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    """One message to somebody in scope."""
    message = get_object_or_404(_in_scope(request.user), pk=pk)
    show_accounts([message.recipient_id])
    context = {
        "title": message.subject or message.context.get("class_name", _("Message")),
        "crumbs": [
            (_("Messages"), reverse("outbox:list")),
            (_("Mails of this installation"), reverse("mailbox")),
        ],
        "message": message,
        "text": without_keys(outbox_views.text_of(message)),
        "show_errors": True,
    }
    return render(request, "outbox/detail.html", context)
