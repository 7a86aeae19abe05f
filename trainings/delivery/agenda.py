"""An agenda as pages show it: sessions by day, hours by subject, shares against the plan."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trainings.hours import Shares, jp_of, shares
from trainings.models import CurriculumVersion, Session, Subject, TrainingClass


@dataclass(frozen=True)
class SubjectHours:
    """A subject's hours in JP: of the curriculum, and laid into the agenda."""

    subject: Subject
    planned: Decimal

    @property
    def difference(self) -> Decimal:
        """Above 0: too much in the agenda; below 0: missing."""
        return self.planned - self.subject.jp


@dataclass(frozen=True)
class AgendaSummary:
    sessions: list[Session]
    days: list[tuple[date, list[Session], Decimal]]
    subjects: list[SubjectHours]
    shares: Shares
    version: CurriculumVersion | None

    @property
    def curriculum_jp(self) -> int:
        return sum(hours.subject.jp for hours in self.subjects)

    @property
    def complete(self) -> bool:
        """Whether every subject has exactly its hours."""
        return bool(self.subjects) and all(not hours.difference for hours in self.subjects)

    @property
    def keeps_plan(self) -> bool:
        """Whether the online share lies within the plan's tolerance; True without a plan."""
        v = self.version
        return v is None or not self.sessions or self.shares.keeps(v.online_percent, v.tolerance)


def summary(training_class: TrainingClass) -> AgendaSummary:
    """The agenda of a class with its sums; two queries."""
    sessions = list(training_class.agenda.for_agenda())
    by_day: dict[date, list[Session]] = defaultdict(list)
    minutes: dict[int, int] = defaultdict(int)
    for session in sessions:
        by_day[session.day].append(session)
        if session.subject_id:
            minutes[session.subject_id] += session.minutes
    version = training_class.curriculum
    subjects = list(version.subjects.all()) if version else []
    return AgendaSummary(
        sessions=sessions,
        days=[
            (day, own, sum((session.jp for session in own), Decimal(0)))
            for day, own in sorted(by_day.items())
        ],
        subjects=[SubjectHours(subject, jp_of(minutes[subject.pk])) for subject in subjects],
        shares=shares((s.minutes, s.is_online) for s in sessions if s.subject_id),
        version=version,
    )
