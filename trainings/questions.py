"""The questions of the evaluations, each with a code that stays; rated 1 (poor) to 5 (excellent)."""

from django.utils.translation import gettext_lazy as _

ORGANISER = (
    ("materi", _("The content fits what my work needs")),
    ("jadwal", _("The agenda was kept")),
    ("sarana", _("Room, network and equipment")),
    ("layanan", _("The committee's service")),
    ("manfaat", _("Usefulness for my work")),
)
TRAINER = (
    ("penguasaan", _("Mastery of the subject")),
    ("penyajian", _("Clarity of the presentation")),
    ("interaksi", _("Room for questions and practice")),
    ("waktu", _("Use of the time")),
    ("sikap", _("Attitude and example")),
)
FOLLOW_UP = (
    ("penerapan", _("What was learnt is applied at work")),
    ("kinerja", _("The work has become better through it")),
    ("berbagi", _("It is shared with colleagues")),
)
#: Answers below this number are not shown: one could guess whose they are.
SHOWN_FROM = 5
#: Days after the last day on which the evaluation closes.
OPEN_DAYS = 30
#: Months after the last day in which the participant and the superior are asked.
LATER_MONTHS = 3
