"""Helm releases as resources (kubernetes:helm.sh/v3:Release), through the helm program."""

import copy
import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any

import yaml

from infra.standin.kubernetes.difference import Difference, between, with_replacements
from infra.standin.kubernetes.helm import Helm, NoRelease
from infra.standin.kubernetes.resources import Verdict
from infra.standin.kubernetes.settings import Settings
from infra.standin.kubernetes.tokens import Kind, name_of
from infra.standin.kubernetes.wire import UNKNOWN, Path, Properties, has_unknown
from isthmus.errors import Refused

_FLAGS = {
    "atomic": "--atomic",
    "cleanupOnFail": "--cleanup-on-fail",
    "createNamespace": "--create-namespace",
    "dependencyUpdate": "--dependency-update",
    "devel": "--devel",
    "disableOpenapiValidation": "--disable-openapi-validation",
    "disableWebhooks": "--no-hooks",
    "forceUpdate": "--force",
    "renderSubchartNotes": "--render-subchart-notes",
    "resetValues": "--reset-values",
    "reuseValues": "--reuse-values",
    "skipCrds": "--skip-crds",
    "verify": "--verify",
    "waitForJobs": "--wait-for-jobs",
}
_OPTIONS = {
    "version": "--version",
    "description": "--description",
    "keyring": "--keyring",
    "maxHistory": "--history-max",
}
_REPOSITORY = {
    "repo": "--repo",
    "caFile": "--ca-file",
    "certFile": "--cert-file",
    "keyFile": "--key-file",
    "username": "--username",
}
_OTHERS = ("chart", "name", "namespace", "values", "skipAwait", "timeout", "repositoryOpts", "compat", "checksum")
_FIXED: tuple[Path, ...] = (("name",), ("namespace",))
_PATIENCE_S = 300


