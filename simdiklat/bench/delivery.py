"""Delivery through an SMTP server on this machine, by one, two and four senders or as many as were asked for.

The floor sends the very same mails to the same server by smtplib, over as many connections that stay open;
they are written beforehand, so it is the speed of the server and of the line alone.
"""

from __future__ import annotations

import smtplib
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from email.utils import parseaddr
from functools import partial
from multiprocessing import get_context
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.test.utils import override_settings

from invitations.delivery import issuing
from outbox import delivery, rendering
from outbox.models import Message
from simdiklat.bench.classes import approved, open_class
from simdiklat.bench.mailserver import serve
from simdiklat.bench.measure import Figure, Setting
from simdiklat.bench.processes import at_once

#: Mails that the floor has ready; for more messages they are sent again and again.
READY = 5_000

Say = Callable[[str], None]


def measure(setting: Setting) -> list[Figure]:
    """The messages of the setting; fewer where there are not so many people."""
    return figures(min(setting.messages, setting.employees // 2), setting.senders, setting.say)


def figures(messages: int, senders_in_turn: Sequence[int], say: Say) -> list[Figure]:
    """So many invitations, or as many as there are people, sent by each number of senders, once.

    AssertionError when one is lost or arrives twice.
    """
    ids = _messages(messages)
    found = []
    with _Server() as server, override_settings(**server.settings, OUTBOX_PER_MINUTE=0):
        mails = _written(ids[:READY])
        for senders in senders_in_turn:
            figure = Figure(
                f"delivery by {senders} sender{'s' * (senders > 1)}", "smtplib, as many connections", len(ids)
            )
            taken = _send_plainly(server, mails, senders)
            figure.floors.append(taken * len(ids) / len(mails))
            figure.times.append(_deliver(server, ids, senders))
            say(
                f"  {senders}: {len(ids) / figure.times[0]:,.0f} of {len(ids) / figure.floors[0]:,.0f} a second"
            )
            found.append(figure)
    return found


def _messages(wanted: int) -> list[int]:
    """Invitations issued as the portal does, due at once."""
    selection = approved(open_class(seats=wanted, reserve=0))
    issuing.issue(selection.pk)
    about = selection.invitations.values_list("pk", flat=True)
    due = Message.objects.filter(about_type="invitation", about_id__in=about, state="pending")
    return list(due.values_list("pk", flat=True))


def _written(ids: Sequence[int]) -> list[tuple[str, bytes]]:
    """The mails of these messages, ready for the line: address and content."""
    ready = []
    for message in Message.objects.filter(pk__in=ids).iterator():
        mail = rendering.as_mail(message, rendering.preview(message, for_sending=True))
        ready.append((mail.to[0], rendering.as_bytes(mail)))
    return ready


def _send_plainly(server: _Server, mails: Sequence[tuple[str, bytes]], connections: int) -> float:
    """Seconds in which smtplib hands over these mails, shared out among so many connections."""
    port = server.port
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]

    def hand_over(share: Sequence[tuple[str, bytes]]) -> None:
        with smtplib.SMTP("127.0.0.1", port) as line:
            for address, content in share:
                line.sendmail(sender, [address], content)

    taken, _none = at_once([partial(hand_over, mails[start::connections]) for start in range(connections)])
    server.arrived()
    return taken


def _deliver(server: _Server, ids: Sequence[int], senders: int) -> float:
    """Seconds in which the outbox delivers all of them; each must have arrived exactly once."""
    Message.objects.exclude(pk__in=ids).filter(state="pending").update(state="cancelled")
    Message.objects.filter(pk__in=ids).update(
        state="pending", not_before=Now(), attempts=0, lease_until=None, begun_at=None, sent_at=None,
        last_error="", smtp_answer="", subject="", body="",
    )  # fmt: skip
    with override_settings(OUTBOX_SENDERS=senders):
        taken, done = at_once([partial(_work, len(ids))] * senders)
    arrived = server.arrived()
    wanted = {
        rendering.message_id(key) for key in Message.objects.filter(pk__in=ids).values_list("key", flat=True)
    }
    states = Message.objects.filter(pk__in=ids).state_counts()
    if set(arrived) != wanted or max(arrived.values()) > 1 or states != {"sent": len(ids)}:
        twice = sum(times > 1 for times in arrived.values())
        raise AssertionError(
            f"{len(wanted - set(arrived))} messages are lost, {twice} arrived twice, states are {states}, {done}"
        )
    return taken


def _work(limit: int) -> delivery.Delivered:
    """One sender: what is due, until nothing is."""
    return delivery.deliver_due(limit=limit, seconds=24 * 3600)


class _Server:
    """aiosmtpd in a process of its own, as a context."""

    def __enter__(self) -> _Server:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        # Begun anew, not copied: it needs nothing of the portal.
        context = get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=serve, args=(self.port, there), daemon=True)
        self._process.start()
        there.close()  # so that a server that did not come up is noticed
        self._pipe.recv()
        return self

    def __exit__(self, *_error: object) -> None:
        self._pipe.send("end")
        self._process.join()

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": self.port,
            "EMAIL_HOST_USER": "",
            "EMAIL_HOST_PASSWORD": "",
            "EMAIL_USE_TLS": False,
            "EMAIL_USE_SSL": False,
        }

    def arrived(self) -> Counter[str]:
        """How often each Message-ID came since the last time this was asked."""
        self._pipe.send("arrived")
        return self._pipe.recv()
