"""How the program reaches clouds and clusters: explicit providers, nothing from the environment."""

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi

from infra.login import Login, Surroundings, on_box
from isthmus.errors import Refused, Unavailable
from isthmus.model.cloud import Cloud

if TYPE_CHECKING:
    import pulumi_kubernetes
    import pulumi_openstack


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
    """A provider with every setting given, and none that it could take from the environment.

    It takes OS_* variables for what is empty, too (seen with 3.4.0), so a
    shell that has some is refused.
    """
    import pulumi_openstack

    refuse_ambient(os.environ)

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


def refuse_ambient(environment: Mapping[str, str]) -> None:
    """Raises Refused where credentials of somebody's shell would mix with those of the access folder."""
    found = sorted(name for name, value in environment.items() if name.startswith("OS_") and value)
    if found:
        raise Refused(
            f"this shell has OpenStack variables ({', '.join(found)}), which the provider would mix with the stack's",
            why="a stack acts with the credentials of its access folder alone",
            next_step=f"run `isthmus up`, which leaves them out, or: unset {' '.join(found)}",
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
    if not wanted or on_box():
        return None
    variable = proxy_variable(cloud.name)
    if os.environ.get(variable) != wanted:
        raise Unavailable(
            f"cloud '{cloud.name}' is reached by the proxy {wanted}, which this run would not use",
            why=f"{variable} is {_without_login(os.environ.get(variable, '')) or 'not set'}",
            next_step=f"run `isthmus up`, which sets it, or export {variable}={wanted}",
        )
    return {variable: "HTTPS_PROXY" if auth_url.startswith("https:") else "HTTP_PROXY"}


def _without_login(url: str) -> str:
    """The address as it may be shown: what stands before the last @ of its host part can be a password."""
    return re.sub(r"^([a-zA-Z][\w+.-]*://)?[^/]*@", r"\1...@", url)


def _secret(text: str | None) -> "pulumi.Input[str]":
    return pulumi.Output.secret(text) if text else ""
