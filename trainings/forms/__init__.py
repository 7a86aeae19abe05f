"""Forms of the catalogue and of a running class."""

from trainings.forms.planning import MOST_SEATS, ClassForm, date_input, initial_of

__all__ = ["MOST_SEATS", "ClassForm", "date_input", "initial_of"]
