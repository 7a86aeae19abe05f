"""All addresses. The rooms below accounts (jobs, outbox) know no access, so theirs is declared here."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.access import SIGNED_IN, access
from jobs import urls as jobs
from outbox import urls as outbox
from simdiklat.views import frame, home, mailbox, search, trail

_own = access(SIGNED_IN)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("audit/", trail.event_list, name="audit"),
    path("language/", frame.language, name="language"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<int:pk>/", mailbox.mail, name="mail"),
    path("", include("accounts.urls")),
    path("", include("employees.urls")),
    path("", include("trainings.urls")),
    path("", include("invitations.urls")),
    path("", include(([path(r, _own(v), name=n) for r, v, n in jobs.routes], "jobs"))),
    path(
        "",
        include(
            (
                [
                    path("messages/", _own(mailbox.own_messages), name="list"),
                    *(path(r, _own(v), name=n) for r, v, n in outbox.routes if n != "list"),
                ],
                "outbox",
            )
        ),
    ),
]
