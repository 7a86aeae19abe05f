"""Sign-ins: one account per role, and one for every employee; all with the one published password."""

from datetime import date, timedelta

from accounts.models import RoleGrant, User
from accounts.roles import Role
from simdiklat.demo.units import DemoUnit

#: One sign-in for each role: user name, name shown, role, unit.
SIGN_INS = (
    ("perencana", "Perencana Pusat", Role.CENTRAL, "MENAG"),
    ("pejabat", "Pejabat Penetap", Role.CENTRAL, "MENAG"),
    ("penyelenggara", "Penyelenggara BDK Surabaya", Role.ORGANISER, "BDK-SBY"),
    ("kanwil", "Operator Kanwil Jawa Timur", Role.REGION, "KW35"),
    ("kanwil.jateng", "Operator Kanwil Jawa Tengah", Role.REGION, "KW33"),
    ("pimpinan", "Pimpinan", Role.LEADER, "MENAG"),
    ("auditor", "Auditor Inspektorat Jenderal", Role.AUDITOR, "MENAG"),
    ("admin", "Admin Akun", Role.ADMIN, "MENAG"),
)
#: Who plans and who approves in the showcase.
PLANNER, OFFICER = "perencana", "pejabat"


def create_role_accounts(units: list[DemoUnit], password_hash: str, today: date) -> None:
    """Store the accounts of SIGN_INS with their grants, in force since a year."""
    by_code = {unit.code: unit.id for unit in units}
    users = User.objects.bulk_create(
        User(username=name, full_name=shown, email=f"{name}@contoh.invalid", password=password_hash)
        for name, shown, _role, _unit in SIGN_INS
    )
    RoleGrant.objects.bulk_create(
        RoleGrant(user=user, role=role, unit_id=by_code[unit], since=today - timedelta(days=365))
        for user, (_name, _shown, role, unit) in zip(users, SIGN_INS, strict=True)
    )
