"""An entry of clouds.yaml: what is needed to ask a cloud for a token.

Format: https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html
"""

import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isthmus.errors import BadInput, Unavailable

_PASSWORD, _APPLICATION = "password", "v3applicationcredential"
_SERVED = {"password": _PASSWORD, "v3password": _PASSWORD, _APPLICATION: _APPLICATION}


@dataclass(frozen=True)
class CloudEntry:
    """How one cloud is reached. `auth` holds secrets and is never shown."""

    name: str
    file: Path
    auth_url: str
    auth_type: str
    auth: dict[str, Any] = field(repr=False)
    region: str = ""
    interface: str = "public"
    verify: bool = True
    ca_file: str = ""

    @property
    def identity(self) -> str:
        """The Keystone's versioned address."""
        url = self.auth_url.rstrip("/")
        return url if url.endswith("/v3") else f"{url}/v3"

    def request(self) -> dict[str, Any]:
        """The body of a token request (Identity API v3, POST /auth/tokens)."""
        if self.auth_type == _APPLICATION:
            credential: dict[str, Any] = {"secret": self.auth["application_credential_secret"]}
            if self.auth.get("application_credential_id"):
                credential["id"] = self.auth["application_credential_id"]
            else:
                credential |= {"name": self.auth.get("application_credential_name"), "user": self._user()}
            return {"auth": {"identity": {"methods": ["application_credential"], "application_credential": credential}}}
        user = self._user() | {"password": self.auth.get("password", "")}
        body: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
        scope = self._scope()
        return {"auth": body | ({"scope": scope} if scope else {})}

    def _user(self) -> dict[str, Any]:
        if self.auth.get("user_id"):
            return {"id": self.auth["user_id"]}
        return {"name": self.auth.get("username", ""), "domain": self._domain("user")}

    def _scope(self) -> dict[str, Any]:
        if self.auth.get("project_id"):
            return {"project": {"id": self.auth["project_id"]}}
        if self.auth.get("project_name"):
            return {"project": {"name": self.auth["project_name"], "domain": self._domain("project")}}
        if self.auth.get("system_scope"):
            return {"system": {"all": True}}
        if self.auth.get("domain_name") or self.auth.get("domain_id"):
            return {"domain": self._domain("")}
        return {}

    def _domain(self, of: str) -> dict[str, str]:
        prefix = f"{of}_" if of else ""
        for kind in ("id", "name"):
            for key in (f"{prefix}domain_{kind}", f"default_domain_{kind}"):
                if self.auth.get(key):
                    return {kind: str(self.auth[key])}
        default = self.auth.get("default_domain")
        return {"id": str(default)} if default else {"name": "Default"}


def read_entries(path: Path) -> dict[str, Any]:
    """All entries of a clouds.yaml by name. Raises BadInput or Unavailable with what is wrong with the file."""
    import yaml

    try:
        mode = path.stat().st_mode
        text = path.read_text()
    except FileNotFoundError:
        raise Unavailable(
            "there is no clouds.yaml",
            where=str(path),
            why="it holds the credentials of the clouds",
            next_step="put one entry per cloud of the federation there, mode 600; for a box: isthmus lab up",
        ) from None
    except OSError as problem:
        raise Unavailable("clouds.yaml cannot be read", where=str(path), why=problem.strerror or str(problem)) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadInput(
            "clouds.yaml can be read by others",
            where=str(path),
            why=f"it holds passwords and its mode is {stat.S_IMODE(mode):o}",
            next_step=f"chmod 600 {path}",
        )
    try:
        document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise BadInput(
            "clouds.yaml is not YAML",
            where=where,
            why=str(getattr(problem, "problem", "") or "it cannot be parsed"),
            next_step="correct it there; the format is that of openstacksdk",
        ) from None
    entries = document.get("clouds") if isinstance(document, dict) else None
    if not isinstance(entries, dict):
        raise BadInput(
            "clouds.yaml has no clouds", where=str(path), why="its top key must be `clouds`", next_step="add `clouds:`"
        )
    return entries


def entry_of(path: Path, name: str, entries: dict[str, Any]) -> CloudEntry:
    """The entry of cloud `name`. Raises BadInput for a missing or unusable one."""
    raw = entries.get(name)
    if not isinstance(raw, dict):
        known = ", ".join(sorted(map(str, entries))) or "nothing"
        raise BadInput(
            f"clouds.yaml has no entry '{name}'", where=str(path), why=f"it has {known}", next_step=f"add `{name}:`"
        )
    auth = raw.get("auth")
    auth = dict(auth) if isinstance(auth, dict) else {}
    kind = _SERVED.get(str(raw.get("auth_type") or _guess(auth)))
    needed = ["auth_url", *(["application_credential_secret"] if kind == _APPLICATION else ["password"])]
    missing = [key for key in needed if not auth.get(key)]
    if kind is None or missing:
        why = f"auth_type {raw.get('auth_type')} is not served" if kind is None else f"auth lacks {', '.join(missing)}"
        raise BadInput(
            f"the entry '{name}' of clouds.yaml cannot be used",
            where=str(path),
            why=why,
            next_step="write auth_url with username and password, or with an application credential's id and secret",
        )
    ca = str(raw.get("cacert") or "")
    return CloudEntry(
        name=name,
        file=path,
        auth_url=str(auth["auth_url"]),
        auth_type=kind,
        auth=auth,
        region=str(raw.get("region_name") or ""),
        interface=str(raw.get("interface") or "public").removesuffix("URL"),
        verify=raw.get("verify") is not False,
        ca_file=str((path.parent / ca).resolve()) if ca else "",
    )


def _guess(auth: dict[str, Any]) -> str:
    return _APPLICATION if "application_credential_secret" in auth else _PASSWORD
