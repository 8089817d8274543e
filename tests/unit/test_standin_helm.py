"""The helm program as it is started: what it gets to know, and what is said when it is not there."""

from pathlib import Path

import pytest

from infra.standin.kubernetes import helm
from infra.standin.kubernetes.settings import Settings
from isthmus.errors import Unavailable


def test_the_proxies_of_the_user_reach_helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "helm"
    program.write_text("#!/bin/sh\nenv\n")
    program.chmod(0o755)
    monkeypatch.setenv(helm.PROGRAM_VARIABLE, str(program))
    proxies = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    for name in proxies:
        monkeypatch.setenv(name, f"of-{name}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for charts")
    said = helm.Helm(Settings(None, kubeconfig=str(tmp_path / "kubeconfig"))).run(["list"], "list releases")
    assert {f"{name}=of-{name}" for name in proxies} <= set(said.splitlines())
    assert "not for charts" not in said


def test_without_helm_the_way_out_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(helm.PROGRAM_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable) as failure:
        helm.Helm(Settings(None, kubeconfig=str(tmp_path / "kubeconfig"))).run(["list"], "list releases")
    assert failure.value.next_step.startswith(f"put helm 3 on PATH, or its path into {helm.PROGRAM_VARIABLE},")
