"""One line to the mail server, used for many messages; answers sorted by whose fault they are.

Django's SMTP backend opens and closes the connection (TLS, sign-in, timeouts). The dialogue is held here,
because the server's answer is kept and because it matters at which word it was given.
"""

import contextlib
import re
import smtplib
from email.utils import parseaddr

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import smtp
from django.core.mail.backends.base import BaseEmailBackend

from outbox import rendering


class Failure(Exception):
    """Not sent. `answer` is the server's text, or what broke in words."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer


class PutOff(Failure):
    """This message cannot be taken now: greylisting, a full mailbox, a dropped line."""

    def __init__(self, answer: str, *, line_lost: bool = False) -> None:
        super().__init__(answer)
        #: The connection itself broke; several in a row mean that the server is ill.
        self.line_lost = line_lost


class Refused(Failure):
    """This message will never be taken. `dead`: the address itself does not exist."""

    def __init__(self, answer: str, *, dead: bool) -> None:
        super().__init__(answer)
        self.dead = dead


class ServerIll(Failure):
    """Nobody's message is at fault: no connection, no sign-in, the sender or the greeting refused."""


class _Answer(Exception):
    """A reply other than the one hoped for."""

    def __init__(self, code: int, text: bytes | str) -> None:
        self.code = code
        self.text = _words(code, text)
        super().__init__(self.text)

    @property
    def detail(self) -> str:
        """The enhanced status code of RFC 3463 ("5.1.1"), or an empty text."""
        found = re.match(r"\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b", self.text)
        return found[1] if found else ""


def _words(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return f"{code} {' '.join(words.split())}"[:1000]


def _broken(error: BaseException) -> str:
    """What broke, in words."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _words(error.smtp_code, error.smtp_error)
    if isinstance(error, TimeoutError) or "timed out" in str(error):  # smtplib wraps some of them
        return "The mail server did not answer in time."
    return (str(error) or type(error).__name__)[:1000]


def open_line() -> "Line":
    """A line through the backend of the settings; nothing is connected before the first message."""
    backend = get_connection(fail_silently=False)
    return SmtpLine(backend) if isinstance(backend, smtp.EmailBackend) else Line(backend)


class Line:
    """Any backend that is not SMTP: files on a laptop."""

    def __init__(self, backend: BaseEmailBackend) -> None:
        self.backend = backend

    def send(self, mail: EmailMessage) -> str:
        """Send one mail to its one recipient; return the server's answer. Raises a Failure."""
        try:
            self.backend.send_messages([mail])
        except OSError as error:  # a full or read-only disk is nobody's message's fault
            raise ServerIll(_broken(error)) from error
        return ""

    def close(self) -> None:
        """Hang up; never raises."""
        with contextlib.suppress(OSError):
            self.backend.close()


class SmtpLine(Line):
    backend: smtp.EmailBackend

    def send(self, mail: EmailMessage) -> str:
        content = rendering.as_bytes(mail)
        sender = parseaddr(mail.from_email)[1]
        server = self._begin(sender, content)
        try:
            self._expect(server.rcpt(mail.to[0]), 250, 251)
        except _Answer as answer:
            self._reset()
            raise _recipient_failure(answer) from answer
        except OSError as error:
            self.hang_up()
            raise PutOff(_broken(error), line_lost=True) from error
        try:
            return _words(*self._data(server, content))
        except _Answer as answer:
            self._reset()
            raise _content_failure(answer) from answer
        except OSError as error:
            self.hang_up()
            raise PutOff(f"{_broken(error)} (while the text was on its way)", line_lost=True) from error

    def _begin(self, sender: str, content: bytes) -> smtplib.SMTP:
        """Connect if need be and announce the sender.

        An old connection that fails here is replaced once: servers drop idle lines and limit the messages
        of a session, and nothing has been handed over yet.
        """
        reused = self.backend.connection is not None
        try:
            return self._announce(sender, content)
        except (OSError, _Answer) as error:
            if isinstance(error, _Answer) and error.detail == "5.3.4":  # larger than the server takes
                self._reset()
                raise Refused(error.text, dead=False) from error
            self.hang_up()
            if not reused:
                raise ServerIll(_broken(error)) from error
            try:
                return self._announce(sender, content)
            except (OSError, _Answer) as again:
                self.hang_up()
                raise ServerIll(_broken(again)) from again

    def _announce(self, sender: str, content: bytes) -> smtplib.SMTP:
        self.backend.open()
        server = self._server()
        server.ehlo_or_helo_if_needed()
        options = []
        if server.has_extn("size"):
            options.append(f"SIZE={len(content)}")
        if server.has_extn("8bitmime") and not content.isascii():
            options.append("BODY=8BITMIME")
        self._expect(server.mail(sender, options), 250)
        return server

    def _server(self) -> smtplib.SMTP:
        if self.backend.connection is None:
            raise smtplib.SMTPServerDisconnected("There is no line to the mail server.")
        return self.backend.connection

    def _data(self, server: smtplib.SMTP, content: bytes) -> tuple[int, bytes]:
        try:
            code, text = server.data(content)
        except smtplib.SMTPDataError as error:  # the word DATA itself was refused
            raise _Answer(error.smtp_code, error.smtp_error) from error
        self._expect((code, text), 250)
        return code, text

    @staticmethod
    def _expect(reply: tuple[int, bytes], *hoped_for: int) -> None:
        code, text = reply
        if code == -1:  # smtplib's word for a line that broke in the middle of a reply
            raise smtplib.SMTPServerDisconnected("The mail server dropped the line.")
        if code not in hoped_for:
            raise _Answer(code, text)

    def _reset(self) -> None:
        """Leave no half transaction on a line that is used again; a line that cannot be reset is dropped."""
        try:
            self._expect(self._server().rset(), 250)
        except (OSError, _Answer):
            self.hang_up()

    def hang_up(self) -> None:
        """Drop the line without a farewell: a server that stalls would make QUIT wait as well."""
        half_open = getattr(self.backend, "_partial_connection", None)
        for server in (self.backend.connection, half_open):
            if server is not None:
                with contextlib.suppress(OSError):
                    server.close()
        self.backend.connection = None
        if half_open is not None:
            self.backend._partial_connection = None  # type: ignore[attr-defined]


def _recipient_failure(answer: _Answer) -> Failure:
    """What a refused recipient means.

    5.7.x is policy (no relaying, a block list) and 5.2.2 a full mailbox: neither says that the address does
    not exist, so it is tried again and in the end given up, but the address is not written off.
    """
    if answer.code == 530:  # sign in first: our settings are wrong
        return ServerIll(answer.text)
    if answer.code < 500 or answer.code == 552 or answer.detail.startswith(("5.7.", "5.2.2", "5.3.")):
        return PutOff(answer.text)
    return Refused(answer.text, dead=True)


def _content_failure(answer: _Answer) -> Failure:
    """What a refusal of the text means; only 5.1.x and 5.2.1 speak of the address (RFC 3463)."""
    if answer.code < 500:
        return PutOff(answer.text)
    return Refused(answer.text, dead=answer.detail.startswith("5.1.") or answer.detail == "5.2.1")
