"""The planner's calendar: a month with its weeks, a year at a glance, the plan as a file, a subscription."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import limits
from accounts.access import PUBLIC, access, holds
from accounts.roles import Permission
from simdiklat import subscriptions
from trainings.models import TrainingClass
from trainings.yearplan import Clash, as_csv, clashes, holidays_between

#: Classes drawn in one week; the others are counted, and the list has them.
MOST_IN_WEEK = 15
#: Classes that run on a day, from which on its shade in the year's view is darker.
LOADS = (1, 3, 6, 10)
YEARS = range(2000, 2101)


@dataclass(frozen=True)
class Day:
    day: date
    holiday: str
    outside: bool
    today: bool

    @property
    def weekend(self) -> bool:
        return self.day.weekday() >= 5


@dataclass(frozen=True)
class Bar:
    """A class within one week: the first of its columns and how many it covers."""

    training_class: TrainingClass
    column: int
    span: int
    begins: bool
    clash: bool
    holidays: str


@dataclass(frozen=True)
class Week:
    days: list[Day]
    bars: list[Bar]
    more: int


def _classes(user: Any) -> Any:
    """The classes one plans; whoever plans none sees those in scope."""
    own = (
        TrainingClass.objects.plannable_by(user)
        if holds(user, Permission.PLAN_CLASSES)
        else TrainingClass.objects.visible_to(user)
    )
    return own.exclude(state=TrainingClass.State.CANCELLED)


def _between(classes: Any, first: date, last: date) -> list[TrainingClass]:
    return list(
        classes.filter(first_day__lte=last, last_day__gte=first)
        .select_related("programme", "organiser")
        .prefetch_related("areas")
        .order_by("first_day", "code")
    )


@access(Permission.SEE_CLASSES)
def month(request: HttpRequest, year: int | None = None, month: int | None = None) -> HttpResponse:
    """One month by weeks, with holidays and clashes."""
    today = timezone.localdate()
    first = _first_of(year or today.year, month or today.month)
    after = _shift(first, 1)
    start = first - timedelta(days=first.weekday())
    end = after - timedelta(days=1)
    end += timedelta(days=6 - end.weekday())
    classes = _between(_classes(request.user), start, end)
    found = clashes(classes)
    weeks = _weeks(start, end, first, classes, found, today)
    context = _frame(request, first) | {
        "title": date_format(first, "F Y"),
        "weeks": weeks,
        "weekdays": [date_format(start + timedelta(days=i), "l") for i in range(7)],
        "clashes": found,
        "holidays": sorted(holidays_between(first, after - timedelta(days=1)).items()),
        "before": _shift(first, -1),
        "after": after,
        "count": sum(1 for c in classes if first <= c.first_day < after),
    }
    return render(request, "simdiklat/calendar/month.html", context)


def _weeks(
    start: date, end: date, first: date, classes: list[TrainingClass], found: list[Clash], today: date
) -> list[Week]:
    holidays = holidays_between(start, end)
    in_clash = {c.pk for clash in found for c in (clash.one, clash.other)}
    weeks = []
    monday = start
    while monday <= end:
        sunday = monday + timedelta(days=6)
        days = [
            Day(day, holidays.get(day, ""), day.month != first.month, day == today)
            for day in (monday + timedelta(days=i) for i in range(7))
        ]
        running = [c for c in classes if c.first_day <= sunday and c.last_day >= monday]
        bars = [_bar(c, monday, sunday, holidays, c.pk in in_clash) for c in running[:MOST_IN_WEEK]]
        weeks.append(Week(days, bars, max(0, len(running) - MOST_IN_WEEK)))
        monday += timedelta(days=7)
    return weeks


def _bar(c: TrainingClass, monday: date, sunday: date, holidays: dict[date, str], clash: bool) -> Bar:
    begin, end = max(c.first_day, monday), min(c.last_day, sunday)
    lost = [name for day, name in sorted(holidays.items()) if begin <= day <= end]
    return Bar(c, begin.weekday() + 1, (end - begin).days + 1, c.first_day >= monday, clash, ", ".join(lost))


@dataclass(frozen=True)
class SmallMonth:
    first: date
    count: int
    #: Weeks of (day or None, load 0 to 4, words).
    weeks: list[list[tuple[date | None, int, str, bool]]]


@access(Permission.SEE_CLASSES)
def year(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """Twelve small months: how many classes run on each day, and the holidays."""
    number = year or timezone.localdate().year
    first, last = _first_of(number, 1), date(number, 12, 31)
    classes = _between(_classes(request.user), first, last)
    running: Counter[date] = Counter()
    for c in classes:
        day = max(c.first_day, first)
        while day <= min(c.last_day, last):
            running[day] += 1
            day += timedelta(days=1)
    holidays = holidays_between(first, last)
    begun = Counter(c.first_day.month for c in classes if c.first_day.year == number)
    months = [_small(date(number, i, 1), begun[i], running, holidays) for i in range(1, 13)]
    context = _frame(request, first) | {
        "title": _("Year plan %(year)d") % {"year": number},
        "months": months,
        "clashes": clashes(classes),
        "count": sum(begun.values()),
        "year_before": number - 1,
        "year_after": number + 1,
        "initials": [date_format(date(2024, 1, 1 + i), "D") for i in range(7)],
        "loads": LOADS,
    }
    return render(request, "simdiklat/calendar/year.html", context)


def _small(first: date, count: int, running: Counter[date], holidays: dict[date, str]) -> SmallMonth:
    weeks: dict[date, list[tuple[date | None, int, str, bool]]] = defaultdict(
        lambda: [(None, 0, "", False)] * 7
    )
    day = first
    while day.month == first.month:
        row = weeks[day - timedelta(days=day.weekday())]
        load = sum(running[day] >= bound for bound in LOADS)
        words = _("%(n)d running") % {"n": running[day]} if running[day] else ""
        text = ", ".join(filter(None, [words, holidays.get(day, "")]))
        row[day.weekday()] = (day, load, text, day in holidays)
        day += timedelta(days=1)
    return SmallMonth(first, count, [weeks[monday] for monday in sorted(weeks)])


def _frame(request: HttpRequest, first: date) -> dict[str, Any]:
    plans = holds(request.user, Permission.PLAN_CLASSES)
    context: dict[str, Any] = {
        "first": first,
        "crumbs": [(_("Classes"), reverse("trainings:class_list"))],
        "may_import": holds(request.user, Permission.IMPORT),
        "address": subscriptions.address_of(request.user),
        "tools_open": request.GET.get("address") == "made",
    }
    if plans:
        context |= {
            "action_url": reverse("trainings:class_create"),
            "action_label": _("Plan a class"),
            "action_icon": "plus",
        }
    return context


def _first_of(year: int, month: int) -> date:
    if year not in YEARS or not 1 <= month <= 12:
        raise Http404
    return date(year, month, 1)


def _shift(first: date, months: int) -> date:
    at = first.year * 12 + first.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


@access(Permission.SEE_CLASSES)
def export(request: HttpRequest, year: int) -> StreamingHttpResponse:
    """The year plan as a classes file, to be changed in a spreadsheet and imported again."""
    first = _first_of(year, 1)
    classes = _classes(request.user).filter(first_day__gte=first, first_day__lte=date(year, 12, 31))
    response = StreamingHttpResponse(as_csv(classes), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="kelas-{year}.csv"'
    return response


@access(Permission.SEE_CLASSES)
@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """Make the address of one's calendar, or end it."""
    if request.POST.get("end"):
        subscriptions.end_address(by=request.user)
        messages.success(request, _("The address is ended. Calendars that used it get nothing any more."))
    else:
        subscriptions.make_address(by=request.user)
        messages.success(request, _("The address is made. Enter it in your calendar under “from the internet” or “subscribe”."))  # fmt: skip
        # Opened, so that the address which has just been made can be seen and taken.
        return redirect(f"{reverse('calendar')}?address=made#tools")
    return redirect("calendar")


@access(PUBLIC)
@never_cache
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The subscribed calendar: what the owner of the address may see at this moment."""
    user = subscriptions.user_of(token)
    if user is None or not holds(user, Permission.SEE_CLASSES):
        raise Http404
    limits.take(limits.CALENDAR, str(user.pk))
    response = HttpResponse(subscriptions.calendar_for(user), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="simdiklat.ics"'
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
