"""The texts of an organiser's letters as a form."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invitations.letters.texts import Texts
from trainings.papers import forms as shared
from trainings.papers.forms import area, block, line


class TextsForm(shared.TextsForm):
    """What `letters.texts.Texts` holds; `texts()` after validation."""

    kind = Texts
    hint = gettext_lazy("Where the letter should name the class, write one of these:")
    on_behalf_missing = gettext_lazy("Say on whose behalf the letter is signed.")

    kind_code = line(gettext_lazy("Code of the kind of letter in the number"), required=False, most=30)
    series_first = forms.IntegerField(
        label=gettext_lazy("First number of a year"), min_value=1, max_value=1_000_000,
        help_text=gettext_lazy("1, unless letters were numbered elsewhere before. It counts only for a year without any letter yet."),
    )  # fmt: skip
    nature = line(gettext_lazy("Nature (Sifat)"), most=40)
    subject = line(gettext_lazy("Subject (Hal)"))
    basis = area(gettext_lazy("Basis; an empty line begins a new paragraph"), rows=5, required=True)
    request = area(gettext_lazy("Request to assign the people named"), rows=4, required=True)
    check_in = line(gettext_lazy("Check-in"), required=False)
    opening = line(gettext_lazy("Opening"), required=False)
    closing = line(gettext_lazy("Closing"), required=False)
    requirements = area(gettext_lazy("Requirements, one line each"), rows=2)
    bring = area(gettext_lazy("What to bring, one line each"), rows=4)
    funding = area(gettext_lazy("Funding (DIPA)"), rows=2)
    contact = area(gettext_lazy("Contact persons, one line each"), rows=2)
    ending = area(gettext_lazy("Last sentence"), rows=2)
    copies = area(gettext_lazy("Copies (Tembusan), one line each"), rows=4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lay_out(
            block(_("Letterhead and number"), "head_lines", "address", "number_pattern", "organiser_code",
                  "kind_code", "series_first", "town", "nature"),
            block(_("Body"), self.placeholders(), "subject", "basis", "request", "ending", wide=True),
            block(_("Table"), "check_in", "opening", "closing", "requirements", "bring", "funding", "contact"),
            block(_("Signature and copies"), "signatory_capacity", "signatory_for", "signatory_position",
                  "signatory_name", "copies"),
        )  # fmt: skip

    def texts(self) -> Texts:
        """The texts as entered."""
        return Texts(**{name: shared.plain(value) for name, value in self.cleaned_data.items()})
