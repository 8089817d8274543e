"""One pooled HTTP session to one API server; every failure becomes a sentence.

Answers follow the Kubernetes API conventions: errors are `Status` objects
with a reason, a message, and causes.
"""

import json
import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from infra.standin.kubernetes.kubeconfig import Access
from isthmus.errors import BadInput, IsthmusError, Refused, Unavailable

_SESSIONS = 16


@dataclass(frozen=True)
class Cause:
    """One cause in a Status: its reason (like FieldManagerConflict), the field, and what is said of it."""

    reason: str
    field: str
    message: str


class ApiError(Exception):
    """An answer that is not success. `reason` is the API's own word (AlreadyExists, Invalid, Conflict...)."""

    def __init__(self, code: int, reason: str, message: str, causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.causes = causes


class Connection:
    """Requests to one API server; usable from several threads."""

    def __init__(self, access: Access, timeout_s: float) -> None:
        self._server = access.server
        self._timeout_s = timeout_s
        self._access = access
        self._pool: urllib3.PoolManager | None = None

    @property
    def server(self) -> str:
        return self._server

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        return self.call("GET", path, query=query)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """The answer's JSON object. Raises ApiError for refusals, Unavailable when nobody answers."""
        headers = {"Accept": "application/json", "User-Agent": "isthmus-kubernetes-standin", **self._login()}
        if body is not None:
            headers["Content-Type"] = content_type
        url = f"{self._server}{path}?{urlencode(query)}" if query else self._server + path
        data = None if body is None else json.dumps(body).encode()
        try:
            answer = self._session().request(method, url, body=data, headers=headers)
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            raise unreachable(self._server, problem) from problem
        return _object(answer.status, answer.data)

    def _session(self) -> urllib3.PoolManager:
        if self._pool is None:
            settings: dict[str, Any] = {
                "maxsize": _SESSIONS,
                "timeout": urllib3.Timeout(connect=5, read=self._timeout_s),
                # One quiet retry of the connection alone: nothing was sent yet.
                "retries": urllib3.Retry(connect=1, read=0, redirect=0, status=0, other=0, backoff_factor=0.2),
            }
            if self._server.startswith("https:"):
                settings["ssl_context"] = _tls(self._access)
                if self._access.tls_server_name:
                    settings["server_hostname"] = self._access.tls_server_name
                    settings["assert_hostname"] = self._access.tls_server_name
            proxy = self._access.proxy_url
            self._pool = urllib3.ProxyManager(proxy, **settings) if proxy else urllib3.PoolManager(**settings)
        return self._pool

    def _login(self) -> dict[str, str]:
        token = self._access.token
        if not token and self._access.token_file:
            try:
                # Read each time: such files are renewed by whoever owns them.
                token = Path(self._access.token_file).read_text().strip()
            except OSError as problem:
                raise BadInput(
                    f"the kubeconfig's tokenFile {self._access.token_file} cannot be read",
                    why=problem.strerror or str(problem),
                    next_step="renew the token file",
                ) from problem
        if token:
            return {"Authorization": f"Bearer {token}"}
        if self._access.username:
            return dict(urllib3.make_headers(basic_auth=f"{self._access.username}:{self._access.password}"))
        return {}


def unreachable(server: str, problem: Exception) -> Unavailable:
    """A sentence for a server that does not answer."""
    text = str(problem)
    if "CERTIFICATE_VERIFY_FAILED" in text or "SSLError" in text or isinstance(problem, ssl.SSLError):
        return Unavailable(
            f"the Kubernetes API server {server} is not the one the kubeconfig trusts",
            why="its certificate does not match certificate-authority",
            next_step="take a fresh kubeconfig from whoever runs the cluster",
        )
    if "timed out" in text.lower():
        why = "it did not answer in time"
    elif "refused" in text.lower():
        why = "the connection was refused: nothing listens there"
    elif "resolve" in text.lower():
        why = "its name does not resolve"
    else:
        why = f"the connection failed ({type(problem).__name__})"
    return Unavailable(
        f"the Kubernetes API server {server} does not answer",
        why=why,
        next_step="see whether the cluster runs (of the box: `isthmus lab status`), then run the same command again",
    )


def explain(problem: ApiError, what: str) -> IsthmusError:
    """The sentence for a refusal while doing `what` (like `create apps/v1 Deployment web`)."""
    steps = {
        401: ("the credentials are not accepted", "renew the token or certificate in the kubeconfig"),
        403: (problem.message, "ask the cluster's owner for that right, or raise the quota that is named"),
        404: (problem.message, "create what is missing first (a namespace, or the CRD of this kind), or refresh"),
        408: ("the API server gave up after its time limit", "run the same command again"),
        409: (problem.message, "run `pulumi refresh`, then the same command again"),
        422: (_invalid(problem), "correct these fields in the program"),
        429: ("the API server asks for fewer requests", "run the same command again in a minute"),
    }
    default = (problem.message or problem.reason, "read the API server's log, then run the same command again")
    why, next_step = steps.get(problem.code, default)
    if problem.code == 404 and "the server could not find the requested resource" in problem.message:
        why = "the API server does not serve this kind"
    kind = Refused if problem.code in (401, 403, 409) else Unavailable if problem.code >= 500 else BadInput
    return kind(f"cannot {what}", why=_one_line(why), next_step=next_step)


def _invalid(problem: ApiError) -> str:
    causes = [f"{cause.field}: {cause.message}" if cause.field else cause.message for cause in problem.causes]
    return "; ".join(causes) or problem.message


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _object(code: int, data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data) if data else {}
    except ValueError:
        document = {}
    if not isinstance(document, dict):
        document = {}
    if code < 400:
        return document
    details = document.get("details") or {}
    causes = tuple(
        Cause(str(cause.get("reason", "")), str(cause.get("field", "")), str(cause.get("message", "")))
        for cause in details.get("causes") or []
    )
    message = str(document.get("message") or data[:200].decode(errors="replace") or f"HTTP {code}")
    raise ApiError(code, str(document.get("reason") or ""), message, causes)


def _tls(access: Access) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=access.ca_pem or None)
    except ssl.SSLError as problem:
        raise BadInput("the kubeconfig's certificate-authority is not a PEM certificate") from problem
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.certificate_pem:
        # OpenSSL takes client certificates from files only; this one is ours alone and gone at once.
        handle, name = tempfile.mkstemp(prefix="isthmus-")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(access.certificate_pem + "\n" + access.key_pem)
            context.load_cert_chain(name)
        except ssl.SSLError as problem:
            raise BadInput("the kubeconfig's client certificate and key do not fit together") from problem
        finally:
            Path(name).unlink()
    return context
