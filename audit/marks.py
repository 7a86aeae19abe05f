"""The discreet mark of a download: who took it and when. It travels with the file, beside its content."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify


@dataclass(frozen=True)
class Mark:
    """Who downloads and when (Asia/Jakarta). `who` is empty for a command of the operator."""

    who: str
    account: str
    at: datetime

    @classmethod
    def of(cls, by: Any) -> "Mark":
        """The mark of a download by this user now; a NIP as user name is not carried about in file names."""
        if by is None:
            return cls("", "", timezone.localtime())
        name = by.get_username()
        return cls(by.get_full_name(), f"akun {by.pk}" if name.isdigit() else name, timezone.localtime())

    @property
    def name_part(self) -> str:
        """For the file's name, "20261124-2130-kanwil"; empty for a command, whose name is given."""
        return slugify(f"{self.at:%Y%m%d-%H%M} {self.account}") if self.account else ""

    @property
    def sentence(self) -> str:
        """For a footer or the document's properties, in the active language's dates."""
        day = date_format(self.at, "j F Y H.i T")
        return f"{day}, {self.who} ({self.account})" if self.account else day
