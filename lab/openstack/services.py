"""The services of one cloud as processes: start, wait, warm up, stop."""

import contextlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial

from isthmus.errors import Refused, Unavailable
from isthmus.supply import pyenv
from lab.openstack.config import SERVICES, Settings, import_path
from lab.openstack.parts import INSIDE
from lab.openstack.private import Passwords
from lab.process import Daemon, PartStatus, wait_for

_START_LIMIT_S = 240
_NEEDS = {"nova": ("keystone", "placement")}
_WARM_PATHS = {
    "placement": ("/resource_providers",),
    "glance": ("/v2/images",),
    "neutron": ("/v2.0/networks", "/v2.0/security-groups"),
    "cinder": ("/v3/types",),
    "nova": ("/v2.1/servers/detail?all_tenants=1",),
}


def daemon(service: str, settings: Settings) -> Daemon:
    """The process of one service."""
    needs = [settings.url(name) for name in _NEEDS.get(service, ())]
    program = [str(pyenv.python(settings.environment)), "-P", str(INSIDE / "serve.py")]
    env = {
        "PYTHONPATH": import_path(settings.folder),
        "PYTHONWARNINGS": "ignore",
        "no_proxy": "127.0.0.1,localhost",
        # Each thread with a heap of its own costs more than it gives here.
        "MALLOC_ARENA_MAX": "2",
    }
    return Daemon(
        service,
        [*program, service, str(settings.etc), str(settings.ports[service]), *needs],
        env,
        settings.folder,
        settings.folder / "log" / f"{service}.log",
        settings.folder / "run",
    )


def start(settings: Settings, digests: Mapping[str, str]) -> list[str]:
    """Start what is down, and anew what runs with an older configuration; returns the names of what it started."""
    started = []
    for service in SERVICES:
        process, mark = daemon(service, settings), settings.folder / "run" / f"{service}.config"
        current = mark.read_text() if mark.exists() else ""
        if process.alive() and current == digests[service]:
            continue
        process.stop()
        mark.write_text(digests[service])
        process.start()
        started.append(service)
    return started


def wait(settings: Settings, say: Callable[[str], None]) -> None:
    """Until all answer. Raises Unavailable with the reason of the first that does not."""
    for service in SERVICES:
        wait_for(daemon(service, settings), partial(answers, settings.url(service)), _START_LIMIT_S, say)
        say(f"{service} answers")


def stop(settings: Settings) -> None:
    """End all services."""
    for service in reversed(SERVICES):
        daemon(service, settings).stop()
        (settings.folder / "run" / f"{service}.config").unlink(missing_ok=True)


def status(settings: Settings) -> list[PartStatus]:
    found = []
    for service in SERVICES:
        url = settings.url(service)
        found.append(daemon(service, settings).status(url, partial(answers, url)))
    return found


def answers(url: str) -> bool:
    """Whether there is an HTTP server, whatever it says."""
    try:
        _open(urllib.request.Request(url)).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def warm(settings: Settings, passwords: Passwords) -> None:
    """One authenticated request to each API after the other.

    A service loads its policy with its first request; several first requests
    at once were seen to be answered 403 by a fresh Neutron.
    """
    token = _token(settings, passwords)
    for service, paths in _WARM_PATHS.items():
        for path in paths:
            _get(f"{settings.url(service)}{path}", token)


def retire(settings: Settings, passwords: Passwords) -> None:
    """Take compute hosts that the spec no longer has out of Nova.

    Raises Refused, naming the host, when servers are still on it.
    """
    url = f"{settings.url('nova')}/v2.1/os-services"
    headers = {"X-Auth-Token": _token(settings, passwords), "OpenStack-API-Version": "compute 2.53"}
    with _open(urllib.request.Request(f"{url}?binary=nova-compute", headers=headers)) as reply:
        known = {entry["host"]: entry["id"] for entry in json.load(reply)["services"]}
    for host in sorted(known.keys() - {host.name for host in settings.spec.hosts}):
        try:
            _open(urllib.request.Request(f"{url}/{known[host]}", headers=headers, method="DELETE")).close()
        except urllib.error.HTTPError as problem:
            if problem.code != 409:
                raise
            raise Refused(
                f"host {host} is no longer described, but still has servers",
                why="Nova does not give up a host with servers on it",
                next_step=f"delete or move the servers on {host}, then run the same command again",
            ) from problem


def _token(settings: Settings, passwords: Passwords) -> str:
    user = {"name": "admin", "password": passwords.admin, "domain": {"id": "default"}}
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
    body = json.dumps({"auth": {"identity": identity, "scope": scope}}).encode()
    url = f"{settings.url('keystone')}/v3/auth/tokens"
    try:
        with _open(urllib.request.Request(url, body, {"Content-Type": "application/json"})) as reply:
            return str(reply.headers["X-Subject-Token"])
    except OSError as problem:
        raise Unavailable(
            f"the cloud {settings.spec.name} gives no token",
            why=f"{url}: {problem}",
            next_step=f"read {daemon('keystone', settings).log}",
        ) from problem


def _get(url: str, token: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with contextlib.closing(_open(urllib.request.Request(url, headers={"X-Auth-Token": token}))) as reply:
                reply.read()
                return
        except OSError as problem:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"{url} does not serve", why=str(problem), next_step="read the service's log, then try again"
                ) from problem
        time.sleep(0.3)


def _open(request: urllib.request.Request):  # type: ignore[no-untyped-def]
    # A proxy of the operator's has no business with loopback.
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20)
