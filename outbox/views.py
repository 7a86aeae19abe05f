"""One's own messages; the access of these views is declared in simdiklat/urls.py (see jobs/views.py)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from outbox import rendering
from outbox.models import Message

#: Messages shown in the list of one's own.
LISTED = 100


def message_list(request: HttpRequest) -> HttpResponse:
    """What the portal wrote to the user, the latest first."""
    own = Message.objects.for_recipient(request.user).exclude(state="cancelled")[:LISTED]
    return render(request, "outbox/list.html", {"title": _("Messages"), "own_messages": own})


def message_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One message to the user, as it was sent."""
    message = get_object_or_404(Message.objects.for_recipient(request.user), pk=pk)
    context = {
        "title": message.subject or message.context.get("class_name", _("Message")),
        "crumbs": [(_("Messages"), reverse("outbox:list"))],
        "message": message,
        "text": text_of(message),
    }
    return render(request, "outbox/detail.html", context)


def text_of(message: Message) -> str:
    """What was sent, or what the message would say if it were sent now."""
    return message.body or rendering.preview(message).text
