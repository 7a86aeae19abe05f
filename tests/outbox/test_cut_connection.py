"""The database ends the connection while a message is on the wire: what was sent is known to be sent."""

from typing import Any

import psycopg2
import pytest
from django.db import connection

from outbox import delivery
from outbox.models import Message
from tests.outbox.conftest import make


@pytest.mark.parametrize("cut_at", [1, 2, 3])
def test_a_message_sent_over_a_cut_connection_is_marked_and_not_sent_again(
    committed: None, server: Any, cut_at: int
) -> None:
    for n in range(1, 4):
        make(n)
    connection.ensure_connection()
    victim = connection.connection.info.backend_pid
    known = connection.get_connection_params()
    with_a_login = {
        name: known[name] for name in ("dbname", "host", "port", "user", "password") if known.get(name)
    }
    take = server.handle_DATA

    async def cut_and_take(smtp: Any, session: Any, envelope: Any) -> str:
        answer = await take(smtp, session, envelope)
        if len(server.arrived) == cut_at:
            other = psycopg2.connect(**with_a_login)
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [victim])
            other.close()
        return answer

    server.handle_DATA = cut_and_take
    delivery.deliver_due()
    assert Message.objects.filter(state="sent").count() == 3
    delivery.deliver_due()
    assert len(server.ids()) == len(set(server.ids())) == 3
    assert set(Message.objects.values_list("attempts", flat=True)) == {1}
