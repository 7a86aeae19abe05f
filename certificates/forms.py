"""Checking a certificate; the texts and the layout of an organiser's certificates."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.errors import Refusal
from certificates import logos
from certificates.texts import Texts
from trainings.papers import forms as shared
from trainings.papers.forms import area, block, line


class CheckForm(forms.Form):
    """Number and name as they stand on the paper."""

    number = forms.CharField(
        label=gettext_lazy("Number of the certificate"), max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )  # fmt: skip
    name = forms.CharField(
        label=gettext_lazy("Name on the certificate"), max_length=200,
        help_text=gettext_lazy("The whole name, with or without titles."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class PaperForm(forms.Form):
    """Number and day of a paper; both may stay open, to be written by hand."""

    number = forms.CharField(
        label=gettext_lazy("Number"), max_length=120, required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )  # fmt: skip
    dated = forms.DateField(
        label=gettext_lazy("Date"), required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
    )  # fmt: skip


def _yes_no(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


class TemplateForm(shared.TextsForm):
    """What `texts.Texts` holds and a picture; `texts()` after validation."""

    kind = Texts
    hint = gettext_lazy("Where the certificate should name the class, write one of these:")
    on_behalf_missing = gettext_lazy("Say on whose behalf the certificate is signed.")

    logo_choice = forms.ChoiceField(
        label=gettext_lazy("Logo"),
        choices=[
            ("kept", gettext_lazy("the picture in use")),
            ("", gettext_lazy("drawn placeholder")),
            ("none", gettext_lazy("none")),
        ],
        required=False,
    )
    logo_file = forms.FileField(
        label=gettext_lazy("Another picture"), required=False,
        help_text=gettext_lazy("PNG or JPEG, up to 1 MB and 2,000 dots a side; printed 2 cm high."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg"}),
    )  # fmt: skip
    kind_code = line(gettext_lazy("Code of the kind of paper in the number"), required=False, most=30)
    series_first = forms.IntegerField(
        label=gettext_lazy("First number of a year"), min_value=1, max_value=1_000_000,
        help_text=gettext_lazy("1, unless certificates were numbered elsewhere before. It counts only for a year without any certificate yet."),
    )  # fmt: skip
    title_passed = line(gettext_lazy("Title, for who passed"), most=120)
    title_attended = line(gettext_lazy("Title, for who attended"), most=120)
    opening = area(gettext_lazy("Opening sentence"), rows=2, most=600)
    word_passed = line(gettext_lazy("Word, for who passed"), required=False, most=60)
    sentence_passed = area(gettext_lazy("Sentence, for who passed"), rows=3, required=True, most=600)
    word_attended = line(gettext_lazy("Word, for who attended"), required=False, most=60)
    sentence_attended = area(gettext_lazy("Sentence, for who attended"), rows=3, required=True, most=600)
    signatory_nip = line(gettext_lazy("NIP of the signatory"), required=False, most=40)
    orientation = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[("landscape", gettext_lazy("landscape")), ("portrait", gettext_lazy("portrait"))],
    )
    frame = forms.ChoiceField(
        label=gettext_lazy("Frame"),
        choices=[
            ("double", gettext_lazy("double line with corners")), ("line", gettext_lazy("one line")),
            ("none", gettext_lazy("none")),
        ],
    )  # fmt: skip
    colour = forms.ChoiceField(
        label=gettext_lazy("Colour"),
        choices=[
            ("green", gettext_lazy("green")), ("gold", gettext_lazy("gold")),
            ("maroon", gettext_lazy("maroon")), ("black", gettext_lazy("black")),
        ],
    )  # fmt: skip
    photo_box = _yes_no(gettext_lazy("Space for a photograph (4 × 6)"))
    show_nip = _yes_no(gettext_lazy("Show the NIP"))
    show_grade = _yes_no(gettext_lazy("Show rank and grade"))
    show_position = _yes_no(gettext_lazy("Show the position"))
    show_unit = _yes_no(gettext_lazy("Show the unit"))
    show_subjects = _yes_no(gettext_lazy("Second page with the subjects and their hours"))

    def __init__(self, *args: Any, logo: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._logo = logo
        choice: Any = self.fields["logo_choice"]
        if logo in ("", "none"):
            choice.choices = choice.choices[1:]
        choice.initial = logo if logo in ("", "none") else "kept"
        self.lay_out(
            block(_("Letterhead and number"), "head_lines", "address", "logo_choice", "logo_file",
                  "number_pattern", "organiser_code", "kind_code", "series_first"),
            block(_("Wording"), self.placeholders(), "title_passed", "title_attended", "opening", "word_passed",
                  "sentence_passed", "word_attended", "sentence_attended", wide=True),
            block(_("Signature"), "town", "signatory_capacity", "signatory_for", "signatory_position",
                  "signatory_name", "signatory_nip"),
            block(_("Layout"), "orientation", "frame", "colour", "photo_box", "show_nip", "show_grade",
                  "show_position", "show_unit", "show_subjects"),
        )  # fmt: skip

    def clean_logo_file(self) -> UploadedFile | None:
        upload: UploadedFile | None = self.cleaned_data["logo_file"]
        if upload:
            try:
                if (upload.size or 0) <= logos.MOST_BYTES:
                    logos.plain_png(upload.read())
                    upload.seek(0)
                else:
                    raise Refusal(_("The picture is larger than 1 MB. Choose a smaller one."))
            except Refusal as refusal:
                raise forms.ValidationError(refusal.user_message) from refusal
        return upload

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for name in ("number_pattern", "organiser_code", "kind_code"):
            if len(data.get(name, "").split()) > 1:
                self.add_error(name, _("A number has no blanks: people type it when they check it."))
        return data

    def texts(self) -> Texts:
        """The texts as entered, with the picture in use unless another choice was made."""
        values = {
            name: shared.plain(value)
            for name, value in self.cleaned_data.items()
            if name not in ("logo_choice", "logo_file")
        }
        choice = self.cleaned_data["logo_choice"]
        return Texts(**values, logo=self._logo if choice == "kept" else choice)

    def logo(self) -> bytes | None:
        """The uploaded picture, or None."""
        upload = self.cleaned_data["logo_file"]
        if not upload:
            return None
        upload.seek(0)
        return upload.read()
