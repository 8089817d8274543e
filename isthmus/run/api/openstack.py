"""An OpenStack as its own APIs tell it: a token, the catalog, listings by GET.

Plain requests instead of openstacksdk, whose import alone takes seconds.
"""

import json
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from isthmus.errors import Unavailable
from isthmus.run.api.entry import CloudEntry

SERVICES = {
    "identity": ("identity",),
    "compute": ("compute",),
    "network": ("network",),
    "image": ("image",),
    "volume": ("block-storage", "volumev3", "block-store"),
}
_VERSION = {"compute": "v2.1", "network": "v2.0", "image": "v2"}
# 2.87 is Train's last: what we list is the same in every later one.
_MICROVERSION = "2.87"


class ApiRefusal(Exception):
    """An answer that is not success: HTTP `code`, and the API's own `message`."""

    def __init__(self, code: int, message: str, url: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.url = code, message, url


@dataclass(frozen=True)
class Token:
    """Who we are in the cloud, and where its services answer (endpoint by service)."""

    value: str = field(repr=False)
    expires: str
    project_id: str
    user_id: str
    roles: tuple[str, ...]
    endpoints: Mapping[str, str]
    regions: tuple[str, ...]


class OpenStackApi:
    """One cloud. Usable from several threads; the token is asked for once."""

    def __init__(
        self, entry: CloudEntry, *, ca_bundle: str = "", proxy: str = "", region: str = "", timeout_s: float = 20
    ) -> None:
        self.entry = entry
        self.region = region or entry.region
        self._ca = ca_bundle or entry.ca_file
        self._proxy = proxy
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._pool: Any = None

    @property
    def token(self) -> Token:
        """The token; raises ApiRefusal, or what urllib3 raises when nobody answers."""
        with self._lock:
            if self._token is None:
                self._token = self._ask_token()
            return self._token

    def get(self, service: str, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """One GET; `path` begins with a slash and has no version. Raises ApiRefusal."""
        url = self.url(service) + path + (f"?{urlencode(query)}" if query else "")
        answer: dict[str, Any] = self._call("GET", url, self._headers(service))[0]
        return answer

    def find(self, service: str, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """Like `get`; None for 404."""
        try:
            return self.get(service, path, query)
        except ApiRefusal as refusal:
            if refusal.code == 404:
                return None
            raise

    def all(self, service: str, path: str, key: str, query: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """A listing with all its pages."""
        return list(self._pages(service, path, key, query))

    def delete(self, service: str, path: str) -> None:
        self._call("DELETE", self.url(service) + path, self._headers(service))

    def url(self, service: str) -> str:
        """The service's address with its version, without a slash at the end. Raises Unavailable if it has none."""
        if service == "identity":
            return self.entry.identity
        found = self.token.endpoints.get(service)
        if found is None:
            raise Unavailable(
                f"cloud {self.entry.name} offers no {service} service in region {self.region or '(none named)'}",
                why=f"its catalog has the regions {', '.join(self.token.regions) or 'none'}",
                next_step=f"correct region_name of '{self.entry.name}' in {self.entry.file}, or identity.region",
            )
        version = _VERSION.get(service, "")
        found = found.rstrip("/")
        return found if not version or re.search(r"/v\d", found) else f"{found}/{version}"

    def _pages(self, service: str, path: str, key: str, query: Mapping[str, str] | None) -> Iterator[dict[str, Any]]:
        url = self.url(service) + path + (f"?{urlencode(query)}" if query else "")
        while url:
            answer = self._call("GET", url, self._headers(service))[0]
            yield from answer.get(key) or []
            url = self._next(service, answer, key)

    def _next(self, service: str, answer: dict[str, Any], key: str) -> str:
        links = answer.get(f"{key}_links") or []
        following = next((link["href"] for link in links if link.get("rel") == "next"), "") or answer.get("next") or ""
        if not following and isinstance(answer.get("links"), dict):
            following = answer["links"].get("next") or ""
        if not following:
            return ""
        # APIs behind a proxy often give links with an inner host name: keep the host we know.
        base, given = urlsplit(self.url(service)), urlsplit(str(following))
        return urlunsplit((base.scheme, base.netloc, given.path, given.query, ""))

    def _headers(self, service: str) -> dict[str, str]:
        headers = {"X-Auth-Token": self.token.value, "Accept": "application/json"}
        if service == "compute":
            headers["X-OpenStack-Nova-API-Version"] = _MICROVERSION
        return headers

    def _ask_token(self) -> Token:
        body = json.dumps(self.entry.request()).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        answer, sent = self._call("POST", f"{self.entry.identity}/auth/tokens", headers, body)
        told = answer.get("token") or {}
        endpoints, regions = _catalog(told.get("catalog") or [], self.entry.interface, self.region)
        return Token(
            value=sent.get("X-Subject-Token", ""),
            expires=str(told.get("expires_at", "")),
            project_id=str((told.get("project") or {}).get("id", "")),
            user_id=str((told.get("user") or {}).get("id", "")),
            roles=tuple(str(role.get("name")) for role in told.get("roles") or ()),
            endpoints=endpoints,
            regions=regions,
        )

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        answer = self._session().request(method, url, headers=headers, body=body)
        try:
            document = json.loads(answer.data) if answer.data else {}
        except ValueError:
            document = {}
        if answer.status >= 400:
            raise ApiRefusal(answer.status, _message(document, answer), url)
        return (document if isinstance(document, dict) else {}), answer.headers

    def _session(self) -> Any:
        import urllib3

        if self._pool is None:
            context = ssl.create_default_context(cafile=self._ca or None)
            if not self.entry.verify:
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            settings: dict[str, Any] = {
                "timeout": urllib3.Timeout(connect=5, read=self._timeout_s),
                "retries": urllib3.Retry(connect=1, read=0, redirect=2, status=0, other=0, backoff_factor=0.2),
                "ssl_context": context,
                "maxsize": 8,
            }
            self._pool = (
                urllib3.ProxyManager(self._proxy, **settings) if self._proxy else urllib3.PoolManager(**settings)
            )
        return self._pool


def _catalog(catalog: list[Any], interface: str, region: str) -> tuple[dict[str, str], tuple[str, ...]]:
    found: dict[str, str] = {}
    regions: set[str] = set()
    for service in catalog:
        for endpoint in service.get("endpoints") or []:
            regions.add(str(endpoint.get("region", "")))
            if endpoint.get("interface") != interface or (region and endpoint.get("region") != region):
                continue
            for name, types in SERVICES.items():
                if service.get("type") in types:
                    found.setdefault(name, str(endpoint.get("url", "")))
    return found, tuple(sorted(regions))


def _message(document: Any, answer: Any) -> str:
    """The API's own words: each project wraps them differently."""
    if isinstance(document, dict):
        for value in document.values():
            if isinstance(value, dict) and "message" in value:
                return str(value["message"])
            if isinstance(value, str):
                return value
    return answer.data[:200].decode(errors="replace").strip() or f"HTTP {answer.status}"
