"""Checking a selection from its evidence alone, then the stored rows against it (selection.md, "Evidence").

The order and the allocation are recomputed here in plain Python, apart from the SQL that made them.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from audit.models import Event
from invitations import evidence
from invitations.models import Selection
from invitations.ranking import largest_remainder
from invitations.ranking.plain import Ranked, give_out
from trainings.seeds import commitment_of

#: Differences named before the rest is only counted.
NAMED = 10


@dataclass
class Finding:
    """What differs, in words; nothing: the selection matches its evidence."""

    differences: list[str] = field(default_factory=list)

    @property
    def matches(self) -> bool:
        return not self.differences

    def add(self, text: str) -> None:
        self.differences.append(text)


def verify(selection: Selection) -> Finding:
    """Recompute hash, lottery, order and allocation from the evidence; compare the stored rows with it."""
    finding = Finding()
    if not selection.evidence_file:
        finding.add(_("The selection has no evidence: it was never proposed."))
        return finding
    try:
        digest = evidence.sha256_of(selection.evidence_file)
        if digest != selection.evidence_sha256:
            finding.add(
                _("The SHA-256 of the evidence file is %(found)s; recorded is %(recorded)s.")
                % {"found": digest, "recorded": selection.evidence_sha256}
            )
        header, people = evidence.read(selection.evidence_file)
        pool, excluded = _split(people, finding)
        _check_header(selection, header, finding)
        _check_trail(selection, header, finding)
        _check_order(header, pool, finding)
        _check_counts(header, pool, excluded, finding)
        _check_outcomes(header, pool, finding)
        _check_stored(selection, header, pool, finding)
    except evidence.EvidenceError as error:
        finding.add(str(error))
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        # Whatever a file says that was not written by the portal: no value in it is to be relied on.
        finding.add(_("The evidence file is damaged: %(error)r.") % {"error": error})
    return finding


def _split(people: Iterator[dict[str, str]], finding: Finding) -> tuple[list[dict[str, Any]], dict[str, int]]:
    pool: list[dict[str, Any]] = []
    excluded: dict[str, int] = defaultdict(int)
    for person in people:
        if person["OUTCOME"] == "excluded":
            excluded[person["CODE"]] += 1
        else:
            pool.append(person)
    return pool, dict(sorted(excluded.items()))


def _check_header(selection: Selection, header: dict[str, Any], finding: Finding) -> None:
    seed = selection.seed
    if header["commitment"] != commitment_of(header["seed"]):
        finding.add(_("The seed in the evidence is not the one committed to."))
    for name, stored in {
        "selection": selection.pk,
        "rule": selection.rule_version,
        "class": selection.training_class.code,
        "seed": seed.value,
        "commitment": seed.commitment,
        "run_on": selection.run_on.isoformat() if selection.run_on else None,
        "requested_by": selection.requested_by.get_username() if selection.requested_by else None,
        "pool_size": selection.pool_size,
        "selected": selection.selected_count,
        "reserve": selection.reserve_count,
        "excluded": selection.excluded,
        "parameters": selection.parameters,
    }.items():
        if header[name] != stored:
            finding.add(
                _("%(name)s: stored is %(stored)r, the evidence says %(evidence)r.")
                % {"name": name, "stored": stored, "evidence": header[name]}
            )


def _check_trail(selection: Selection, header: dict[str, Any], finding: Finding) -> None:
    """Hash and commitment against the audit trail: evidence, rows and hash replaced together are found."""
    proposed = Event.objects.filter(
        object_type="selection", object_id=str(selection.pk), verb="selection.proposed"
    ).last()
    if proposed is None:
        finding.add(_("The audit trail does not say that the selection was proposed."))
        return
    for name, found in {
        "evidence_sha256": selection.evidence_sha256,
        "commitment": header["commitment"],
    }.items():
        recorded = proposed.data.get(name, found)  # proposals of older versions recorded neither
        if recorded != found:
            finding.add(
                _("%(name)s: the audit trail recorded %(recorded)s, found is %(found)s.")
                % {"name": name, "recorded": recorded, "found": found}
            )


def _check_order(header: dict[str, Any], pool: list[dict[str, Any]], finding: Finding) -> None:
    wrong_lottery = 0
    for person in pool:
        key = person["NIP"] or person["ID_PEGAWAI"]
        if person["LOTTERY"] != hashlib.sha256(f"{header['seed']}:{key}".encode()).hexdigest():
            wrong_lottery += 1
            if wrong_lottery <= NAMED:
                finding.add(_("The lottery of %(key)s is not the SHA-256 of seed and key.") % {"key": key})
    ordered = sorted(
        pool,
        key=lambda p: (p["EVER_TRAINED"] == "true", p["WAITING_SINCE"], p["SERVICE_START"], p["LOTTERY"]),
    )
    strata: dict[str, int] = defaultdict(int)
    by_area = header["parameters"]["allocation"] != "NASIONAL"
    misplaced = 0
    for rank, person in enumerate(ordered, start=1):
        stratum = person["AREA"] if by_area else ""
        strata[stratum] += 1
        if (person["RANK"], person["AREA_RANK"]) != (str(rank), str(strata[stratum])):
            misplaced += 1
            if misplaced <= NAMED:
                finding.add(
                    _("%(key)s has rank %(rank)s/%(area_rank)s, recomputed %(right)d/%(area_right)d.")
                    % {
                        "key": person["NIP"] or person["ID_PEGAWAI"],
                        "rank": person["RANK"],
                        "area_rank": person["AREA_RANK"],
                        "right": rank,
                        "area_right": strata[stratum],
                    }
                )
    if wrong_lottery > NAMED or misplaced > NAMED:
        finding.add(
            _("In all, lottery values that differ: %(lottery)d, ranks that differ: %(ranks)d.")
            % {"lottery": wrong_lottery, "ranks": misplaced}
        )


def _check_counts(
    header: dict[str, Any], pool: list[dict[str, Any]], excluded: dict[str, int], finding: Finding
) -> None:
    if header["pool_size"] != len(pool):
        finding.add(
            _("People of the pool: %(said)s by the head of the evidence, %(listed)d by its list.")
            % {"said": header["pool_size"], "listed": len(pool)}
        )
    if header["excluded"] != excluded:
        finding.add(
            _("People excluded, by code: %(said)s by the head of the evidence, %(listed)s by its list.")
            % {"said": header["excluded"], "listed": excluded}
        )


def allocate(header: dict[str, Any], pool: list[dict[str, Any]]) -> dict[str, tuple[str, str, str]]:
    """Seats and reserve for a ranked pool: EMPLOYEE → (outcome, code, reserve number). selection.md, steps 1-3."""
    parameters = header["parameters"]
    national = parameters["allocation"] == "NASIONAL"
    strata = [""] if national else [area["code"] for area in parameters["areas"]]
    ranked = [
        Ranked(person["EMPLOYEE"], "" if national else person["AREA"], person["UNIT"])
        for person in sorted(pool, key=lambda p: int(p["RANK"]))
    ]
    sizes = [sum(one.stratum == stratum for one in ranked) for stratum in strata]

    def split(total: int) -> dict[str, int]:
        kind = parameters["allocation"]
        if kind == "NASIONAL":
            parts = [total]
        elif kind == "RATA":
            parts = [total // len(strata) + (i < total % len(strata)) for i in range(len(strata))]
        elif kind == "PROPORSIONAL":
            parts = largest_remainder(total, sizes)
        else:
            listed = [area["seats"] or 0 for area in parameters["areas"]]
            parts = listed if sum(listed) == total else largest_remainder(total, listed)
        return dict(zip(strata, parts, strict=True))

    given = give_out(
        ranked,
        seats=split(parameters["free_seats"]),
        reserve=split(parameters["reserve"]),
        cap=parameters["unit_cap"],
        taken_by_unit=header["taken_by_unit"],
    )
    selected = set(given.selected)
    result = {}
    for one in ranked:
        code = "unit_cap" if one.person in given.passed_over else ""
        if one.person in selected:
            result[one.person] = ("selected", "", "")
        elif one.person in given.reserve:
            result[one.person] = ("reserve", code, str(given.reserve[one.person]))
        else:
            result[one.person] = ("waiting", code, "")
    return result


def _check_outcomes(header: dict[str, Any], pool: list[dict[str, Any]], finding: Finding) -> None:
    expected = allocate(header, pool)
    wrong = [
        person
        for person in pool
        if (person["OUTCOME"], person["CODE"], person["RESERVE_NO"]) != expected[person["EMPLOYEE"]]
    ]
    for person in wrong[:NAMED]:
        finding.add(
            _("%(key)s is listed as %(listed)s, recomputed %(right)s.")
            % {
                "key": person["NIP"] or person["ID_PEGAWAI"],
                "listed": " ".join((person["OUTCOME"], person["CODE"])).strip(),
                "right": " ".join(expected[person["EMPLOYEE"]]).strip(),
            }
        )
    if len(wrong) > NAMED:
        finding.add(_("In all, outcomes that differ: %(count)d.") % {"count": len(wrong)})


def _check_stored(
    selection: Selection, header: dict[str, Any], pool: list[dict[str, Any]], finding: Finding
) -> None:
    """The candidates in the database, row by row, against the evidence."""
    national = header["parameters"]["allocation"] == "NASIONAL"
    expected = {
        person["EMPLOYEE"]: (
            person["RANK"], person["AREA_RANK"], person["AREA"], "" if national else person["AREA"],
            person["UNIT"], person["OUTCOME"], person["RESERVE_NO"], person["CODE"], person["EVER_TRAINED"],
            person["WAITING_SINCE"], person["SERVICE_START"], person["LOTTERY"],
        )
        for person in pool
    }  # fmt: skip
    differing = 0
    stored = 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.employee_id::text, c.rank::text, c.area_rank::text, a.code, COALESCE(s.code, ''), u.code,
                c.outcome, COALESCE(c.reserve_no::text, ''), c.code, c.ever_trained::text,
                c.waiting_since::text, c.service_start::text, c.lottery
            FROM invitations_candidate c
            JOIN employees_unit a ON a.id = c.area_id JOIN employees_unit u ON u.id = c.unit_id
            LEFT JOIN employees_unit s ON s.id = c.stratum_id
            WHERE c.selection_id = %s ORDER BY c.rank
            """,
            [selection.pk],
        )
        while rows := cursor.fetchmany(5000):
            for employee, *values in rows:
                stored += 1
                if expected.pop(employee, None) != tuple(values):
                    differing += 1
                    if differing <= NAMED:
                        finding.add(
                            _(
                                "The stored row of rank %(rank)s (employee %(employee)s) differs from the evidence."
                            )
                            % {"rank": values[0], "employee": employee}
                        )
        cursor.execute(
            """
            SELECT count(*) FROM invitations_candidate c
            LEFT JOIN invitations_rankpage p ON p.selection_id = c.selection_id AND p.page = c.employee_id >> 8
            WHERE c.selection_id = %s
                AND c.rank IS DISTINCT FROM p.ranks[array_position(p.people, (c.employee_id & 255)::smallint)]
            """,
            [selection.pk],
        )
        (astray,) = cursor.fetchone()
    if astray:
        finding.add(
            _("People whose own page would show another rank, or none: %(count)d.") % {"count": astray}
        )
    if differing > NAMED:
        finding.add(_("In all, stored rows that differ: %(count)d.") % {"count": differing})
    if expected:
        finding.add(
            _("People of the evidence without a stored row: %(missing)d (rows stored: %(stored)d).")
            % {"missing": len(expected), "stored": stored}
        )
