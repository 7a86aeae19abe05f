"""The texts of an organiser's letters as a form; the withdrawal of a letter."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout, Submit
from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invitations.letters import numbering
from invitations.letters.texts import PLACEHOLDERS, Texts, placeholder_problem
from trainings.papers.wording import CAPACITIES


def _area(
    label: Any, rows: int = 3, required: bool = False, most: int = 2000, **kwargs: Any
) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=most, required=required, widget=widget, **kwargs)


def _line(label: Any, required: bool = True, most: int = 200, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=required, **kwargs)


class TextsForm(forms.Form):
    """What `letters.texts.Texts` holds; `texts()` after validation. The values are text, never markup."""

    head_lines = _area(gettext_lazy("Letterhead, one line each"), required=True, most=400)
    address = _area(gettext_lazy("Address, one line each"), rows=2, most=400)
    number_pattern = _line(
        gettext_lazy("Pattern of the number"), most=80,
        help_text=gettext_lazy("Placeholders: {seq} {organiser} {kind} {month} {month_roman} {year}. Numbers run from 1 each year, without gaps."),
    )  # fmt: skip
    organiser_code = _line(gettext_lazy("Code of the organiser in the number"), most=30)
    kind_code = _line(gettext_lazy("Code of the kind of letter in the number"), required=False, most=30)
    series_first = forms.IntegerField(
        label=gettext_lazy("First number of a year"), min_value=1, max_value=1_000_000,
        help_text=gettext_lazy("1, unless letters were numbered elsewhere before. It counts only for a year without any letter yet."),
    )  # fmt: skip
    town = _line(gettext_lazy("Town before the date"), required=False, most=80)
    nature = _line(gettext_lazy("Nature (Sifat)"), most=40)
    subject = _line(gettext_lazy("Subject (Hal)"))
    basis = _area(gettext_lazy("Basis; an empty line begins a new paragraph"), rows=5, required=True)
    request = _area(gettext_lazy("Request to assign the people named"), rows=4, required=True)
    check_in = _line(gettext_lazy("Check-in"), required=False)
    opening = _line(gettext_lazy("Opening"), required=False)
    closing = _line(gettext_lazy("Closing"), required=False)
    requirements = _area(gettext_lazy("Requirements, one line each"), rows=2)
    bring = _area(gettext_lazy("What to bring, one line each"), rows=4)
    funding = _area(gettext_lazy("Funding (DIPA)"), rows=2)
    contact = _area(gettext_lazy("Contact persons, one line each"), rows=2)
    ending = _area(gettext_lazy("Last sentence"), rows=2)
    signatory_capacity = forms.ChoiceField(
        label=gettext_lazy("Signs"), required=False,
        choices=[(value, value or gettext_lazy("in its own right")) for value in CAPACITIES],
    )  # fmt: skip
    signatory_for = _line(gettext_lazy("With a.n.: on behalf of"), required=False)
    signatory_position = _line(gettext_lazy("Position of the signatory"))
    signatory_name = _line(gettext_lazy("Name of the signatory"), required=False)
    copies = _area(gettext_lazy("Copies (Tembusan), one line each"), rows=4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        placeholders = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        hint = format_html(
            '<p class="figure-note">{} <code>{}</code></p>',
            _("Where the letter should name the class, write one of these:"), placeholders,
        )  # fmt: skip
        preview = Submit("preview", _("Preview as PDF"), css_class="btn-outline-primary", formtarget="_blank")
        preview.field_classes = "btn btn-outline-primary"
        self.helper.layout = Layout(
            self._set(_("Letterhead and number"), "head_lines", "address", "number_pattern", "organiser_code",
                      "kind_code", "series_first", "town", "nature"),
            self._set(_("Body"), HTML(hint), "subject", "basis", "request", "ending", wide=True),
            self._set(_("Table"), "check_in", "opening", "closing", "requirements", "bring", "funding", "contact"),
            self._set(_("Signature and copies"), "signatory_capacity", "signatory_for", "signatory_position",
                      "signatory_name", "copies"),
            Div(Submit("save", _("Save as a new version")), preview, css_class="confirm-buttons"),
        )  # fmt: skip

    @staticmethod
    def _set(legend: str, *names: Any, wide: bool = False) -> Fieldset:
        return Fieldset(legend, Div(*names, css_class="" if wide else "form-grid"), css_class="card-block")

    def clean_number_pattern(self) -> str:
        pattern = self.cleaned_data["number_pattern"]
        if problem := numbering.pattern_problem(pattern):
            raise forms.ValidationError(problem)
        return pattern

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, value in list(data.items()):
            if name == "number_pattern" or not isinstance(value, str):
                continue
            if problem := placeholder_problem(value):
                self.add_error(name, problem)
        for name in ("organiser_code", "kind_code"):
            if set("{}") & set(data.get(name, "")):
                self.add_error(name, _("A code is plain text without braces."))
        if data.get("signatory_capacity") == "a.n." and not data.get("signatory_for", "").strip():
            self.add_error("signatory_for", _("Say on whose behalf the letter is signed."))
        return data

    def texts(self) -> Texts:
        """The texts as entered."""
        return Texts(**{name: _plain(value) for name, value in self.cleaned_data.items()})


def _plain(value: Any) -> Any:
    return value.replace("\r\n", "\n").replace("\x00", "") if isinstance(value, str) else value
