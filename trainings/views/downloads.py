"""Answers that are files."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import slugify


def as_download(content: bytes, name: str, content_type: str) -> HttpResponse:
    """The content as an attachment with this name."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def as_pdf(content: bytes, name: str, *, inline: bool = False) -> HttpResponse:
    """A PDF that no cache keeps; its name is made safe for any system."""
    response = HttpResponse(content, content_type="application/pdf")
    kind = "inline" if inline else "attachment"
    response["Content-Disposition"] = f'{kind}; filename="{slugify(name)}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response
