"""Deadlines that grow for slow builds (sanitizers), and waiting for a condition."""

import os
import time

SLOW = float(os.environ.get("GW_SLOW", "1"))


def scaled(seconds):
    return seconds * SLOW


def wait_until(condition, timeout=10.0, what="condition", every=0.01):
    """The first true value of `condition()`; AssertionError when the deadline passes."""
    deadline = time.monotonic() + scaled(timeout)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(every)
