"""Times of sessions as pages show them: on the clock of the class, with its zone."""

from django import template

from trainings import times

register = template.Library()

#: {{ session|hours }}: "08.00–09.30 WITA", empty for a self-paced one
register.filter("hours", times.hours_text)
#: {{ session|moment:opens }}: "07.30 WITA", with the day where it is another one than the session's
register.filter("moment", times.moment_text)
