"""Free ports on loopback, the only address on which the box listens."""

import random
import socket
from collections.abc import Iterable, Mapping

LOOPBACK = "127.0.0.1"
# Below the usual range of outgoing connections (32768 and up), so that a port
# we remember is not taken by some client while the box is down.
_LOWEST, _HIGHEST = 20000, 32000


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are still fading counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_ports(n: int, near: int | None = None, avoid: Iterable[int] = ()) -> list[int]:
    """`n` ports that are free now, ascending from `near` (without it from a random place), none of them in `avoid`.

    Raises RuntimeError when the machine has none left.
    """
    taken = set(avoid)
    start = near if near is not None else random.randrange(_LOWEST, _HIGHEST - 1000)
    found: list[int] = []
    for port in [*range(start, 65536), *range(_LOWEST, start)]:
        if len(found) == n:
            break
        if port not in taken and is_free(port):
            found.append(port)
    if len(found) < n:
        raise RuntimeError(f"{n} free ports wanted on {LOOPBACK}, {len(found)} found")
    return found


def keep_or_choose(
    remembered: Mapping[str, int], names: Iterable[str], ours: Iterable[str] = (), near: int | None = None
) -> dict[str, int]:
    """A port for each of `names`: the remembered one while it is free or `ours` (running now), else a new one.

    Callers store the result, so that restarts keep their addresses.
    """
    wanted, running = list(names), set(ours)
    kept = {
        name: remembered[name]
        for name in wanted
        if name in remembered and (name in running or is_free(remembered[name]))
    }
    missing = [name for name in wanted if name not in kept]
    fresh = free_ports(len(missing), near, avoid={*kept.values(), *remembered.values()})
    chosen = kept | dict(zip(missing, fresh, strict=True))
    return {name: chosen[name] for name in wanted}
