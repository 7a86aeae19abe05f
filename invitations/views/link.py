"""The page behind the signed link in a mail: answers one invitation without signing in, and nothing else."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.access import PUBLIC, access
from audit.errors import Refusal
from invitations import actions, links
from invitations.forms import DeclineForm
from invitations.models import Invitation


@access(PUBLIC)
@never_cache
def answer_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation a link names and take its answer; a forged or old link is 404.

    Reading answers nothing (mail scanners open links): only a POST does. An offer whose day has passed
    expires on reading.
    """
    invitation = links.invitation_of(token)
    if invitation is None:
        raise Http404
    invitation = actions.as_of_today(invitation)
    form = DeclineForm()
    if request.method == "POST":
        answer = "accept" if request.POST.get("answer") == "accept" else "decline"
        form = DeclineForm(request.POST) if answer == "decline" else form
        if answer == "accept" or form.is_valid():
            try:
                result = actions.answer(
                    invitation=invitation,
                    answer=answer,
                    by=None,
                    reason=form.cleaned_data["reason"] if answer == "decline" else "",
                    text=form.cleaned_data["text"] if answer == "decline" else "",
                    channel=Invitation.Channel.LINK,
                )
            except Refusal as refusal:
                messages.error(request, refusal.user_message)
            else:
                messages.success(request, result.message)
            return redirect(request.path)
    else:
        Invitation.objects.filter(pk=invitation.pk, seen_at=None).update(seen_at=timezone.now())
    context = {
        "title": _("Invitation"),
        "invitation": invitation,
        "form": form,
        "expired": invitation.state == Invitation.State.EXPIRED,
        "can_accept": invitation.state == Invitation.State.ISSUED,
        "can_decline": invitation.is_live and not invitation.training_class.ended(),
    }
    return render(request, "invitations/answer_link.html", context)
