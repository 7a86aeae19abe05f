"""Catalogue, classes, seats, agenda, attendance, results, evaluation, history and each person's standing."""

from trainings.claims.models import Claim
from trainings.codes import TOOK_PART
from trainings.models.agenda import CurriculumVersion, Room, Session, Subject, SubjectFile, Trainer
from trainings.models.attendance import Attendance, AttendanceChange, MeetingFile, Scan
from trainings.models.catalogue import Programme
from trainings.models.classes import DEFAULT_CONFIRM_DAYS, ClassArea, Participation, Seed, TrainingClass
from trainings.models.evaluation import Evaluated, EvaluationAnswer, FollowUp
from trainings.models.history import HistoryRecord, Hold, NthTraining, Standing
from trainings.models.results import (
    Completion,
    Component,
    Grading,
    ParticipantResult,
    ResultChange,
    Score,
    Withdrawal,
)
from trainings.models.rule import RuleSettings

__all__ = [
    "DEFAULT_CONFIRM_DAYS",
    "TOOK_PART",
    "Attendance",
    "AttendanceChange",
    "Claim",
    "ClassArea",
    "Completion",
    "Component",
    "CurriculumVersion",
    "Evaluated",
    "EvaluationAnswer",
    "FollowUp",
    "Grading",
    "HistoryRecord",
    "Hold",
    "MeetingFile",
    "NthTraining",
    "ParticipantResult",
    "Participation",
    "Programme",
    "ResultChange",
    "Room",
    "RuleSettings",
    "Scan",
    "Score",
    "Seed",
    "Session",
    "Standing",
    "Subject",
    "SubjectFile",
    "Trainer",
    "TrainingClass",
    "Withdrawal",
]
