"""What an organiser writes on its papers, as data, in versions: the part that all papers share.

The words are those of an Indonesian paper whatever the language of the portal, so none of them goes through
gettext. Nothing here is ever read as markup: it reaches Typst as JSON.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from audit import log
from audit.errors import Refusal
from employees.models import Unit
from trainings.papers import wording
from trainings.papers.models import TextsVersion
from trainings.papers.numbering import Pattern

V = TypeVar("V", bound=TextsVersion)
T = TypeVar("T", bound="Texts")


@dataclass(frozen=True)
class Texts:
    """Letterhead, number and signatory of one organiser. Lists (one entry a line) are text."""

    #: What a text may name in braces.
    PLACEHOLDERS: ClassVar[tuple[str, ...]] = ()

    head_lines: str
    address: str
    organiser_code: str
    signatory_position: str
    number_pattern: str = ""
    kind_code: str = ""
    series_first: int = 1
    town: str = ""
    signatory_capacity: str = ""
    #: With "a.n.": for whom is signed.
    signatory_for: str = ""
    signatory_name: str = ""

    @classmethod
    def default(cls, organiser: Unit) -> Self:
        """The portal's own texts for an organiser that has written none."""
        return cls(
            head_lines=f"KEMENTERIAN AGAMA REPUBLIK INDONESIA\n{organiser.name.upper()}",
            address="",
            organiser_code=organiser.code,
            signatory_position=f"Kepala {organiser.name}",
        )

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], organiser: Unit) -> Self:
        """A stored version as Texts; a field that did not exist then has its default."""
        known = {field.name for field in fields(cls)}
        values = cls.default(organiser).as_json()
        return cls(**(values | {name: value for name, value in stored.items() if name in known}))

    @classmethod
    def placeholder_problem(cls, text: str) -> str:
        """What is wrong with the placeholders of a text, as a sentence; empty when nothing is."""
        return wording.placeholder_problem(text, cls.PLACEHOLDERS)

    def as_json(self) -> dict[str, Any]:
        """What is stored in a version."""
        return asdict(self)

    @property
    def pattern(self) -> Pattern:
        """How the organiser numbers these papers."""
        return Pattern(self.number_pattern, self.organiser_code, self.kind_code)


def in_force(versions: models.Manager[V], kind: type[T], organiser: Unit) -> tuple[T, V | None]:
    """The organiser's texts in force with their version; the portal's own and None where it wrote none."""
    latest = versions.order_by("-version").first()
    return (kind.from_json(latest.texts, organiser), latest) if latest else (kind.default(organiser), None)


def check_organiser(organiser: Unit, by: Any) -> None:
    """Refusal unless the person plans for this organiser."""
    if not Unit.objects.organising_for(by).filter(pk=organiser.pk).exists():
        raise Refusal(_("You do not plan the classes of this organiser."), code="permission")


@transaction.atomic
def save_version(versions: models.Manager[V], *, texts: Texts, organiser: Unit, by: Any, verb: str) -> V:
    """Store the texts as the organiser's next version, with the audit event `verb`; papers made keep theirs.

    Texts equal to those in force make no new version. Refusal when somebody else has just made one.
    """
    stored, latest = in_force(versions, type(texts), organiser)
    if latest and stored == texts:
        return latest
    try:
        with transaction.atomic():
            made = versions.create(
                organiser=organiser,
                version=latest.version + 1 if latest else 1,
                texts=texts.as_json(),
                made_by=by,
            )
    except IntegrityError as error:
        raise Refusal(
            _("Somebody else has just changed these texts. Reload the page and look again.")
        ) from error
    log.record(
        verb,
        by=by,
        object_type="unit",
        object_id=organiser.pk,
        unit_path=organiser.path,
        data={"organiser": organiser.code, "version": made.version},
    )
    return made
