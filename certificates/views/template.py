"""The certificate template of an organiser: a form, a preview, the versions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import access
from accounts.roles import Permission
from audit.errors import Refusal
from certificates import actions, signing
from certificates.forms import TemplateForm
from certificates.texts import texts_of
from employees.models import Unit
from trainings.views.downloads import as_pdf


@access(Permission.PLAN_CLASSES)
def template(request: HttpRequest, pk: int) -> HttpResponse:
    """Texts and layout of one's own organiser."""
    organiser = get_object_or_404(Unit.objects.organising_for(request.user), pk=pk)
    texts, version = texts_of(organiser)
    form = TemplateForm(request.POST or None, request.FILES or None, initial=texts.as_json(), logo=texts.logo)
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            content = actions.sample(
                organiser=organiser, texts=form.texts(), on=timezone.localdate(), logo=form.logo()
            )
            return as_pdf(content, f"pratinjau {organiser.code}", inline=True)
        try:
            saved = actions.save_texts(
                organiser=organiser, texts=form.texts(), by=request.user, logo=form.logo()
            )
        except Refusal as refusal:
            form.add_error(None, refusal.user_message)
        else:
            messages.success(
                request, _("Version %(n)d is in force for new certificates.") % {"n": saved.version}
            )
            return redirect("certificates:template", pk=pk)
    signer = signing.signer_for(organiser)
    context = {
        "title": _("Certificate template"),
        "subtitle": organiser.name,
        "crumbs": [(_("Classes"), reverse("trainings:class_list"))],
        "form": form,
        "organiser": organiser,
        "version": version,
        "versions": organiser.certificate_templates.select_related("made_by").order_by("-version"),
        "signer": signer.signed_by() if signer else None,
    }
    return render(request, "certificates/template.html", context)
