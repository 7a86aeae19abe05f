"""Finding a paper by what stands on it: the number and the name."""

import re
import unicodedata

from certificates.models import Certificate, CertificateVersion

_NOT_LETTERS = re.compile(r"[^\w]+")


def find(number: str, name: str) -> CertificateVersion | None:
    """The paper with this number and this name, the latest one with that name; None when there is none.

    The number counts in any case and without blanks; the name with or without titles, in any case, without
    regard to dots, commas and accents. Both must be whole: half a name finds nothing.
    """
    certificate = Certificate.objects.numbered(number).with_versions().first()
    wanted = plain(name)
    if certificate is None or not wanted:
        return None
    for version in certificate.versions.all():
        if wanted in (plain(version.public["name"]), plain(version.public["bare_name"])):
            version.certificate = certificate
            return version
    return None


def plain(name: str) -> str:
    """A name as it is compared: "Dr. Siti Aminah, S.Ag." is "drsitiaminahsag"."""
    letters = unicodedata.normalize("NFKD", name)
    return _NOT_LETTERS.sub("", "".join(c for c in letters if not unicodedata.combining(c))).casefold()
