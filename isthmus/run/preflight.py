"""Before the engine starts: does every cloud and cluster answer, and let us in? One sentence for each that does not."""

import datetime
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from isthmus.access import Access, region_and_ca
from isthmus.errors import BadInput, IsthmusError, Refused, Unavailable
from isthmus.model.cloud import Cloud
from isthmus.run.api.entry import entry_of, read_entries
from isthmus.run.api.kubernetes import KubernetesApi
from isthmus.run.api.openstack import ApiRefusal, OpenStackApi

_SOON_DAYS = 14
_NEEDED = ("compute", "network", "image", "volume")


@dataclass(frozen=True)
class Reached:
    """What answered: clients by cloud and by cluster, and what to warn of."""

    clouds: dict[str, OpenStackApi]
    clusters: dict[str, KubernetesApi]
    warnings: tuple[str, ...] = ()

    @property
    def identities(self) -> tuple[str, ...]:
        return tuple(api.entry.auth_url for api in self.clouds.values())


def open_cloud(access: Access, cloud: Cloud, federation_folder: Path) -> OpenStackApi:
    """A client of the cloud; asks nothing yet. Raises for what is wrong with clouds.yaml or a CA bundle.

    A live cloud's private CA and proxy are those of the model; the box has neither.
    """
    entry = entry_of(access.clouds_file, cloud.name, read_entries(access.clouds_file))
    identity = cloud.identity
    if access.kind == "box" or identity is None:
        return OpenStackApi(entry)
    bundle = str(federation_folder / identity.ca_bundle) if identity.ca_bundle else ""
    for path, named_by in ((bundle, f"ca_bundle of cloud {cloud.name}"), (entry.ca_file, f"cacert in {entry.file}")):
        if path:
            _readable_bundle(path, named_by)
    region, ca = region_and_ca(cloud, entry.region, entry.ca_file, access.folder, federation_folder, box=False)
    return OpenStackApi(entry, ca_bundle=str(ca or ""), proxy=identity.proxy or "", region=region)


def reach(
    access: Access,
    clouds: Sequence[Cloud],
    clusters: Sequence[str],
    federation_folder: Path,
    today: datetime.date | None = None,
) -> Reached:
    """Ask every cloud for a token and its catalog, every cluster for its version, side by side.

    Raises the one failure, or a summary of all. Takes a few seconds at most, whatever is down.
    """
    day = today or datetime.date.today()
    apis = {cloud.name: open_cloud(access, cloud, federation_folder) for cloud in clouds}
    kubes = {name: KubernetesApi(name, access.kubeconfig(name)) for name in clusters}
    checks: list[Callable[[], list[str]]] = [
        *((lambda c=cloud: _cloud(apis[c.name], c, day, access)) for cloud in clouds),
        *((lambda k=kube: _cluster(k)) for kube in kubes.values()),
    ]
    failures: list[IsthmusError] = []
    warnings: list[str] = []
    with ThreadPoolExecutor(max_workers=max(1, min(16, len(checks)))) as pool:
        for run in [pool.submit(check) for check in checks]:
            try:
                warnings += run.result()
            except IsthmusError as problem:
                failures.append(problem)
    if len(failures) == 1:
        raise failures[0]
    if failures:
        told = "; ".join(f"{f.what} ({f.why})" if f.why else f.what for f in failures)
        steps = dict.fromkeys(f.next_step for f in failures if f.next_step)
        raise Unavailable(
            f"{len(failures)} of {len(checks)} control planes cannot be used", why=told, next_step="; ".join(steps)
        )
    return Reached(apis, kubes, tuple(warnings))


def _cloud(api: OpenStackApi, cloud: Cloud, day: datetime.date, access: Access) -> list[str]:
    expires = cloud.identity.credential_expires if cloud.identity and access.kind == "live" else None
    if expires and expires < day:
        raise Refused(
            f"the credential for cloud {cloud.name} expired on {expires}",
            why="identity.credential_expires of the cloud says so",
            next_step=f"make a new one, write it into {api.entry.file}, and set the new day in federation.yaml",
        )
    try:
        for service in _NEEDED:
            api.url(service)
    except IsthmusError:
        raise
    except Exception as problem:
        raise sentence(api, problem) from None
    left = (expires - day).days if expires else None
    if left is not None and left <= _SOON_DAYS:
        return [f"the credential for cloud {cloud.name} expires in {left} days, on {expires}: renew it in time"]
    return []


