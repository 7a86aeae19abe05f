"""Plain functions that views, tasks and actions share: check-ins, results, completion."""
