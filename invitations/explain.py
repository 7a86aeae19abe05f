"""The reason in words: one wording for the mail, the list, the pages and the explanation."""

from datetime import date
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invitations.codes import UNIT_CAP, Gate, OverrideCategory


def reason_of(
    *,
    rank: int,
    pool: int,
    ever_trained: bool,
    waiting_since: date,
    area: str,
    area_seats: int,
    area_rank: int | None = None,
    area_pool: int | None = None,
    promoted: bool = False,
    override: str = "",
) -> dict[str, Any]:
    """The reason of an invitation as JSON, frozen when it is issued. `area` is empty for all areas."""
    return {
        "rank": rank,
        "pool": pool,
        "ever_trained": ever_trained,
        "waiting_since": waiting_since.isoformat(),
        "area": area,
        "area_seats": area_seats,
        "area_rank": area_rank,
        "area_pool": area_pool,
        "promoted": promoted,
        "override": override,
    }


def reason_text(reason: dict[str, Any]) -> str:
    """The sentence a person reads, in the active language.

    "Peringkat 4 dari 812. Belum pernah mengikuti pelatihan sejak 01-03-2011. Kuota NTT: 10 kursi."
    """
    if not reason:
        return ""
    since = date.fromisoformat(reason["waiting_since"]).strftime("%d-%m-%Y")
    parts = [_("Rank %(rank)s of %(pool)s.") % _grouped(rank=reason["rank"], pool=reason["pool"])]
    if reason["ever_trained"]:
        parts.append(_("Last training ended on %(date)s.") % {"date": since})
    else:
        parts.append(_("No training since entering service on %(date)s.") % {"date": since})
    seats = reason["area_seats"]
    if reason["area"]:
        quota = ngettext("Quota of %(area)s: %(n)d seat.", "Quota of %(area)s: %(n)d seats.", seats)
        parts.append(quota % {"area": reason["area"], "n": seats})
        if reason.get("area_rank"):
            parts.append(
                _("Rank in this area: %(rank)s of %(pool)s.")
                % _grouped(rank=reason["area_rank"], pool=reason["area_pool"])
            )
    else:
        parts.append(ngettext("Seats: %(n)d.", "Seats: %(n)d.", seats) % {"n": seats})
    if reason.get("promoted"):
        parts.append(_("Called up from the reserve for a seat that became free."))
    if reason.get("override"):
        parts.append(
            _("Named out of order by an override of two officers: %(category)s.")
            % {"category": OverrideCategory(reason["override"]).label}
        )
    return " ".join(parts)


def _grouped(**numbers: int) -> dict[str, str]:
    """The numbers as people write them, with their thousands apart."""
    return {name: number_format(number, force_grouping=True) for name, number in numbers.items()}


def code_text(code: str) -> str:
    """Why somebody is out, and what would have to change, in the active language."""
    texts = {
        Gate.INACTIVE: _(
            "Not in active service. This changes when the personnel data says active (AKTIF) again."
        ),
        Gate.AREA: _(
            "The unit lies outside the areas of this class. A class for the own area is open instead."
        ),
        Gate.STATUS: _("The programme is for other employment statuses."),
        Gate.POSITION: _("The programme is for other kinds of positions."),
        Gate.LEVEL: _("The programme is for other position levels."),
        Gate.GRADE: _("The grade is outside the programme's range, or no grade is recorded."),
        Gate.PASSED: _("Has already passed this programme. Other programmes stay open."),
        Gate.COMMITTED: _(
            "Has a seat or an open invitation in another class. This changes when that class has ended or the "
            "invitation was declined."
        ),
        Gate.RETIRING: _("Retires within two years of the last day of the class."),
        Gate.PPPK_CEILING: _(
            "The training hours of this year together with this programme exceed the ceiling for PPPK."
        ),
        Gate.HOLD: _("On hold after an unexcused absence. This ends with the day of the hold."),
        Gate.INVITED: _("Was already invited to this class."),
        UNIT_CAP: _("Passed over because the unit already has its largest share of seats in this class."),
        "deferred": _("Deferred by the regional office during the review."),
        "moved_up": _("Moved up for somebody who was deferred or excluded."),
        "included": _("Included out of order by an override of two officers."),
        "excluded": _("Excluded by an override of two officers."),
        "displaced": _("Gave the seat to somebody included by an override; first in the reserve."),
    }
    return texts.get(code, code)
