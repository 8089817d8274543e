"""The helm program, against one cluster: charts become releases. Credentials go by a private file, never by flags."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from infra.standin.kubernetes.settings import Settings
from isthmus.errors import BadInput, IsthmusError, Refused, Unavailable

PROGRAM_VARIABLE = "ISTHMUS_HELM"
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")
_INHERITED = ("PATH", "HOME", "SSL_CERT_FILE", *_PROXIES, *(name.upper() for name in _PROXIES))


class NoRelease(Exception):
    """There is no such release."""


class Helm:
    """Runs helm; every failure becomes a sentence."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(
        self, arguments: Sequence[str], what: str, values: dict[str, Any] | None = None, limit_s: float = 300
    ) -> str:
        """Its output. Raises NoRelease, or the error that fits."""
        with tempfile.TemporaryDirectory(prefix="isthmus-helm-") as folder:
            private = Path(folder)
            command = [_program(), *arguments, *self._access(private)]
            if values is not None:
                # JSON is YAML, and as a file no secret shows in the process list.
                (private / "values.json").write_text(json.dumps(values))
                command += ["--values", str(private / "values.json")]
            homes = {f"HELM_{kind}_HOME": str(private / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
            keep = {name: os.environ[name] for name in _INHERITED if name in os.environ}
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=limit_s + 30, env={**keep, **homes}, check=False
                )
            except subprocess.TimeoutExpired as late:
                raise Unavailable(
                    f"cannot {what}",
                    why=f"helm did not end within {limit_s + 30:.0f} s",
                    next_step="see what its pods wait for, or raise the release's timeout",
                ) from late
            except OSError as problem:
                raise Unavailable(f"helm cannot be started: {problem.strerror}") from problem
        if done.returncode:
            raise _failure(what, done.stderr)
        return done.stdout

    def _access(self, private: Path) -> list[str]:
        text = self._settings.kubeconfig
        path = private / "kubeconfig"
        if "\n" not in text and not text.lstrip().startswith("{"):
            path = Path(text).expanduser()
        else:
            path.touch(mode=0o600)
            path.write_text(text)
        chosen = ["--kubeconfig", str(path)]
        if self._settings.cluster:
            cluster = self._with_cluster(path, private)
            chosen = ["--kubeconfig", str(cluster)]
        return chosen + (["--kube-context", self._settings.context] if self._settings.context else [])

    def _with_cluster(self, path: Path, private: Path) -> Path:
        """helm has no flag for the provider's `cluster`, so the chosen context gets it."""
        document = yaml.safe_load(path.read_text())
        chosen = self._settings.context or document.get("current-context")
        for entry in document.get("contexts", []):
            if entry.get("name") == chosen:
                entry["context"]["cluster"] = self._settings.cluster
        target = private / "chosen"
        target.touch(mode=0o600)
        target.write_text(yaml.safe_dump(document))
        return target


def _program() -> str:
    found = os.environ.get(PROGRAM_VARIABLE) or shutil.which("helm")
    if not found:
        raise Unavailable(
            "the helm program is not here",
            why="releases are made by it",
            next_step=f"put helm 3 on PATH, or its path into {PROGRAM_VARIABLE}, then run the same command again",
        )
    return found


def _failure(what: str, text: str) -> Exception:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("WARNING")]
    said = " ".join(lines)[:600].removeprefix("Error: ")
    if "release: not found" in said:
        return NoRelease()
    if "cannot re-use a name" in said or "invalid ownership metadata" in said:
        kind: type[IsthmusError] = Refused
        step = "choose another name, or uninstall what is there"
    elif "another operation" in said:
        kind, step = Refused, "wait for the other helm to end, or roll its release back, then run again"
    elif "Kubernetes cluster unreachable" in said or "connection refused" in said:
        kind, step = Unavailable, "see whether the cluster runs, then run the same command again"
    elif "timed out" in said or "deadline exceeded" in said:
        kind, step = Unavailable, "see what its pods wait for, or set skip_await on the release"
    else:
        kind, step = BadInput, "correct the chart or its values, then run the same command again"
    return kind(f"cannot {what}", why=said, next_step=step)
