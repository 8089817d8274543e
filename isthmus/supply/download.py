"""Files from the open internet, with their checksums; quick to notice that there is none."""

import hashlib
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from isthmus.errors import Unavailable

_PATIENCE_S = 30.0
_BLOCK = 1 << 20
_TROUBLE = (OSError, HTTPException, ssl.SSLError)


def reachable(url: str, *, within_s: float = 4.0) -> bool:
    """Whether `url` answers a HEAD with success within `within_s` seconds, names and proxies included."""
    answer: list[bool] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=within_s):
                answer.append(True)
        except _TROUBLE:
            answer.append(False)

    # A resolver that does not answer ignores the socket's time limit, so the limit is kept from outside.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(within_s)
    return answer == [True]


def text(url: str) -> str:
    """The small text at `url`; raises Unavailable."""
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE_S) as answer:
            return str(answer.read(_BLOCK).decode("utf-8"))
    except (*_TROUBLE, UnicodeDecodeError) as problem:
        raise _unavailable(url, problem) from problem


def file(url: str, target: Path, *, sha256: str, say: Callable[[str], None]) -> None:
    """Download `url` to `target`; raises Unavailable, and leaves nothing, when it fails or the checksum differs."""
    seen = hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE_S) as answer, target.open("wb") as out:
            total = int(answer.headers.get("Content-Length") or 0)
            done = 0
            while block := answer.read(_BLOCK):
                out.write(block)
                seen.update(block)
                done += len(block)
                say(f"downloaded {done / 1e6:.0f} MB" + (f" of {total / 1e6:.0f} MB" if total else ""))
    except BaseException as problem:
        target.unlink(missing_ok=True)
        if isinstance(problem, _TROUBLE):
            raise _unavailable(url, problem) from problem
        raise
    if seen.hexdigest() != sha256.lower():
        target.unlink()
        raise Unavailable(
            f"{url} is not what was published",
            why=f"its SHA-256 is {seen.hexdigest()}, the publisher says {sha256.lower()}",
            next_step="run again; if it differs again, a proxy may change downloads: ask your network office",
        )


def _unavailable(url: str, problem: Exception) -> Unavailable:
    reason: object = problem
    if isinstance(problem, urllib.error.URLError) and not isinstance(problem, urllib.error.HTTPError):
        reason = problem.reason
    return Unavailable(
        f"{url} could not be downloaded",
        why=str(reason) or type(problem).__name__,
        next_step="check the network (HTTPS_PROXY, SSL_CERT_FILE for a private CA), and run again",
    )
