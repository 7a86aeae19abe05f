"""Messages that did not reach people: listed for their unit, which mends the address."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import access, holds
from accounts.requests import HtmxRequest
from accounts.roles import Permission
from audit.errors import Refusal
from employees.actions import show_accounts
from invitations import actions
from invitations.forms import AddressForm
from invitations.tables import UndeliveredTable
from invitations.undelivered import undelivered as in_scope
from outbox import reasons, rendering


@access(Permission.SEE_SELECTIONS)
def undelivered(request: HtmxRequest) -> HttpResponse:
    """What could not be delivered to people in scope, with what the mail server said."""
    table = UndeliveredTable(in_scope(request.user).order_by("-pk"))
    table.may_mend = holds(request.user, Permission.ANSWER_FOR_OTHERS)
    table.paged(request)
    show_accounts(row.record.recipient_id for row in table.paginated_rows)
    context = {
        "title": _("Messages that did not arrive"),
        "subtitle": _("The portal has given these up. Mend the address and they are sent again."),
        "crumbs": [(_("Invitations"), reverse("invitations:list"))],
        "table": table,
    }
    return render(request, "_table.html" if request.htmx else "invitations/list.html", context)


@access(Permission.ANSWER_FOR_OTHERS)
def mend(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the address of one person in scope right; what did not arrive is sent again."""
    message = get_object_or_404(in_scope(request.user, Permission.ANSWER_FOR_OTHERS), pk=pk)
    show_accounts([message.recipient_id])
    form = AddressForm(request.POST or None, initial={"address": message.to_address})
    if request.method == "POST" and form.is_valid():
        try:
            sent = actions.mend(message=message, address=form.cleaned_data["address"], by=request.user)
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            words = ngettext("%(n)d message is sent again.", "%(n)d messages are sent again.", sent)
            if rendering.has_secrets(message.kind):
                words = _("The address is kept. The person can ask for a new code on the sign-in page now.")
            messages.success(request, words % {"n": sent})
            return redirect("invitations:undelivered")
    context: dict[str, Any] = {
        "title": _("Mend the address of %(name)s") % {"name": message.to_name},
        "crumbs": [(_("Messages that did not arrive"), reverse("invitations:undelivered"))],
        "message": message,
        "happened": reasons.words(message.last_error),
        "about": message.subject or message.context.get("class_name") or _("Message"),
        "form": form,
        "label": _("Save and send again"),
        "back_url": reverse("invitations:undelivered"),
    }
    return render(request, "invitations/mend.html", context)
