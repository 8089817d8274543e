"""Who we are at a cloud: its entry in the access folder's clouds.yaml, and what the model says about reaching it.

The access folder (`isthmus.access`) holds `clouds.yaml`, OpenStack's own
format, and `kubeconfig/CLUSTER.yaml`.
"""

import datetime
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi

from isthmus.access import region_and_ca
from isthmus.errors import BadInput, Unavailable
from isthmus.model.cloud import Cloud

WARN_DAYS = 14


@dataclass(frozen=True)
class Surroundings:
    """Where the federation's files and the credentials lie."""

    federation: Path
    access: Path

    @property
    def clouds_file(self) -> Path:
        return self.access / "clouds.yaml"

    def kubeconfig(self, cluster: str) -> Path:
        return self.access / "kubeconfig" / f"{cluster}.yaml"


@dataclass(frozen=True)
class Login:
    """One cloud's entry in clouds.yaml, with what the model says about reaching it."""

    cloud: str
    auth_url: str
    region: str
    endpoint_type: str
    verify: bool
    ca_pem: str
    auth: dict[str, str] = field(repr=False)


_AUTH_KEYS = (
    "username",
    "user_id",
    "password",
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
    "project_id",
    "project_name",
    "project_domain_id",
    "project_domain_name",
    "user_domain_id",
    "user_domain_name",
    "domain_id",
    "domain_name",
)


def login(cloud: Cloud, around: Surroundings) -> Login:
    """The cloud's login. Raises BadInput or Unavailable with what is missing, wrong or expired."""
    entry = _entry(cloud.name, around.clouds_file)
    auth = {key: str(value) for key, value in entry["auth"].items() if key in _AUTH_KEYS and value is not None}
    has_user = "password" in auth and ("username" in auth or "user_id" in auth)
    if not (has_user or "application_credential_secret" in auth):
        raise BadInput(
            f"cloud '{cloud.name}' has no credential",
            why="its entry has neither a user with password nor an application credential",
            next_step="complete its `auth` as OpenStack's documentation of clouds.yaml shows",
            where=str(around.clouds_file),
        )
    _check_day(cloud)
    identity = cloud.identity
    url = str(entry["auth"].get("auth_url") or (identity.url if identity else ""))
    region, ca = region_and_ca(
        cloud, entry.get("region_name"), entry.get("cacert"), around.access, around.federation, box=on_box()
    )
    return Login(
        cloud=cloud.name,
        auth_url=url,
        region=region or "RegionOne",
        endpoint_type=str(entry.get("interface") or "public"),
        verify=bool(entry.get("verify", True)),
        ca_pem=_pem(cloud, ca),
        auth=auth,
    )


def _entry(cloud: str, path: Path) -> dict[str, Any]:
    import yaml

    try:
        document = yaml.load(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    except OSError as problem:
        raise Unavailable(
            f"there is no way to reach cloud '{cloud}'",
            why=f"{path}: {problem.strerror or problem}",
            next_step="put a clouds.yaml there (mode 600), or run `isthmus lab up` for a box",
        ) from None
    except yaml.YAMLError as problem:
        raise BadInput(f"{path} is not YAML", why=str(problem).splitlines()[0]) from None
    clouds = document.get("clouds") if isinstance(document, dict) else None
    entry = clouds.get(cloud) if isinstance(clouds, dict) else None
    if not isinstance(entry, dict) or not isinstance(entry.get("auth"), dict):
        known = ", ".join(sorted(clouds)) if isinstance(clouds, dict) and clouds else "none"
        raise BadInput(
            f"clouds.yaml has no cloud '{cloud}' with an `auth`",
            why=f"it knows {known}",
            next_step=f"add it under `clouds:` by the name '{cloud}'",
            where=str(path),
        )
    return entry


def _check_day(cloud: Cloud) -> None:
    day = cloud.identity.credential_expires if cloud.identity else None
    if day is None or on_box():
        return
    left = (day - datetime.date.today()).days
    if left < 0:
        raise Unavailable(
            f"the credential of cloud '{cloud.name}' ended on {day}",
            next_step="get a new one, put it into clouds.yaml, and write its day as identity.credential_expires",
        )
    if left <= WARN_DAYS:
        pulumi.log.warn(f"the credential of cloud '{cloud.name}' ends on {day}, in {left} days: get a new one")


def on_box() -> bool:
    """Whether the target is the box: what the model says about the live cloud's proxy, CA and credential is not its."""
    return os.environ.get("ISTHMUS_TARGET") == "box"


def _pem(cloud: Cloud, path: Path | None) -> str:
    """PEM text of the private CA, so that state holds no path of this machine."""
    if path is None:
        return ""
    try:
        text = path.read_text()
    except OSError as problem:
        raise BadInput(
            f"the CA bundle of cloud '{cloud.name}' cannot be read",
            why=f"{path}: {problem.strerror or problem}",
            next_step="put the PEM file there, or remove `cacert` (clouds.yaml) or `ca_bundle` (federation.yaml)",
        ) from None
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise BadInput(f"{path} holds no certificate", next_step="it must be PEM: -----BEGIN CERTIFICATE-----")
    return text
