"""How often something may be tried, counted in PostgreSQL over all processes and hosts.

A limit lets so many attempts through at once and then one more each `refill`. One row and one statement
per attempt: the row's lock puts attempts of any number of processes into an order, so two at the same
moment never both take the last one. Called outside a transaction (as views are), an attempt stays
counted whatever happens afterwards.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


@dataclass(frozen=True)
class Limit:
    """`burst` attempts at once, then one more each `refill`."""

    name: str
    burst: int
    refill: timedelta

    @property
    def seconds(self) -> float:
        """The refill in seconds."""
        return self.refill.total_seconds()


#: Wrong passwords for one account, from wherever: 10, then 10 an hour (ASVS 2.2.1 allows 100 an hour).
SIGN_IN_ACCOUNT = Limit("sign-in account", 10, timedelta(minutes=6))
#: Wrong passwords from one address. A whole office may stand behind it, hence the wide burst.
SIGN_IN_ADDRESS = Limit("sign-in address", 100, timedelta(seconds=6))
#: Second-factor codes of one account.
SECOND_FACTOR = Limit("second factor", 6, timedelta(minutes=5))
#: Passkey ceremonies from one address: there is nothing to guess, only work to be had.
PASSKEY_ADDRESS = Limit("passkey address", 100, timedelta(seconds=2))
#: Requests for a code to set a password, for one number and from one address.
CODE_NUMBER = Limit("code number", 3, timedelta(minutes=20))
CODE_ADDRESS = Limit("code address", 30, timedelta(minutes=1))
#: Codes tried for one number and from one address; each code has attempts of its own besides.
REDEEM_NUMBER = Limit("redeem number", 10, timedelta(minutes=6))
REDEEM_ADDRESS = Limit("redeem address", 60, timedelta(seconds=20))
#: Sign-ins through the ministry's provider begun or ended from one address.
SSO_ADDRESS = Limit("sso address", 100, timedelta(seconds=2))
#: Readings of one subscribed calendar: programs ask a few times a day, and each is made anew.
CALENDAR = Limit("calendar", 60, timedelta(minutes=1))
#: A code of an authenticator app counts once; longer than any code is accepted.
APP_CODE = Limit("app code", 1, timedelta(minutes=3))


class TooMany(Exception):
    """A limit is reached; `wait` says when the next attempt is let through."""

    def __init__(self, limit: Limit, subject: str) -> None:
        super().__init__(limit.name)
        self.limit = limit
        self._subject = subject

    @cached_property
    def wait(self) -> timedelta:
        """How long until the next attempt passes; asked of the database when somebody wants to know."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT full_at - clock_timestamp() - make_interval(secs => %s) FROM accounts_attempt WHERE key = %s",
                [(self.limit.burst - 1) * self.limit.seconds, _key(self.limit, self._subject)],
            )
            row = cursor.fetchone()
        return max(row[0], timedelta(0)) if row else timedelta(0)

    @property
    def seconds(self) -> int:
        """Whole seconds to wait, at least one."""
        return max(1, -(-self.wait // timedelta(seconds=1)))

    @property
    def wait_text(self) -> str:
        """The wait in words: seconds below a minute, else minutes, rounded up."""
        if self.seconds < 60:
            return ngettext("%(n)d second", "%(n)d seconds", self.seconds) % {"n": self.seconds}
        minutes = -(-self.seconds // 60)
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}

    @property
    def user_message(self) -> str:
        return _("Too many attempts. Try again in %(wait)s.") % {"wait": self.wait_text}


def _key(limit: Limit, subject: str) -> str:
    """What the row is called: no NIP and no address can be read from it."""
    return salted_hmac("accounts.limits", f"{limit.name}\0{subject}", algorithm="sha256").hexdigest()


def take(limit: Limit, subject: str) -> None:
    """Count one attempt by or against `subject`; raises TooMany, and counts nothing, when there is none left."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_attempt AS a (key, full_at)
            VALUES (%(key)s, clock_timestamp() + make_interval(secs => %(refill)s))
            ON CONFLICT (key) DO UPDATE
            SET full_at = GREATEST(a.full_at, clock_timestamp()) + make_interval(secs => %(refill)s)
            WHERE GREATEST(a.full_at, clock_timestamp()) + make_interval(secs => %(refill)s)
                <= clock_timestamp() + make_interval(secs => %(burst)s * %(refill)s)
            RETURNING 1
            """,
            {"key": _key(limit, subject), "refill": limit.seconds, "burst": limit.burst},
        )
        if cursor.fetchone() is None:
            raise TooMany(limit, subject)


def give_back(limit: Limit, subject: str) -> None:
    """Take one attempt back: it was a right one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_attempt SET full_at = full_at - make_interval(secs => %s) WHERE key = %s",
            [limit.seconds, _key(limit, subject)],
        )


def forget() -> int:
    """Delete the rows that limit nothing any more; return how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_attempt WHERE full_at < clock_timestamp()")
        return int(cursor.rowcount)
