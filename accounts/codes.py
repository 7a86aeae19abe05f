"""One-time codes with which somebody sets a password: short-lived, few attempts, stored hashed, used once.

Two ways lead to one: a mail to the address on record, or the hand of the unit's operator. The code in a
mail waits sealed in the outbox and is put into the mail when it leaves.
"""

import secrets
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import sealing
from accounts.models import OneTimeCode, User
from outbox import rendering
from outbox.models import Message

DIGITS = 8
#: How long a code holds, by its way: a mail is there in minutes, a slip of paper travels.
LIFETIME = {OneTimeCode.Way.MAIL: timedelta(minutes=30), OneTimeCode.Way.HAND: timedelta(hours=24)}
#: Wrong attempts a code survives. One in twenty million guesses the right one.
ATTEMPTS = 5
MAIL_KIND = "account_code"
#: Codes that no longer open anything are kept for so long, for questions.
_KEPT = timedelta(days=30)


def make(user: Any, way: str, *, by: Any = None) -> tuple[OneTimeCode, str]:
    """A new code for the user and its digits, which are nowhere else; older codes end.

    Runs in the caller's transaction.
    """
    User.objects.select_for_update().get(pk=user.pk)  # two at once would both be the live one
    OneTimeCode.objects.filter(user=user, used_at=None, ended_at=None).update(ended_at=timezone.now())
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    code = OneTimeCode.objects.create(
        user=user,
        digest=_digest(user.pk, digits),
        way=way,
        expires_at=timezone.now() + LIFETIME[OneTimeCode.Way(way)],
        attempts_left=ATTEMPTS,
        handed_out_by=by,
    )
    return code, digits


def redeem(user: Any, typed: str) -> bool:
    """Whether `typed` is the user's live code, which it uses up; a wrong one costs an attempt.

    `user` None stands for a number nobody has: the same work, never right. The attempt is taken by one
    conditional statement before anything is compared, so that attempts at the same moment cannot get more
    than there are; call it outside a transaction, or a rollback would give the attempt back.
    """
    digits = "".join(typed.split()).replace("-", "")
    pk = user.pk if user is not None else 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE accounts_onetimecode SET attempts_left = attempts_left - 1
            WHERE user_id = %s AND used_at IS NULL AND ended_at IS NULL AND attempts_left > 0
                AND expires_at > clock_timestamp()
            RETURNING id, digest
            """,
            [pk],
        )
        code_id, digest = cursor.fetchone() or (None, "")
    right = constant_time_compare(digest, _digest(pk, digits))
    if not right or code_id is None:
        return False
    # Only one of two right attempts at the same moment finds it unused.
    used = OneTimeCode.objects.filter(pk=code_id, used_at=None, ended_at=None)
    return bool(used.update(used_at=timezone.now(), attempts_left=F("attempts_left")))


@transaction.atomic
def mail(user: Any, *, to_name: str, to_address: str, unit_path: str, first: bool) -> OneTimeCode:
    """Make a code and write the mail that brings it, `first` for a first sign-in; the caller has checked who asks."""
    code, digits = make(user, OneTimeCode.Way.MAIL)
    Message.objects.create(
        key=f"code:{code.pk}",
        kind=MAIL_KIND,
        recipient=user,
        to_name=to_name,
        to_address=to_address,
        unit_path=unit_path,
        language=user.language,
        about_type="code",
        about_id=code.pk,
        context={
            "name": to_name,
            "username": user.get_username(),
            "first": first,
            "sealed": sealing.seal(digits),
            "minutes": LIFETIME[OneTimeCode.Way.MAIL] // timedelta(minutes=1),
        },
    )
    return code


def forget() -> int:
    """Delete codes that ended long ago; return how many."""
    return OneTimeCode.objects.filter(expires_at__lt=timezone.now() - _KEPT).delete()[0]


def spaced(digits: str) -> str:
    """A code as people read it, `1234 5678`."""
    return f"{digits[: DIGITS // 2]} {digits[DIGITS // 2 :]}"


def _digest(user_id: int, digits: str) -> str:
    return salted_hmac("accounts.codes", f"{user_id}:{digits}", algorithm="sha256").hexdigest()


def _still_wanted(kind: str, context: dict[str, Any], about_id: int | None) -> bool:
    live = OneTimeCode.objects.filter(pk=about_id or 0, used_at=None, ended_at=None)
    return live.filter(expires_at__gt=timezone.now()).exists()


rendering.register(
    MAIL_KIND,
    still_wanted=_still_wanted,
    secrets=lambda message: {"code": spaced(sealing.unseal(message.context["sealed"]))},
)
