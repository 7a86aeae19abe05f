"""What each role may do: one table, shown as it is in the docs and in the portal."""

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    CENTRAL = "central", _("Central planner")
    ORGANISER = "organiser", _("Organiser")
    REGION = "region", _("Regional operator")
    LEADER = "leader", _("Leader")
    AUDITOR = "auditor", _("Auditor")
    ADMIN = "admin", _("Account administrator")


class Permission(models.TextChoices):
    SEE_PEOPLE = "see_people", _("See employees and their training history")
    SEE_NIP = "see_nip", _("See the whole NIP")
    SEE_FIGURES = "see_figures", _("See figures and reports")
    SEE_CLASSES = "see_classes", _("See classes and programmes")
    PLAN_CLASSES = "plan_classes", _("Plan classes")
    SELECT = "select", _("Start and review selections")
    APPROVE = "approve", _("Approve selections and issue invitations")
    SEE_SELECTIONS = "see_selections", _("See selections and invitations")
    DOWNLOAD_LISTS = "download_lists", _("Download lists of names")
    ANSWER_FOR_OTHERS = "answer_for_others", _("Answer an invitation on someone's behalf")
    REVIEW = "review", _("Defer a proposed person during the review window")
    VERIFY_CLAIMS = "verify_claims", _("Verify or refuse claims of missing training")
    MERGE_PEOPLE = "merge_people", _("Merge two records of one person")
    IMPORT = "import", _("Import files")
    CORRECT = "correct", _("Answer requests to correct personal data")
    SEE_AUDIT = "see_audit", _("Read the audit trail")
    HAND_OUT_CODES = "hand_out_codes", _("Hand a one-time code to somebody without an e-mail address")
    SET_RULE = "set_rule", _("Change the settings of the rule")
    MANAGE_ACCOUNTS = "manage_accounts", _("Grant roles and manage accounts")


_P = Permission
GRANTED: dict[Role, frozenset[Permission]] = {
    Role.CENTRAL: frozenset(
        {
            _P.SEE_PEOPLE,
            _P.SEE_NIP,
            _P.SEE_FIGURES,
            _P.SEE_CLASSES,
            _P.PLAN_CLASSES,
            _P.SELECT,
            _P.APPROVE,
            _P.SEE_SELECTIONS,
            _P.DOWNLOAD_LISTS,
            _P.ANSWER_FOR_OTHERS,
            _P.MERGE_PEOPLE,
            _P.IMPORT,
            _P.CORRECT,
            _P.SEE_AUDIT,
            _P.SET_RULE,
        }
    ),
    Role.ORGANISER: frozenset(
        {
            _P.SEE_PEOPLE,
            _P.SEE_NIP,
            _P.SEE_FIGURES,
            _P.SEE_CLASSES,
            _P.PLAN_CLASSES,
            _P.SELECT,
            _P.APPROVE,
            _P.SEE_SELECTIONS,
            _P.DOWNLOAD_LISTS,
        }
    ),
    Role.REGION: frozenset(
        {
            _P.SEE_PEOPLE,
            _P.SEE_NIP,
            _P.SEE_FIGURES,
            _P.SEE_CLASSES,
            _P.SEE_SELECTIONS,
            _P.DOWNLOAD_LISTS,
            _P.ANSWER_FOR_OTHERS,
            _P.REVIEW,
            _P.VERIFY_CLAIMS,
            _P.MERGE_PEOPLE,
            _P.HAND_OUT_CODES,
            _P.CORRECT,
        }
    ),
    Role.LEADER: frozenset({_P.SEE_FIGURES, _P.SEE_CLASSES}),
    Role.AUDITOR: frozenset(
        {
            _P.SEE_PEOPLE,
            _P.SEE_NIP,
            _P.SEE_FIGURES,
            _P.SEE_CLASSES,
            _P.SEE_SELECTIONS,
            _P.DOWNLOAD_LISTS,
            _P.SEE_AUDIT,
        }
    ),
    Role.ADMIN: frozenset({_P.MANAGE_ACCOUNTS, _P.SEE_AUDIT}),
}


def roles_with(permission: str) -> list[Role]:
    """The roles that carry a permission, in the order of the table."""
    return [role for role in Role if permission in GRANTED[role]]


def table() -> list[tuple[Permission, list[tuple[Role, bool]]]]:
    """The table row by row: each permission, and for each role whether it carries it."""
    return [(permission, [(role, permission in GRANTED[role]) for role in Role]) for permission in Permission]


def as_markdown() -> str:
    """The table as docs/administrators.md shows it, in English; a test holds the two together."""
    with translation.override("en"):
        lines = [
            ["", *(str(role.label) for role in Role)],
            ["---"] * (len(Role) + 1),
            *([str(row.label), *("yes" if held else "" for _role, held in cells)] for row, cells in table()),
        ]
    return "\n".join(
        f"| {' | '.join(line)} |".replace("|  |", "| |").replace("|  |", "| |") for line in lines
    )
