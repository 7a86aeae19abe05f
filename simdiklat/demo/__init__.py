"""The synthetic ministry: invented people in a ministry of the real shape (docs/demo-data.md).

For trying out, measuring and testing. Nobody in it exists; the accounts share one published password.
"""

from datetime import date

#: The password of every account that `seed_demo` makes. Published on purpose: demo data only.
DEMO_PASSWORD = "simdiklat-demo"  # noqa: S105
#: People of the ministry at its real size (docs/demo-data.md).
FULL_SIZE = 232_881
#: Units of the ministry at its real size.
FULL_UNITS = 4_953
#: The fewest people with which every kind of unit still has somebody.
MINIMUM = 200


def months_before(day: date, months: int) -> date:
    """The first day of the month that lies `months` before the month of `day`."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)