class Releases:
    """The verbs for Helm releases; the same as for objects."""

    def __init__(self, settings: Settings, cancelled: threading.Event) -> None:
        self._settings = settings
        self._helm = Helm(settings)
        self._cancelled = cancelled

    def check(self, urn: str, kind: Kind, old: Properties, new: Properties) -> tuple[dict[str, Any], dict[str, str]]:
        """The inputs with name, namespace and the chart's checksum, and what is wrong with them."""
        inputs = copy.deepcopy(new.values)
        known = {*_FLAGS, *_OPTIONS, *_OTHERS}
        wrong = {
            name: f"the stand-in Kubernetes provider does not serve '{name}' of a Release: leave it out, "
            "or install the official plugin"
            for name in sorted(set(inputs) - known)
        }
        if not inputs.get("chart"):
            wrong["chart"] = "a Release needs a chart: a folder, an archive, or a name with repositoryOpts"
        unserved = (
            set(inputs.get("repositoryOpts") or {}) - {*_REPOSITORY}
            if inputs.get("repositoryOpts") != UNKNOWN
            else set()
        )
        if unserved:
            wrong["repositoryOpts"] = f"the stand-in provider does not serve {', '.join(sorted(unserved))} here"
        if not inputs.get("name"):
            # As for objects: it follows from the URN, so that an interrupted run finds its own release again.
            suffix = hashlib.sha256(urn.encode()).hexdigest()[:8]
            inputs["name"] = old.values.get("name") or f"{name_of(urn)[:44]}-{suffix}"
        inputs.setdefault("namespace", self._settings.namespace)
        checksum = _checksum(inputs.get("chart"))
        if checksum:
            inputs["checksum"] = checksum
        return inputs, wrong

    def secret_paths(self, kind: Kind, values: dict[str, Any]) -> set[Path]:
        return set()

    def diff(
        self, urn: str, kind: Kind, identity: str, state: dict[str, Any], old: dict[str, Any], new: Properties
    ) -> Verdict:
        """What differs in the inputs; another name or namespace is another release."""
        found: list[Difference] = with_replacements(between(old, new.values), _FIXED)
        return Verdict(found, delete_first=False)

    def create(
        self, urn: str, kind: Kind, new: Properties, limit_s: float, preview: bool
    ) -> tuple[str, dict[str, Any]]:
        """Install the chart. A release of that name that this resource did not make is refused."""
        values = new.values
        if has_unknown(values):
            return "", values
        identity = f"{values['namespace']}/{values['name']}"
        mark = _mark(urn)
        live = self._live(values["namespace"], values["name"])
        if (
            live is not None
            and mark not in str(live.get("info", {}).get("description", ""))
            and not self._settings.upsert
        ):
            raise Refused(
                f"cannot install {identity}: a Helm release of that name exists already",
                why="it was not made by this resource",
                next_step=f"import it with id '{identity}', or choose another name",
            )
        if preview:
            self._upgrade(urn, values, limit_s, dry_run=True)
            return identity, values
        return identity, self._upgrade(urn, values, limit_s)

    def read(
        self, urn: str, kind: Kind, identity: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The release as helm knows it; its values and version go into the inputs where they changed."""
        namespace, _, name = identity.rpartition("/")
        namespace = namespace or self._settings.namespace
        live = self._live(namespace, name)
        if live is None:
            return None
        listed = self._listed(namespace, name)
        now = dict(inputs) if inputs else {"name": name, "namespace": namespace, "chart": listed.get("chart", name)}
        values = live.get("config") or {}
        if values != (inputs.get("values") or {}):
            now["values"] = values
        return {**now, "status": _status(live, listed)}, now

    def update(
        self,
        urn: str,
        kind: Kind,
        identity: str,
        state: dict[str, Any],
        old: dict[str, Any],
        new: Properties,
        limit_s: float,
        preview: bool,
    ) -> dict[str, Any]:
        """Upgrade the release."""
        if has_unknown(new.values):
            return new.values
        if preview:
            self._upgrade(urn, new.values, limit_s, dry_run=True)
            return new.values
        return self._upgrade(urn, new.values, limit_s)

    def delete(self, urn: str, kind: Kind, identity: str, state: dict[str, Any], limit_s: float) -> None:
        """Uninstall the release and wait until its objects are gone. Gone already is fine."""
        namespace, _, name = identity.rpartition("/")
        limit = int(limit_s or state.get("timeout") or _PATIENCE_S)
        arguments = ["uninstall", name, "--namespace", namespace or self._settings.namespace]
        arguments += ["--timeout", f"{limit}s"]
        if not state.get("skipAwait"):
            arguments += ["--wait", "--cascade", "foreground"]
        try:
            self._helm.run(arguments, f"uninstall {identity}", limit_s=limit)
        except NoRelease:
            return

    def _upgrade(self, urn: str, values: dict[str, Any], limit_s: float, dry_run: bool = False) -> dict[str, Any]:
        name, namespace = str(values["name"]), str(values["namespace"])
        limit = int(limit_s or values.get("timeout") or _PATIENCE_S)
        arguments = ["upgrade", name, str(values["chart"]), "--install", "--namespace", namespace, "--output", "json"]
        arguments += [*_flags(values), "--timeout", f"{limit}s"]
        # The mark tells this resource's release from others', also after a run that was killed.
        given = [] if "description" in values else ["--description", _mark(urn)]
        arguments += given
        if dry_run:
            arguments += ["--dry-run=client"]
        elif not values.get("skipAwait"):
            arguments += ["--wait"]
        what = f"install {namespace}/{name}"
        answer = self._helm.run(arguments, what, values.get("values") or {}, limit)
        if dry_run:
            return values
        return {**values, "status": _status(_parsed(answer), self._listed(namespace, name))}

    def _live(self, namespace: str, name: str) -> dict[str, Any] | None:
        try:
            answer = self._helm.run(
                ["status", name, "--namespace", namespace, "--output", "json"], f"read {namespace}/{name}"
            )
        except NoRelease:
            return None
        return _parsed(answer)

    def _listed(self, namespace: str, name: str) -> dict[str, Any]:
        """Helm's one-line summary of a release: chart with version, application version."""
        arguments = ["list", "--namespace", namespace, "--filter", f"^{name}$", "--all", "--output", "json"]
        entries = json.loads(self._helm.run(arguments, f"list {namespace}/{name}") or "[]")
        return dict(entries[0]) if entries else {}


def _flags(values: dict[str, Any]) -> Sequence[str]:
    found = [flag for name, flag in _FLAGS.items() if values.get(name)]
    for name, flag in _OPTIONS.items():
        if values.get(name) not in (None, ""):
            found += [flag, str(values[name])]
    for name, flag in _REPOSITORY.items():
        if (values.get("repositoryOpts") or {}).get(name):
            found += [flag, str(values["repositoryOpts"][name])]
    return found


def _mark(urn: str) -> str:
    return f"isthmus {hashlib.sha256(urn.encode()).hexdigest()[:16]}"


def _status(live: dict[str, Any], listed: dict[str, Any]) -> dict[str, Any]:
    """The official plugin's `status` of a release."""
    chart, _, version = str(listed.get("chart", "")).rpartition("-")
    return {
        "appVersion": str(listed.get("app_version", "")),
        "chart": chart,
        "name": str(live.get("name", "")),
        "namespace": str(live.get("namespace", "")),
        "revision": int(live.get("version", 0)),
        "status": str(live.get("info", {}).get("status", "")),
        "version": version,
    }


def _parsed(text: str) -> dict[str, Any]:
    document = yaml.safe_load(text) if not text.lstrip().startswith("{") else json.loads(text)
    return dict(document or {})


def _checksum(chart: Any) -> str:
    """Of a local chart's files, so that an edited chart is a change; '' for charts from elsewhere."""
    if not isinstance(chart, str):
        return ""
    path = FilePath(chart).expanduser()
    if not path.exists():
        return ""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    seen = hashlib.sha256()
    for file in files:
        seen.update(str(file.relative_to(path)).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return seen.hexdigest()
