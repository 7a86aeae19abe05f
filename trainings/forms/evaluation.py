"""Forms of the evaluations: every line rated 1 to 5, a comment where wanted."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class RatingsForm(forms.Form):
    """One subject's questions; `answer()` gives (ratings, comment) after validation."""

    SCALE = [("1", "1"), ("2", "2"), ("3", "3"), ("4", "4"), ("5", "5")]

    def __init__(self, *args: Any, asked: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = [code for code, _words in asked]
        for code, words in asked:
            self.fields[code] = forms.ChoiceField(
                label=words, choices=self.SCALE, widget=forms.RadioSelect,
                error_messages={"required": _("Rate this from 1 to 5.")},
            )  # fmt: skip
        self.fields["comment"] = forms.CharField(
            label=gettext_lazy("Comment"), required=False, max_length=1000,
            widget=forms.Textarea(attrs={"rows": 2}),
        )  # fmt: skip

    def rated(self) -> list[Any]:
        """The questions as bound fields, without the comment."""
        return [self[code] for code in self.codes]

    def answer(self) -> tuple[dict[str, int], str]:
        data = self.cleaned_data
        return {code: int(data[code]) for code in self.codes}, data["comment"]
