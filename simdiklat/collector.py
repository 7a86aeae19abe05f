"""Python's collector of circles, as a process wants it that answers pages."""

import gc


def settle() -> None:
    """Leave alone what is loaded, and look for circles seldom; called once everything is imported.

    A page makes some ten thousand objects that are freed by themselves: to look for circles among them every
    700, and through everything that was ever loaded, is 5 to 25 % of its cost.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
