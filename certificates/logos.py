"""Pictures that organisers upload: opened, checked and made anew as a plain PNG."""

from dataclasses import replace
from io import BytesIO

from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from audit.errors import Refusal
from certificates.models import Logo
from certificates.texts import Texts
from trainings.papers.files import digest

#: Bytes an uploaded picture may have.
MOST_BYTES = 1024 * 1024
#: Dots along each side: more than enough for 2 cm in print, few enough to open safely.
MOST_DOTS = 2000
_KEPT_DOTS = 600


def plain_png(content: bytes) -> bytes:
    """The picture as a PNG of at most 600 dots a side, without anything else the file carried.

    Refusal for a file that is too large or no PNG or JPEG.
    """
    if len(content) > MOST_BYTES:
        raise Refusal(_("The picture is larger than 1 MB. Choose a smaller one."), code="logo")
    try:
        with Image.open(BytesIO(content), formats=["PNG", "JPEG"]) as picture:
            if max(picture.size) > MOST_DOTS:
                raise Refusal(
                    _("The picture has more than %(n)d dots along a side. Make it smaller.")
                    % {"n": MOST_DOTS},
                    code="logo",
                )
            picture.thumbnail((_KEPT_DOTS, _KEPT_DOTS))
            plain = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Refusal(_("This file is no picture. Choose a PNG or JPEG file."), code="logo") from error
    stream = BytesIO()
    plain.save(stream, format="PNG")
    return stream.getvalue()


def with_logo(texts: Texts, content: bytes) -> Texts:
    """The texts naming the uploaded picture, which is stored. Refusal as `plain_png`."""
    plain = plain_png(content)
    sha256 = digest(plain)
    Logo.objects.get_or_create(sha256=sha256, defaults={"content": plain})
    return replace(texts, logo=sha256)
