"""The plain functions behind the tasks: proposing, issuing, giving freed seats on."""
