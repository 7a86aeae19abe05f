"""All addresses. The rooms below accounts (jobs, outbox) know no access, so theirs is declared here."""

from django.urls import URLPattern, URLResolver, include, path

from accounts import urls as accounts
from accounts.access import SIGNED_IN, access
from jobs import urls as jobs
from outbox import urls as outbox
from simdiklat.privacy import views as privacy
from simdiklat.views import calendar, frame, front, home, mailbox, samples, search, trail

handler400 = "simdiklat.views.frame.bad_request"

_own = access(SIGNED_IN)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("rule/", front.rule, name="rule"),
    path("open-classes/", front.open_classes, name="open_classes"),
    path("check/", front.verification, name="verification"),
    path("calendar/", calendar.month, name="calendar"),
    path("calendar/<int:year>/", calendar.year, name="calendar_year"),
    path("calendar/<int:year>/<int:month>/", calendar.month, name="calendar_month"),
    path("calendar/classes-<int:year>.csv", calendar.export, name="calendar_export"),
    path("calendar/subscribe/", calendar.subscribe, name="calendar_subscribe"),
    path("calendar/feed/<str:token>.ics", calendar.feed, name="calendar_feed"),
    path("search/", search.search, name="search"),
    path("audit/", trail.event_list, name="audit"),
    path("language/", frame.language, name="language"),
    path("samples/", samples.samples, name="samples"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("privacy/breach/", privacy.breach_page, name="breach"),
    path("me/data/", privacy.own, name="own_data"),
    path("me/data.<str:kind>", privacy.own_file, name="own_data_file"),
    path("changes/<slug:record>/<int:pk>/", privacy.changes, name="changes"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<int:pk>/", mailbox.mail, name="mail"),
    path("", include("accounts.urls")),
    *accounts.allauth_urlpatterns,
    path("", include("employees.urls")),
    path("", include("trainings.urls")),
    path("", include("invitations.urls")),
    path("", include("certificates.urls")),
    path("", include("reports.urls")),
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
