"""From a message's frozen context to subject, text, HTML and attachments.

The outbox knows nobody: the room that writes a kind of message registers, by kind, whether a message is
still wanted when its time comes and what is attached to it.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.mime.base import MIMEBase
from email.mime.text import MIMEText
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template import Context, TemplateDoesNotExist
from django.template.loader import get_template, select_template
from django.utils import translation

from outbox.models import Message

#: Language of the texts when a kind has none in the reader's own.
FALLBACK_LANGUAGE = "id"


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message; text when the type begins with `text/`."""

    name: str
    content: bytes
    mimetype: str
    #: Further parameters of the type, such as the method of a calendar file.
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


StillWanted = Callable[[str, dict[str, Any], int | None], bool]
StillWantedOf = Callable[[Sequence[Message]], set[int]]
Attachments = Callable[[Message], Sequence[Attachment]]
Secrets = Callable[[Message], dict[str, str]]

#: What stands in a secret's place wherever a message is kept or shown.
HIDDEN = "••••••••"


@dataclass(frozen=True)
class _Kind:
    still_wanted: StillWanted | None
    attachments: Attachments | None
    secrets: Secrets | None = None
    still_wanted_of: StillWantedOf | None = None


_kinds: dict[str, _Kind] = {}


def register(
    kind: str,
    *,
    still_wanted: StillWanted | None = None,
    attachments: Attachments | None = None,
    secrets: Secrets | None = None,
    still_wanted_of: StillWantedOf | None = None,
) -> None:
    """Say what belongs to a kind of message.

    `still_wanted(kind, context, about_id)` is asked just before sending; False cancels the message.
    `still_wanted_of(messages)` answers the same for many messages of the kind in a few statements: the keys
    of those that are.
    `attachments(message)` returns the files that go with it; it must give the same bytes when repeated.
    `secrets(message)` returns what only the mail itself may say (a code): it is put in when the mail is
    written for sending, and never kept or shown.
    """
    _kinds[kind] = _Kind(still_wanted, attachments, secrets, still_wanted_of)


def has_secrets(kind: str) -> bool:
    """Whether mails of this kind say what nobody but their reader may know."""
    known = _kinds.get(kind)
    return known is not None and known.secrets is not None


def secret_kinds() -> list[str]:
    """The kinds whose mails say what nobody but their reader may know."""
    return [kind for kind in _kinds if has_secrets(kind)]


def still_wanted(message: Message) -> bool:
    """Whether the message should still be sent now. Kinds that registered nothing always are."""
    kind = _kinds.get(message.kind)
    if kind is None or kind.still_wanted is None:
        return True
    return bool(kind.still_wanted(message.kind, message.context, message.about_id))


def still_wanted_of(messages: Sequence[Message]) -> set[int]:
    """The keys of those of these messages, all of one kind, that should still be sent now."""
    kind = _kinds.get(messages[0].kind)
    if kind is not None and kind.still_wanted_of is not None:
        return kind.still_wanted_of(messages)
    return {message.pk for message in messages if still_wanted(message)}


def preview(message: Message, *, for_sending: bool = False) -> Rendered:
    """What the message says; with its secrets only when it is written `for_sending`."""
    kind = _kinds.get(message.kind)
    attached = tuple(kind.attachments(message)) if kind and kind.attachments else ()
    context = {
        **message.context,
        "to_name": message.to_name,
        "language": message.language,
        "portal_url": settings.PORTAL_URL,
    }
    if "url_path" in message.context:
        context["url"] = settings.PORTAL_URL + message.context["url_path"]
    if kind and kind.secrets:
        said = kind.secrets(message)
        context |= said if for_sending else dict.fromkeys(said, HIDDEN)
    with translation.override(message.language):
        subject = " ".join(_render(message, "subject.txt", context, escape=False).split())
        text = _tidy(_render(message, "txt", context, escape=False))
        try:
            html = _render(message, "html", context, escape=True)
        except TemplateDoesNotExist:
            html = ""
    return Rendered(subject=subject[:250], text=text, html=html, attachments=attached)


def _render(message: Message, ending: str, context: dict[str, Any], *, escape: bool) -> str:
    languages = dict.fromkeys((message.language, FALLBACK_LANGUAGE))
    names = [f"outbox/{language}/{message.kind}.{ending}" for language in languages]
    template = select_template(names) if len(names) > 1 else get_template(names[0])
    return template.template.render(Context(context, autoescape=escape))  # type: ignore[union-attr]


def _tidy(text: str) -> str:
    """No blanks at the ends of lines and never two empty lines in a row."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines) + "\n"


def message_id(key: str) -> str:
    """The Message-ID made from a message's key: a repetition is recognisable as the same mail."""
    plain = re.fullmatch(r"[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)*", key)
    local = key.replace(":", ".") if plain else hashlib.sha256(key.encode()).hexdigest()
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{local}@{domain}>"


def as_mail(message: Message, rendered: Rendered, connection: Any = None) -> EmailMultiAlternatives:
    """The mail to send. Names and subjects lose line breaks, so no header can be smuggled in."""
    mail = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        to=[message.to_address.strip()],
        headers={
            "Message-ID": message_id(message.key),
            "Auto-Submitted": "auto-generated",  # RFC 3834: answering machines stay silent
            "Content-Language": message.language,
        },
        connection=connection,
    )
    if rendered.html:
        mail.attach_alternative(rendered.html, "text/html")
    for file in rendered.attachments:
        mail.attach(_as_part(file))
    return mail


def as_bytes(mail: EmailMessage) -> bytes:
    """The mail as it goes over the line; the same mail gives the same bytes."""
    message = mail.message()
    # The mark between the parts from the Message-ID: left open it would be drawn, and looked for in the text.
    identity = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:40]
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{number}_{identity}")
    return message.as_bytes(linesep="\r\n")  # type: ignore[call-arg]


def _as_part(file: Attachment) -> MIMEBase:
    main, _, sub = file.mimetype.partition("/")
    part: MIMEBase
    if main == "text":
        part = MIMEText(file.content.decode(), sub, "utf-8")
    else:
        from email.encoders import encode_base64

        part = MIMEBase(main, sub)
        part.set_payload(file.content)
        encode_base64(part)
    for name, value in file.parameters.items():
        part.set_param(name, value)
    part.add_header("Content-Disposition", "attachment", filename=file.name)
    return part
