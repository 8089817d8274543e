"""A reverse proxy before real control planes that ends a run by SIGKILL right after an API did what it was asked.

The request goes through, the API's answer comes back, and before the answer
reaches the provider every process of the run is killed: the worst moment.
"""

import http.server
import json
import os
import re
import shutil
import signal
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import urllib3
import yaml

_HOP = {"connection", "transfer-encoding", "content-length", "host", "accept-encoding"}
_IDS = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=os-aggregates/)\d+")


class Proxy:
    """One listener per upstream. `judge(method, path, body)` says whether to kill after that request succeeded."""

    def __init__(self, upstreams: dict[str, ssl.SSLContext | None], judge: Callable[[str, str, str], bool]) -> None:
        self.judge = judge
        self.killed: list[str] = []
        self.victim: int | None = None
        self._servers: list[http.server.ThreadingHTTPServer] = []
        self.addresses: dict[str, str] = {}
        self._lock = threading.Lock()
        for upstream, context in upstreams.items():
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler(upstream, context))
            server.daemon_threads = True
            self.addresses[upstream] = f"http://127.0.0.1:{server.server_address[1]}"
            self._servers.append(server)
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def consider(self, method: str, path: str, body: str) -> bool:
        """Kill if it is time; True when the answer must not be sent."""
        with self._lock:
            if self.victim is None or not self.judge(method, path, body):
                return False
            self.killed.append(f"{method} {path}")
            victim, self.victim = self.victim, None
        kill_tree(victim)
        return True

    def _handler(self, upstream: str, context: ssl.SSLContext | None) -> type[http.server.BaseHTTPRequestHandler]:
        proxy = self
        pool = urllib3.PoolManager(ssl_context=context, maxsize=16) if context else urllib3.PoolManager(maxsize=16)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                chunked = "chunked" in (self.headers.get("Transfer-Encoding") or "")
                body = self._chunks() if chunked else self.rfile.read(length)
                headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
                answer = pool.request(
                    self.command, upstream + self.path, body=body, headers=headers, redirect=False, retries=False
                )
                data = answer.data
                for real, ours in proxy.addresses.items():
                    data = data.replace(real.encode(), ours.encode())
                told = answer.status < 400 and "/auth/tokens" not in self.path and "dryRun" not in self.path
                mutating = told and self.command in ("POST", "PUT", "PATCH", "DELETE")
                if mutating and proxy.consider(self.command, self.path, body[:20000].decode(errors="replace")):
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    if name.lower() not in _HOP:
                        for real, ours in proxy.addresses.items():
                            value = value.replace(real, ours)
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            def _chunks(self) -> bytes:
                found = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    found += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return found

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = forward

            def log_message(self, *arguments: object) -> None: ...

            def handle(self) -> None:
                try:
                    super().handle()
                except (ConnectionError, urllib3.exceptions.HTTPError):
                    self.close_connection = True

        return Handler


def proxied_access(access: Path, to: Path, judge: Callable[[str, str, str], bool]) -> Proxy:
    """A copy of an access folder in which every control plane is reached through a proxy of ours."""
    shutil.copytree(access, to, dirs_exist_ok=True)
    clouds = yaml.safe_load((to / "clouds.yaml").read_text())
    upstreams: dict[str, ssl.SSLContext | None] = {}
    for entry in clouds["clouds"].values():
        auth = entry["auth"]
        for url in _endpoints(auth):
            upstreams[re.match(r"https?://[^/]+", url)[0]] = None  # type: ignore[index]
    kubes = {}
    for path in (to / "kubeconfig").glob("*.yaml"):
        document = yaml.safe_load(path.read_text())
        kubes[path] = document
        upstreams[document["clusters"][0]["cluster"]["server"]] = _context(document, path.parent)
    proxy = Proxy(upstreams, judge)
    for entry in clouds["clouds"].values():
        for real, ours in proxy.addresses.items():
            entry["auth"]["auth_url"] = entry["auth"]["auth_url"].replace(real, ours)
    (to / "clouds.yaml").write_text(yaml.safe_dump(clouds))
    for path, document in kubes.items():
        cluster = document["clusters"][0]["cluster"]
        ours = proxy.addresses[cluster["server"]]
        document["clusters"][0]["cluster"] = {"server": ours}
        path.write_text(yaml.safe_dump(document))
    return proxy


def template(path: str) -> str:
    """The path without query and ids: what kind of call it is."""
    return _IDS.sub("ID", path.split("?")[0])


def _endpoints(auth: dict[str, str]) -> list[str]:
    user = {"name": auth["username"], "password": auth["password"], "domain": {"name": auth["user_domain_name"]}}
    project = {"name": auth["project_name"], "domain": {"name": auth["project_domain_name"]}}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": project},
        }
    }
    answer = urllib3.PoolManager().request(
        "POST", f"{auth['auth_url']}/auth/tokens", body=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    catalog = json.loads(answer.data)["token"]["catalog"]
    return [auth["auth_url"], *(e["url"] for service in catalog for e in service["endpoints"])]


def _context(document: dict[str, object], folder: Path) -> ssl.SSLContext:
    from infra.standin.kubernetes import kubeconfig
    from infra.standin.kubernetes.connection import _tls

    return _tls(kubeconfig.read(yaml.safe_dump(document)))


def kill_tree(root: int) -> None:
    """SIGKILL a process and all its descendants, at once."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    doomed, front = [root], [root]
    while front:
        front = [child for pid in front for child in children.get(pid, [])]
        doomed += front
    for pid in doomed:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
