"""How many examples the property tests try: a quick run by default, HYPOTHESIS_PROFILE=thorough for more."""

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE", "") == "thorough"


def tries(examples: int, **more: Any) -> settings:
    """Settings of one property: `examples` tries, twenty times as many in the thorough profile.

    The test's own database is entered once and each example is rolled back by hand, hence the one
    health check that is not wanted; a failing example prints the blob that repeats it.
    """
    return settings(
        max_examples=examples * (20 if THOROUGH else 1),
        deadline=None,
        derandomize=False,
        print_blob=True,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # explaining traces every line
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
        ],
        **more,
    )
