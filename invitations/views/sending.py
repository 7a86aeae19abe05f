"""The minute after an issue: how many messages wait, left or were stopped; stopping and sending after all."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import access
from accounts.roles import Permission
from audit.errors import Refusal
from invitations import actions
from invitations.mails import INVITING
from invitations.models import Invitation, Selection
from outbox.models import Message
from trainings.forms.reason import ReasonForm
from trainings.models import TrainingClass
from trainings.views.common import crumbs as class_crumbs


@dataclass(frozen=True)
class Sending:
    """What has become of the invitations' messages; `seconds` until the first of them leaves."""

    total: int
    sent: int
    waiting: int
    stopped: int
    failed: int
    outdated: int
    seconds: int
    why_stopped: str

    @property
    def gone(self) -> int:
        """Messages that wait no more, whatever became of them."""
        return self.total - self.waiting

    @property
    def going_on(self) -> bool:
        return self.waiting > 0


def sending_of(selection: Selection, user: Any) -> Sending:
    """Counts over the selection's inviting messages that the user may know of."""
    ids = Invitation.objects.of_selection_planned_by(selection, user).values("pk")
    about = Message.objects.about("invitation", ids).of_kinds(*INVITING)
    counts = about.state_counts()
    waiting = counts.get("pending", 0) + counts.get("sending", 0)
    stopped = about.stopped()
    last = stopped.values_list("last_error", flat=True).first() if counts.get("cancelled") else None
    n_stopped = stopped.count() if last is not None else 0
    first = about.filter(state="pending").aggregate(first=Min("not_before"))["first"] if waiting else None
    left = (first - timezone.now()).total_seconds() if first else 0
    return Sending(
        total=sum(counts.values()),
        sent=counts.get("sent", 0),
        waiting=waiting,
        stopped=n_stopped,
        failed=counts.get("failed", 0) + counts.get("no_address", 0),
        outdated=counts.get("cancelled", 0) - n_stopped,
        seconds=max(0, round(left)),
        why_stopped=last or "",
    )


def sending_context(selection: Selection, user: Any) -> dict[str, Any]:
    """What `_sending.html` shows."""
    plans = TrainingClass.objects.plannable_by(user).filter(pk=selection.training_class_id).exists()
    return {"selection": selection, "sending": sending_of(selection, user), "may_stop": plans}


@access(Permission.SEE_SELECTIONS)
def sending(request: HttpRequest, pk: int) -> HttpResponse:
    """The state of the sending, which the class page asks for while messages wait."""
    selection = get_object_or_404(Selection.objects.visible_to(request.user).for_table(), pk=pk)
    return render(request, "invitations/_sending.html", sending_context(selection, request.user))


@access(Permission.SELECT)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the reason, then call back whatever has not left yet."""
    selection = get_object_or_404(Selection.objects.run_by(request.user).for_table(), pk=pk)
    back = reverse("invitations:class", args=[selection.training_class_id])
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = actions.stop_sending(
                selection=selection, by=request.user, reason=form.cleaned_data["reason"]
            )
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            stopped = ngettext("%(n)d message is stopped.", "%(n)d messages are stopped.", done.cancelled)
            late = ngettext("%(n)d had already left.", "%(n)d had already left.", done.too_late)
            messages.success(request, stopped % {"n": done.cancelled})
            if done.too_late:
                messages.warning(request, late % {"n": done.too_late})
            return redirect(back)
    context = {
        "title": _("Stop sending"),
        "crumbs": class_crumbs(selection.training_class),
        "selection": selection,
        "sending": sending_of(selection, request.user),
        "text": _(
            "Messages that have not left yet are held back. The invitations themselves stand until you withdraw them; you can also send the messages after all."
        ),
        "form": form,
        "label": _("Stop sending"),
        "tone": "bad",
        "back_url": back,
    }
    return render(request, "invitations/stop.html", context)


@access(Permission.SELECT)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how many are sent after all, then let them wait again."""
    selection = get_object_or_404(Selection.objects.run_by(request.user).for_table(), pk=pk)
    back = reverse("invitations:class", args=[selection.training_class_id])
    if request.method == "POST":
        try:
            waiting = actions.resume_sending(selection=selection, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.user_message)
        else:
            words = ngettext("%(n)d message waits again.", "%(n)d messages wait again.", waiting)
            messages.success(request, words % {"n": waiting})
        return redirect(back)
    n = sending_of(selection, request.user).stopped
    context = {
        "title": _("Send after all"),
        "crumbs": class_crumbs(selection.training_class),
        "text": ngettext(
            "%(n)d stopped message will be sent after the usual delay. Whoever was withdrawn or has answered meanwhile gets nothing.",
            "%(n)d stopped messages will be sent after the usual delay. Whoever was withdrawn or has answered meanwhile gets nothing.",
            n,
        )
        % {"n": n},
        "label": _("Send after all"),
        "back_url": back,
    }
    return render(request, "confirm.html", context)
