"""The settings of the rule: read by planners of the ministry, changed for the whole of it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import access, holds
from accounts.roles import Permission
from audit.errors import Refusal
from trainings import actions
from trainings.forms.rule import SETTINGS, RuleForm
from trainings.models import RuleSettings


@access(Permission.SET_RULE)
def rule_settings(request: HttpRequest) -> HttpResponse:
    """What is in force; a change is shown with whom it concerns before it is saved.

    The button that saves stands below a summary only, and names the values it was made for: whoever changes
    a number after it sees the summary anew.
    """
    may_change = actions.may_set_rule(request.user)
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    now = actions.values_of(RuleSettings.current())
    initial = now | {f"seen_{name}": value for name, value in now.items()}
    form = RuleForm(request.POST or None, initial=initial)
    context: dict[str, Any] = {
        "title": _("Settings of the rule"),
        "subtitle": _("They hold for the whole ministry."),
        "crumbs": [(_("The rule"), reverse("rule"))],
        "form": form if may_change else None,
        "rows": [(one, now[name]) for name, one in SETTINGS.items()],
        "sees_changes": holds(request.user, Permission.SEE_AUDIT),
    }
    if request.method == "POST" and form.is_valid():
        values = form.values()
        summarised = "-".join(str(value) for value in values.values())
        if request.POST.get("save") == summarised:
            try:
                _settings, concerned = actions.change_rule(
                    values=values, seen=form.seen(), reason=form.cleaned_data["reason"], by=request.user
                )
            except Refusal as refusal:
                form.add_error(refusal.code if refusal.code in form.fields else None, refusal.user_message)
            else:
                messages.success(
                    request,
                    _(
                        "The settings are changed. The standing of %(n)d people was recomputed; %(moved)d of them have another place."
                    )
                    % {"n": concerned.recomputed, "moved": concerned.moved},
                )
                return redirect("trainings:rule_settings")
        elif now != form.seen():
            form.add_error(
                None, _("Somebody else has changed the settings meanwhile. Look at them and decide again.")
            )
        elif values == now:
            form.add_error(None, _("Nothing is different from the settings in force."))
        else:
            context["changes"] = [
                (SETTINGS[name].label, now[name], value)
                for name, value in values.items()
                if value != now[name]
            ]
            context["effect"] = actions.effect(minimum_jp=values["minimum_jp"])
            context["summarised"] = summarised
    return render(request, "trainings/rule_settings.html", context)
