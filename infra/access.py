"""How the program reaches clouds and clusters: explicit providers, nothing from the environment.

The access folder (`isthmus.access`) holds `clouds.yaml`, OpenStack's own
format, and `kubeconfig/CLUSTER.yaml`.
"""

import datetime
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi

from isthmus.errors import BadInput, Unavailable
from isthmus.model.cloud import Cloud

if TYPE_CHECKING:
    import pulumi_kubernetes
    import pulumi_openstack

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
    "token",
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
    if not (has_user or "application_credential_secret" in auth or "token" in auth):
        raise BadInput(
            f"cloud '{cloud.name}' has no credential",
            why="its entry has neither a user with password nor an application credential",
            next_step="complete its `auth` as OpenStack's documentation of clouds.yaml shows",
            where=str(around.clouds_file),
        )
    _check_day(cloud)
    identity = cloud.identity
    url = str(entry["auth"].get("auth_url") or (identity.url if identity else ""))
    return Login(
        cloud=cloud.name,
        auth_url=url,
        region=str(entry.get("region_name") or (identity.region if identity else "RegionOne")),
        endpoint_type=str(entry.get("interface") or "public"),
        verify=bool(entry.get("verify", True)),
        ca_pem=_ca(cloud, entry, around),
        auth=auth,
    )


def cloud_provider(name: str, login: Login, cloud: Cloud, parent: pulumi.Resource) -> "pulumi_openstack.Provider":
    """The provider that acts as the cloud's operator."""
    auth = login.auth
    return _provider(
        name,
        login,
        cloud,
        parent,
        user_name=auth.get("username", ""),
        user_id=auth.get("user_id", ""),
        password=_secret(auth.get("password")),
        token=_secret(auth.get("token")),
        application_credential_id=auth.get("application_credential_id", ""),
        application_credential_name=auth.get("application_credential_name", ""),
        application_credential_secret=_secret(auth.get("application_credential_secret")),
        tenant_id=auth.get("project_id", ""),
        tenant_name=auth.get("project_name", ""),
        project_domain_id=auth.get("project_domain_id", ""),
        project_domain_name=auth.get("project_domain_name", ""),
        user_domain_id=auth.get("user_domain_id", ""),
        user_domain_name=auth.get("user_domain_name", ""),
        domain_id=auth.get("domain_id", ""),
        domain_name=auth.get("domain_name", ""),
    )


def user_provider(
    name: str,
    login: Login,
    cloud: Cloud,
    parent: pulumi.Resource,
    *,
    user_id: pulumi.Input[str],
    password: pulumi.Input[str],
    project_id: pulumi.Input[str],
) -> "pulumi_openstack.Provider":
    """The provider that acts as a site's own user in the site's own project."""
    unused = (
        "user_name",
        "token",
        "application_credential_id",
        "application_credential_name",
        "application_credential_secret",
        "tenant_name",
        "project_domain_id",
        "project_domain_name",
        "user_domain_id",
        "user_domain_name",
        "domain_id",
        "domain_name",
    )
    own: dict[str, Any] = {"user_id": user_id, "password": pulumi.Output.secret(password), "tenant_id": project_id}
    return _provider(name, login, cloud, parent, **own, **dict.fromkeys(unused, ""))


def cluster_provider(
    name: str, cluster: str, around: Surroundings, parent: pulumi.Resource
) -> "pulumi_kubernetes.Provider":
    """The provider of one cluster, by its kubeconfig. Raises Unavailable where there is none."""
    import pulumi_kubernetes

    path = around.kubeconfig(cluster)
    try:
        text = path.read_text()
    except OSError as problem:
        raise Unavailable(
            f"there is no way to reach cluster {cluster}",
            why=f"{path}: {problem.strerror or problem}",
            next_step="put the cluster's kubeconfig there (mode 600), or run `isthmus lab up` for a box",
        ) from None
    return pulumi_kubernetes.Provider(
        name,
        kubeconfig=pulumi.Output.secret(text),
        # The server's address may change, the cluster stays the same: nothing is made anew because of it.
        cluster_identifier=cluster,
        delete_unreachable=False,
        skip_update_unreachable=False,
        enable_config_map_mutable=False,
        enable_secret_mutable=False,
        enable_patch_force=False,
        suppress_deprecation_warnings=False,
        suppress_helm_hook_warnings=False,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _provider(
    name: str, login: Login, cloud: Cloud, parent: pulumi.Resource, **own: Any
) -> "pulumi_openstack.Provider":
    """A provider with every setting given, since it takes what is left out from OS_* variables."""
    import pulumi_openstack

    return pulumi_openstack.Provider(
        name,
        auth_url=login.auth_url,
        region=login.region,
        endpoint_type=login.endpoint_type,
        insecure=not login.verify,
        cacert_file=login.ca_pem,
        cert="",
        key="",
        cloud="",
        # Keystone refuses a domain beside the id of a user or of an application credential.
        default_domain="default" if own["user_name"] else "",
        system_scope=False,
        swauth=False,
        allow_reauth=True,
        delayed_auth=True,
        max_retries=2,
        opts=pulumi.ResourceOptions(parent=parent, env_var_mappings=_proxy(cloud, login.auth_url)),
        **own,
    )


def proxy_variable(cloud: str) -> str:
    """The environment variable that carries a cloud's proxy to its provider's process."""
    return f"ISTHMUS_PROXY_{cloud.upper().replace('-', '_')}"


def _proxy(cloud: Cloud, auth_url: str) -> dict[str, str] | None:
    """How the provider's process gets its proxy: it takes HTTPS_PROXY or HTTP_PROXY, each cloud's process its own.

    Raises Unavailable where the model names a proxy and the environment does
    not carry it, since requests would then go a way nobody meant.
    """
    wanted = cloud.identity.proxy if cloud.identity else None
    if not wanted:
        return None
    variable = proxy_variable(cloud.name)
    if os.environ.get(variable) != wanted:
        raise Unavailable(
            f"cloud '{cloud.name}' is reached by the proxy {wanted}, which this run would not use",
            why=f"{variable} is {os.environ.get(variable) or 'not set'}",
            next_step=f"run `isthmus up`, which sets it, or export {variable}={wanted}",
        )
    return {variable: "HTTPS_PROXY" if auth_url.startswith("https:") else "HTTP_PROXY"}


def _secret(text: str | None) -> "pulumi.Input[str]":
    return pulumi.Output.secret(text) if text else ""


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
    if day is None:
        return
    left = (day - datetime.date.today()).days
    if left < 0:
        raise Unavailable(
            f"the credential of cloud '{cloud.name}' ended on {day}",
            next_step="get a new one, put it into clouds.yaml, and write its day as identity.credential_expires",
        )
    if left <= WARN_DAYS:
        pulumi.log.warn(f"the credential of cloud '{cloud.name}' ends on {day}, in {left} days: get a new one")


def _ca(cloud: Cloud, entry: dict[str, Any], around: Surroundings) -> str:
    """PEM text of the private CA, so that state holds no path of this machine."""
    own = cloud.identity.ca_bundle if cloud.identity else None
    if entry.get("cacert"):
        path = around.access / str(entry["cacert"])
    elif own:
        path = around.federation / own
    else:
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
