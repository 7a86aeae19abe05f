"""The PDF of a letter: the same data gives the same bytes, and their hash is kept with the letter."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from audit.errors import Refusal
from invitations.letters import files
from invitations.models import Letter
from trainings.papers.typesetting import pdf, qr

TEMPLATES = Path(__file__).resolve().parent.parent / "typst"
#: Up to so many names the PDF is tagged for screen readers; tags make long tables several times as large.
TAGGED_NAMES = 300


def pdf_of(data: dict[str, Any]) -> bytes:
    """Set a document of `content.document`. Nothing but its text goes in (trainings/papers/typesetting.py).

    Creation date and document id follow from the letter's date and content.
    """
    year, month, day = data["dated"]
    code = qr(data["check"]["url"]) if data["check"]["url"] else ""
    return pdf(
        TEMPLATES / f"letter-{data['layout']:d}.typ",
        {**data, "qr": code},
        dated=(year, month, day),
        tagged=len(data["list"]["names"]) <= TAGGED_NAMES,
    )


def pdf_bytes(letter: Letter) -> bytes:
    """The letter's PDF: the stored file while it has the hash on record, else set again from the data.

    The first time the hash is recorded. Refusal when the file is gone and what is set now differs (another
    version of Typst): an office must never hold two letters of one number.
    """
    if letter.sha256 and (stored := files.read(letter.sha256)):
        return stored
    content = pdf_of(letter.data)
    digest = files.digest(content)
    if not letter.sha256:
        Letter.objects.filter(pk=letter.pk, sha256="").update(sha256=digest)
        letter.refresh_from_db(fields=["sha256"])
    if letter.sha256 != digest:
        if stored := files.read(letter.sha256):
            return stored
        raise Refusal(
            _(
                "The file of letter %(number)s is missing and cannot be made again with the same bytes. Ask the operator to bring it back from the backup."
            )
            % {"number": letter.number},
            code="file",
        )
    files.write(content)
    return content
