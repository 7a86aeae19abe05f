"""Small secrets the database must keep but nobody who reads it should: sealed with a key from SECRET_KEY.

`SECRET_KEY_FALLBACKS` still open what was sealed before the key was changed.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """What was to be opened was not sealed with any key of this installation."""


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = (
        hashlib.blake2b(key.encode(), digest_size=32, person=b"simdiklat-seal").digest() for key in keys
    )
    return MultiFernet([Fernet(base64.urlsafe_b64encode(one)) for one in derived])


def seal(text: str) -> str:
    """The text as only this installation can read it; another result each time."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed; raises Unreadable."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error
