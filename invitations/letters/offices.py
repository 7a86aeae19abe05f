"""To whom a letter goes: the office that looks after the invited people, and how its head is addressed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from employees.models import Unit
from invitations.models import Invitation

#: The kinds of units whose head assigns people (Kanwil, university, Eselon I); nearest first.
ADDRESSED = ("KANWIL", "PTKN", "ESELON_I")
#: Above so many regency offices the letter points to its attachment instead of naming each.
NAMED_REGENCIES = 10
_REGENCY = "KANKEMENAG"
#: What the name of a central unit begins with, and the title of its head.
_TITLES = (
    ("Sekretariat Jenderal", "Sekretaris Jenderal"),
    ("Inspektorat Jenderal", "Inspektur Jenderal"),
    ("Direktorat Jenderal", "Direktur Jenderal"),
    ("Badan", "Kepala Badan"),
)


@dataclass
class Addressee:
    """One office with its invited people in rank order, each with the regency office above them, if any."""

    office: Unit
    people: list[tuple[Invitation, Unit | None]] = field(default_factory=list)

    def heads(self) -> list[str]:
        """The numbered addressees: the head of the office, then of the regency offices concerned.

        With more than NAMED_REGENCIES of those, one line stands for all of them.
        """
        found = {unit.pk: unit for _invitation, unit in self.people if unit and unit.pk != self.office.pk}
        regencies = sorted(found.values(), key=lambda unit: unit.code)
        if len(regencies) > NAMED_REGENCIES:
            return [
                head_of(self.office),
                "Para Kepala Kantor Kementerian Agama sebagaimana tersebut dalam Lampiran",
            ]
        return [head_of(self.office), *(head_of(unit) for unit in regencies)]


def head_of(unit: Unit) -> str:
    """How the head of a unit is addressed: "Kepala Kantor Wilayah …", "Rektor UIN …", "Direktur Jenderal …"."""
    if unit.kind == "PTKN":
        title = "Ketua" if unit.name.startswith("ST") else "Rektor"
        return f"{title} {unit.name}"
    if unit.kind in ("ESELON_I", "KEMENTERIAN"):
        for beginning, title in _TITLES:
            if unit.name.startswith(beginning):
                return f"{title}{unit.name[len(beginning) :]}"
        return f"Pimpinan {unit.name}"
    return f"Kepala {unit.name}"


def by_office(invitations: Sequence[Invitation]) -> list[Addressee]:
    """The invitations grouped by the office the letter goes to, in the order of the offices' codes.

    It is the nearest Kanwil, university or Eselon I unit at or above the person's unit; where there is none,
    the highest unit below the ministry. One query for the units above, however many people.
    """
    above = _units({key for invitation in invitations for key in _ids(invitation.employee.unit)})
    groups: dict[int, Addressee] = {}
    for invitation in invitations:
        chain = [above[key] for key in _ids(invitation.employee.unit)]
        office = _office(chain)
        regency = next((unit for unit in reversed(chain) if unit.kind == _REGENCY), None)
        groups.setdefault(office.pk, Addressee(office)).people.append((invitation, regency))
    return sorted(groups.values(), key=lambda group: group.office.code)


def _office(chain: Sequence[Unit]) -> Unit:
    for unit in reversed(chain):
        if unit.kind in ADDRESSED:
            return unit
    return chain[1] if len(chain) > 1 else chain[0]


def _units(ids: Iterable[int]) -> dict[int, Unit]:
    return Unit.objects.only("pk", "code", "name", "kind", "path").in_bulk(ids)


def _ids(unit: Unit) -> list[int]:
    """Ids from the root down to the unit itself: its path names them."""
    return [int(key) for key in unit.path.strip("/").split("/")]
