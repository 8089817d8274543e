"""Interruptions reach what works, and not what keeps the state."""

import os
import sys
import threading
import time
from pathlib import Path

from isthmus.run.process import Running, end_marked

SLEEPER = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *a: sys.exit(7))
print('on', flush=True)
time.sleep(30)
"""


def start(running: Running, code: str, seen: list[str], **more: bool) -> tuple[threading.Thread, list[int]]:
    status: list[int] = []

    def work() -> None:
        argv = [sys.executable, "-c", code]
        status.append(running.call(argv, dict(os.environ), Path.cwd(), seen.append, print, **more))

    thread = threading.Thread(target=work)
    thread.start()
    while not seen:
        time.sleep(0.01)
    return thread, status


def test_an_interruption_is_handed_on_once_and_the_end_is_awaited() -> None:
    running, seen = Running(), list[str]()
    thread, status = start(running, SLEEPER, seen)
    running.interrupt()
    thread.join(timeout=10)
    assert (status, running.interrupted, running.killed) == ([7], True, False)


def test_the_second_one_kills() -> None:
    running, seen = Running(), list[str]()
    deaf = SLEEPER.replace("sys.exit(7)", "None")
    thread, status = start(running, deaf, seen)
    running.interrupt()
    running.interrupt()
    thread.join(timeout=10)
    assert (status, running.killed) == ([-9], True)


def test_what_keeps_the_state_is_left_to_end() -> None:
    running, seen = Running(), list[str]()
    running.interrupt()
    thread, status = start(running, "print('written', flush=True)", seen, stoppable=False)
    thread.join(timeout=10)
    assert (status, seen) == ([0], ["written"])


def test_only_marked_processes_are_ended() -> None:
    running, seen, other = Running(), list[str](), list[str]()
    os.environ["ISTHMUS_TEST_MARK"] = "mine"
    try:
        marked, status = start(running, SLEEPER, seen)
    finally:
        del os.environ["ISTHMUS_TEST_MARK"]
    unmarked, left = start(running, SLEEPER, other)
    assert end_marked("ISTHMUS_TEST_MARK", "mine") == 1
    marked.join(timeout=10)
    assert status == [-9] and not left
    running.interrupt()
    unmarked.join(timeout=10)
