"""Reading a kubeconfig: which server, trusted by what, and as whom.

Format: `Config` of client.config.k8s.io v1 (Kubernetes reference).
"""

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from isthmus.errors import BadInput

_SERVED_USER_KEYS = frozenset(
    {
        "client-certificate",
        "client-certificate-data",
        "client-key",
        "client-key-data",
        "token",
        "tokenFile",
        "username",
        "password",
    }
)


@dataclass(frozen=True)
class Access:
    """How to reach one API server. Credentials never appear in its representation."""

    server: str
    namespace: str = "default"
    ca_pem: str = ""
    insecure: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    token: str = field(default="", repr=False)
    token_file: str = ""
    certificate_pem: str = field(default="", repr=False)
    key_pem: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)


def read(kubeconfig: str, context: str = "", cluster: str = "") -> Access:
    """The access that `kubeconfig` (contents, or a path) gives by its current context, or by those named.

    Raises BadInput with one sentence for what is missing or not served.
    """
    text, folder = _text(kubeconfig)
    try:
        document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as problem:
        raise _bad("is not YAML or JSON", str(problem).splitlines()[0]) from problem
    if not isinstance(document, dict) or not document.get("clusters"):
        raise _bad("names no cluster", "it has no `clusters`")
    chosen = context or document.get("current-context") or ""
    entry = _named(document, "contexts", chosen, "context") if chosen else {}
    if not entry and not cluster:
        raise _bad("has no current context", "`current-context` is empty and the provider names none")
    reached = _named(document, "clusters", cluster or entry.get("cluster", ""), "cluster")
    user = _named(document, "users", entry["user"], "user") if entry.get("user") else {}
    unserved = sorted(set(user) - _SERVED_USER_KEYS)
    if unserved:
        raise _bad(
            f"logs in by `{unserved[0]}`",
            "the stand-in provider takes certificates, tokens, and user names with passwords",
            "write a token or a certificate into the kubeconfig, or install the official plugin",
        )
    if not reached.get("server"):
        raise _bad("names no server", "its cluster has no `server`")
    return Access(
        server=str(reached["server"]).rstrip("/"),
        namespace=str(entry.get("namespace") or "default"),
        ca_pem=_pem(reached, "certificate-authority", folder),
        insecure=bool(reached.get("insecure-skip-tls-verify", False)),
        tls_server_name=str(reached.get("tls-server-name") or ""),
        proxy_url=str(reached.get("proxy-url") or ""),
        token=str(user.get("token") or ""),
        token_file=str(folder / user["tokenFile"]) if user.get("tokenFile") else "",
        certificate_pem=_pem(user, "client-certificate", folder),
        key_pem=_pem(user, "client-key", folder),
        username=str(user.get("username") or ""),
        password=str(user.get("password") or ""),
    )


def _text(kubeconfig: str) -> tuple[str, Path]:
    """The contents, and the folder that relative paths inside are meant from."""
    if "\n" in kubeconfig or kubeconfig.lstrip().startswith("{"):
        return kubeconfig, Path.cwd()
    path = Path(kubeconfig).expanduser()
    try:
        return path.read_text(), path.parent
    except OSError as problem:
        raise _bad(f"{path} cannot be read", problem.strerror or str(problem)) from problem


def _named(document: dict[str, Any], plural: str, name: str, singular: str) -> dict[str, Any]:
    entries = document.get(plural) or []
    for entry in entries:
        if isinstance(entry, dict) and entry.get("name") == name:
            return dict(entry.get(singular) or {})
    known = ", ".join(sorted(str(entry.get("name")) for entry in entries if isinstance(entry, dict))) or "none"
    raise _bad(f"has no {singular} '{name}'", f"it knows {known}")


def _pem(entry: dict[str, Any], key: str, folder: Path) -> str:
    """The PEM text from KEY-data (base64) or from the file that KEY names."""
    if entry.get(f"{key}-data"):
        try:
            return base64.b64decode(entry[f"{key}-data"], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as problem:
            raise _bad(f"holds a broken {key}-data", "it is not base64 of PEM text") from problem
    if not entry.get(key):
        return ""
    path = folder / entry[key]
    try:
        return str(path.read_text())
    except OSError as problem:
        raise _bad(f"names {path}, which cannot be read", problem.strerror or str(problem)) from problem


def _bad(what: str, why: str, next_step: str = "give the provider a kubeconfig that `kubectl` can use") -> BadInput:
    return BadInput(f"the kubeconfig {what}", why=why, next_step=next_step)
