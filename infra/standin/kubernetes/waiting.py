"""Waiting with a limit, ended early when the engine cancels."""

import threading
import time
from collections.abc import Callable

_FIRST_PAUSE_S = 0.03
_LONGEST_PAUSE_S = 1.0


class TimedOut(Exception):
    """The limit is over; the message is what was still missing."""


class Cancelled(Exception):
    """The engine asked us to stop."""


def until(missing: Callable[[], str], limit_s: float, cancelled: threading.Event) -> None:
    """Ask `missing()` until it answers ''. Raises TimedOut with its last answer, or Cancelled."""
    deadline = time.monotonic() + limit_s
    pause = _FIRST_PAUSE_S
    while True:
        answer = missing()
        if not answer:
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimedOut(answer)
        if cancelled.wait(min(pause, left)):
            raise Cancelled
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)
