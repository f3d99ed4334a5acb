"""Waiting for conditions instead of sleeping for luck."""

import time

#: A busy machine gets so many times as long for what must happen. How soon it happens is measured by
#: the client, never by how long a test was willing to wait.
PATIENCE = 4


class Timeout(AssertionError):
    pass


def wait_until(condition, seconds, what=None, every=0.01):
    """Returns the first true value of `condition()`; raises Timeout after PATIENCE * `seconds`.

    An AssertionError inside the condition means "not yet", and is what the Timeout tells.
    """
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while True:
        reason = None
        try:
            value = condition()
        except AssertionError as not_yet:
            value, reason = None, not_yet
        if value:
            return value
        if time.monotonic() >= deadline:
            name = what or getattr(condition, "__doc__", None) or getattr(condition, "__name__", "")
            raise Timeout(f"not within {seconds} s: {name}" + (f" ({reason})" if reason else ""))
        time.sleep(every)


def hold(condition, seconds, what=None, every=0.05):
    """Asserts that `condition()` stays true for `seconds`: the way to test that nothing happens."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), what or "the condition did not hold"
        time.sleep(every)


def elapse(seconds):
    """Lets a fault last, or a pause between two; never a way to wait for what it brings about."""
    time.sleep(max(0, seconds))
