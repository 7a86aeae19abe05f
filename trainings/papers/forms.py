"""What letters and certificates ask alike: the form for an organiser's texts."""

from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout, Submit
from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trainings.papers.numbering import pattern_problem
from trainings.papers.texts import Texts
from trainings.papers.wording import CAPACITIES


def line(label: Any, required: bool = True, most: int = 200, **kwargs: Any) -> forms.CharField:
    """One line of text."""
    return forms.CharField(label=label, max_length=most, required=required, **kwargs)


def area(
    label: Any, rows: int = 3, required: bool = False, most: int = 2000, **kwargs: Any
) -> forms.CharField:
    """Several lines of text."""
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=most, required=required, widget=widget, **kwargs)


def block(legend: str, *names: Any, wide: bool = False) -> Fieldset:
    """Fields under a heading, beside each other or (wide) below each other."""
    return Fieldset(legend, Div(*names, css_class="" if wide else "form-grid"), css_class="card-block")


def plain(value: Any) -> Any:
    """Text with the line breaks of the portal, and without the one sign that PostgreSQL cannot keep."""
    return value.replace("\r\n", "\n").replace("\x00", "") if isinstance(value, str) else value


class TextsForm(forms.Form):
    """What `Texts` holds; the values are text, never markup.

    Whoever inherits names `kind` (its Texts) and the two sentences that name its paper, adds its fields and
    lays them out with `lay_out`.
    """

    kind: ClassVar[type[Texts]]
    #: What stands above the list of placeholders.
    hint: ClassVar[Any]
    #: The complaint where "a.n." has nobody behind it.
    on_behalf_missing: ClassVar[Any]

    head_lines = area(gettext_lazy("Letterhead, one line each"), required=True, most=400)
    address = area(gettext_lazy("Address, one line each"), rows=2, most=400)
    number_pattern = line(
        gettext_lazy("Pattern of the number"), most=80,
        help_text=gettext_lazy("Placeholders: {seq} {organiser} {kind} {month} {month_roman} {year}. Numbers run from 1 each year, without gaps."),
    )  # fmt: skip
    organiser_code = line(gettext_lazy("Code of the organiser in the number"), most=30)
    kind_code = line("", required=False, most=30)
    series_first = forms.IntegerField(
        label=gettext_lazy("First number of a year"), min_value=1, max_value=1_000_000
    )
    town = line(gettext_lazy("Town before the date"), required=False, most=80)
    signatory_capacity = forms.ChoiceField(
        label=gettext_lazy("Signs"), required=False,
        choices=[(value, value or gettext_lazy("in its own right")) for value in CAPACITIES],
    )  # fmt: skip
    signatory_for = line(gettext_lazy("With a.n.: on behalf of"), required=False)
    signatory_position = line(gettext_lazy("Position of the signatory"))
    signatory_name = line(gettext_lazy("Name of the signatory"), required=False)

    def lay_out(self, *blocks: Any) -> None:
        """Show these blocks, then the buttons to save and to see a preview."""
        preview = Submit("preview", _("Preview as PDF"), css_class="btn-outline-primary", formtarget="_blank")
        preview.field_classes = "btn btn-outline-primary"
        buttons = Div(Submit("save", _("Save as a new version")), preview, css_class="confirm-buttons")
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(*blocks, buttons)

    def placeholders(self) -> HTML:
        """What a text may name, for the block of the wording."""
        names = " ".join(f"{{{name}}}" for name in self.kind.PLACEHOLDERS)
        return HTML(format_html('<p class="figure-note">{} <code>{}</code></p>', self.hint, names))

    def clean_number_pattern(self) -> str:
        pattern = self.cleaned_data["number_pattern"]
        if problem := pattern_problem(pattern):
            raise forms.ValidationError(problem)
        return pattern

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, value in list(data.items()):
            if name == "number_pattern" or not isinstance(value, str):
                continue
            if problem := self.kind.placeholder_problem(value):
                self.add_error(name, problem)
        for name in ("organiser_code", "kind_code"):
            if set("{}") & set(data.get(name, "")):
                self.add_error(name, _("A code is plain text without braces."))
        if data.get("signatory_capacity") == "a.n." and not data.get("signatory_for", "").strip():
            self.add_error("signatory_for", self.on_behalf_missing)
        return data
