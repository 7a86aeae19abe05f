"""The one exception for "no": it carries a sentence for the person and nothing has been changed."""

from typing import Any


class Refusal(Exception):
    """A request that cannot be fulfilled. `user_message` says why and what to do, in the user's language."""

    def __init__(self, user_message: Any, *, code: str = "") -> None:
        super().__init__(user_message)
        self._message = user_message
        self.code = code

    @property
    def user_message(self) -> str:
        return str(self._message)

    def __str__(self) -> str:
        return self.user_message
