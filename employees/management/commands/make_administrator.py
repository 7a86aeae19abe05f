"""make_administrator USERNAME --name NAME [--email ADDRESS]"""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.urls import reverse

from accounts import codes
from accounts.models import OneTimeCode
from audit.command import PortalCommand, operator
from employees.granting import making


class Command(PortalCommand):
    help = (
        "Make the first account that administers accounts, and print a code with which its password is set."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME", help="small letters, digits, dot, hyphen")
        parser.add_argument("--name", required=True, help="the person's name as people read it")
        parser.add_argument("--email", default="", help="where the portal tells the person of changes")

    def work(self, *, username: str, name: str, email: str, **options: Any) -> dict[str, Any]:
        made = making.first_administrator(username=username, full_name=name, email=email, operator=operator())
        return {
            "username": made.user.username,
            "code": codes.spaced(made.digits),
            "page": settings.PORTAL_URL + reverse("employees:set_password"),
            "hours": int(codes.LIFETIME[OneTimeCode.Way.HAND].total_seconds() // 3600),
        }
