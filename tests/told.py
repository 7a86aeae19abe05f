"""Over all tests: no page names somebody whom the log of reading was not told.

Each answer to a test's client is looked through for the names of stored people, whatever the test is about:
pages in every state that any test brings them into, forms with errors, parts for htmx, answers to a POST.
"""

import re
import threading
from typing import Any

from django.db import connection
from django.test import Client

from audit import reading
from employees.models import Employee

#: Shorter names stand in too many words to be sure that somebody is meant.
_SURE = 6
_here = threading.local()
_note, _request = reading.note, Client.request


def noting(kind: str, **given: Any) -> Any:
    """`reading.note`, remembering whom this thread's request tells."""
    noted = _note(kind, **given)
    _here.told = getattr(_here, "told", set()) | set(noted.subjects)
    return noted


def requesting(self: Client, **given: Any) -> Any:
    """`Client.request`; fails on a page with a name that the log was not told."""
    # What a view says before it sends somebody on stands on the page after it.
    if not getattr(_here, "sent_on", False):
        _here.told = set()
    response = _request(self, **given)
    _here.sent_on = 300 <= response.status_code < 400
    untold = _untold(response)
    assert not untold, f"{response.wsgi_request.path} names {untold}, and the log of reading is not told so"
    return response


def _untold(response: Any) -> set[str]:
    user = getattr(response.wsgi_request, "user", None)
    if response.status_code != 200 or response.streaming or connection.needs_rollback:
        return set()
    if not response.content or not response.get("Content-Type", "").startswith("text/html"):
        return set()
    if user is None or not user.is_authenticated:
        return set()
    log = connection.queries_log
    before = len(log)
    # Who teaches is named on agendas for what they do there, not for their data (docs/privacy.md).
    people = list(Employee.objects.filter(as_trainer=None).values_list("pk", "name", "user_id"))
    while len(log) > before:  # not one of the queries that the test counts
        log.pop()
    body = response.content.decode()
    # The reader's own name stands on every page, and what was typed comes back; a namesake's is not told apart.
    request = response.wsgi_request
    typed = " ".join([*request.GET.values(), *request.POST.values(), str(user)])
    known = {name for pk, name, of in people if pk in _here.told or of == user.pk or name in typed}
    found = {name for _pk, name, _of in people if len(name) >= _SURE and name in body} - known
    if found:  # somebody who was told of may have one of these names as a part of a longer one
        for name in sorted(known, key=len, reverse=True):
            body = body.replace(name, "…")
    return {name for name in found if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", body)}