def _cluster(kube: KubernetesApi) -> list[str]:
    kube.version()
    return []


def sentence(api: OpenStackApi, problem: Exception) -> IsthmusError:
    """What one failed request to a cloud means, in one sentence with the next step."""
    name, url, file = api.entry.name, api.entry.auth_url, api.entry.file
    if isinstance(problem, ApiRefusal):
        return _refusal(api, problem)
    text = f"{type(problem).__name__}: {problem}"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return Unavailable(
            f"cloud {name} shows a certificate that is not trusted",
            why=f"{url}: {_tls_reason(text)}",
            next_step=f"name the private CA's PEM file as identity.ca_bundle of cloud {name} (or cacert in {file})",
        )
    if "SSL" in text or isinstance(problem, ssl.SSLError):
        return Unavailable(
            f"cloud {name} does not speak TLS at {url}",
            why=_tls_reason(text),
            next_step=f"correct auth_url in {file}: http or https, and the port",
        )
    if "ProxyError" in text:
        return Unavailable(
            f"the HTTP proxy of cloud {name} does not let us through",
            why=_network_reason(text),
            next_step=f"correct identity.proxy of cloud {name} in federation.yaml, or leave it out",
        )
    return Unavailable(
        f"cloud {name} does not answer at {url}",
        why=_network_reason(text),
        next_step=f"see whether its Keystone runs (of the box: isthmus lab status), and auth_url in {file}",
    )


def _refusal(api: OpenStackApi, refusal: ApiRefusal) -> IsthmusError:
    name, file = api.entry.name, api.entry.file
    if refusal.code == 401:
        expired = "expire" in refusal.message.lower()
        return Refused(
            f"cloud {name} refuses the credentials in clouds.yaml",
            why="the application credential or password has expired" if expired else "its Keystone answered 401",
            next_step=f"correct or renew the entry '{name}' in {file}",
        )
    if refusal.code == 403:
        return Refused(
            f"cloud {name} does not allow this with the credentials in clouds.yaml",
            why=refusal.message,
            next_step=f"use an account with the admin role in the entry '{name}' of {file}",
        )
    if refusal.code == 404:
        return Unavailable(
            f"there is no Keystone of cloud {name} at {api.entry.auth_url}",
            why="the address answered 404",
            next_step=f"correct auth_url in {file}: it usually ends in :5000/v3",
        )
    if refusal.code in (407, 502, 503, 504):
        return Unavailable(
            f"cloud {name} answers {refusal.code} at {refusal.url}",
            why=refusal.message,
            next_step="the service behind the gateway or proxy is down: wait or ask the cloud's operators, then re-run",
        )
    return Unavailable(f"cloud {name} answered {refusal.code}", why=refusal.message, next_step="run it again later")


def _tls_reason(text: str) -> str:
    for mark, words in (
        ("self-signed certificate", "its certificate comes from a private CA that we were not given"),
        ("unable to get local issuer", "its certificate comes from a private CA that we were not given"),
        ("certificate has expired", "its certificate has expired"),
        ("Hostname mismatch", "its certificate is for another host name"),
        ("IP address mismatch", "its certificate is for another address"),
        ("WRONG_VERSION_NUMBER", "it answers in plain HTTP"),
    ):
        if mark in text:
            return words
    return "the TLS handshake failed"


def _network_reason(text: str) -> str:
    lowered = text.lower()
    for mark, words in (
        ("refused", "the connection was refused: nothing listens there"),
        ("timed out", "it did not answer in time"),
        ("resolve", "its name does not resolve"),
        ("name or service not known", "its name does not resolve"),
        ("unreachable", "there is no route to it"),
        ("407", "the proxy asks for a login"),
        ("tunnel connection failed", "the proxy refused to connect to it"),
        ("reset", "the connection was closed by the other side"),
    ):
        if mark in lowered:
            return words
    return f"the connection failed ({text.split(':', 1)[0]})"


def _readable_bundle(path: str, named_by: str) -> None:
    try:
        ssl.create_default_context(cafile=path)
    except FileNotFoundError:
        raise BadInput(
            "the CA bundle does not exist", where=path, why=f"{named_by} names it", next_step="put the PEM file there"
        ) from None
    except (ssl.SSLError, OSError):
        raise BadInput(
            "the CA bundle is not a PEM certificate",
            where=path,
            why=f"{named_by} names it",
            next_step="put the private CA's certificate there in PEM form",
        ) from None
