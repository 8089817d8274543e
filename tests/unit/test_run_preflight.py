"""A cloud that is down, refuses, or shows the wrong face gives one sentence, before the engine starts."""

import datetime
import http.server
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.login import Surroundings, login
from isthmus.access import Access
from isthmus.errors import BadInput, IsthmusError, Refused, Unavailable
from isthmus.model.cloud import Cloud, Identity
from isthmus.run import preflight

TODAY = datetime.date(2026, 11, 21)


@contextmanager
def keystone(answer: Callable[[], tuple[int, dict[str, Any]]]) -> Iterator[str]:
    """A server that gives every request the same answer."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            code, body = answer()
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("X-Subject-Token", "token")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def token(region: str = "RegionOne") -> dict[str, Any]:
    endpoint = {"interface": "public", "region": region, "url": "http://cloud.example.org"}
    types = ("compute", "network", "image", "block-storage")
    return {"token": {"catalog": [{"type": t, "endpoints": [endpoint]} for t in types], "roles": [{"name": "admin"}]}}


def reach(tmp_path: Path, url: str, **identity: Any) -> preflight.Reached:
    path = tmp_path / "clouds.yaml"
    path.write_text(f"clouds: {{east: {{auth: {{auth_url: '{url}', username: u, password: p}}}}}}\n")
    path.chmod(0o600)
    access = Access("live", "perugia", tmp_path, "file:///x")
    cloud = Cloud(name="east", sites=("a",), identity=Identity(url="https://k.example.org/v3", **identity))
    return preflight.reach(access, [cloud], [], tmp_path, today=TODAY)


def said(tmp_path: Path, url: str, kind: type[IsthmusError], **identity: Any) -> str:
    with pytest.raises(kind) as caught:
        reach(tmp_path, url, **identity)
    assert caught.value.next_step, "every refusal says what to do"
    return str(caught.value)


def test_a_cloud_that_answers_is_reached(tmp_path: Path) -> None:
    with keystone(lambda: (201, token())) as address:
        reached = reach(tmp_path, f"http://{address}/v3")
    assert reached.identities == (f"http://{address}/v3",)
    assert not reached.warnings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_cloud_that_is_down(tmp_path: Path) -> None:
    text = said(tmp_path, f"http://127.0.0.1:{free_port()}/v3", Unavailable)
    assert "cloud east does not answer" in text and "refused" in text


def test_wrong_credentials(tmp_path: Path) -> None:
    body = {"error": {"code": 401, "message": "The request you have made requires authentication."}}
    with keystone(lambda: (401, body)) as address:
        assert "refuses the credentials" in said(tmp_path, f"http://{address}/v3", Refused)


def test_a_region_the_catalog_lacks(tmp_path: Path) -> None:
    with keystone(lambda: (201, token("Elsewhere"))) as address:
        text = said(tmp_path, f"http://{address}/v3", Unavailable)
    assert "no compute service in region RegionOne" in text and "Elsewhere" in text


def test_plain_http_where_tls_was_meant(tmp_path: Path) -> None:
    with keystone(lambda: (201, token())) as address:
        assert "plain HTTP" in said(tmp_path, f"https://{address}/v3", Unavailable)


def test_a_proxy_that_is_not_there(tmp_path: Path) -> None:
    text = said(tmp_path, "http://k.example.org/v3", Unavailable, proxy=f"http://127.0.0.1:{free_port()}")
    assert "proxy" in text and "identity.proxy" in text


def test_a_ca_bundle_that_is_missing_or_no_certificate(tmp_path: Path) -> None:
    assert "CA bundle does not exist" in said(tmp_path, "http://k.example.org/v3", BadInput, ca_bundle="ca.pem")
    (tmp_path / "ca.pem").write_text("not a certificate")
    assert "not a PEM certificate" in said(tmp_path, "http://k.example.org/v3", BadInput, ca_bundle="ca.pem")


def test_a_credential_that_has_expired_or_soon_will(tmp_path: Path) -> None:
    day = TODAY - datetime.timedelta(days=1)
    assert "expired on 2026-11-20" in said(tmp_path, "http://k.example.org/v3", Refused, credential_expires=day)
    with keystone(lambda: (201, token())) as address:
        soon = TODAY + datetime.timedelta(days=5)
        (warning,) = reach(tmp_path, f"http://{address}/v3", credential_expires=soon).warnings
    assert "in 5 days" in warning


def test_a_missing_kubeconfig(tmp_path: Path) -> None:
    access = Access("live", "perugia", tmp_path, "file:///x")
    with pytest.raises(Unavailable) as caught:
        preflight.reach(access, [], ["k8s-a"], tmp_path, today=TODAY)
    assert "no kubeconfig for cluster k8s-a" in caught.value.what


def test_several_that_are_down_are_all_named(tmp_path: Path) -> None:
    access = Access("live", "perugia", tmp_path, "file:///x")
    with pytest.raises(Unavailable) as caught:
        preflight.reach(access, [], ["k8s-a", "k8s-b"], tmp_path, today=TODAY)
    assert "k8s-a" in caught.value.why and "k8s-b" in caught.value.why


def test_the_program_and_what_asks_before_it_go_to_the_same_region_by_the_same_ca(tmp_path: Path) -> None:
    ours, theirs = (tmp_path / name for name in ("ours.pem", "theirs.pem"))
    for path in (ours, theirs):
        path.write_text(ssl.DER_cert_to_PEM_cert(path.name.encode()))
    auth = "{auth_url: 'http://k', username: u, password: p}"
    (tmp_path / "clouds.yaml").write_text(
        f"clouds: {{east: {{auth: {auth}, region_name: Entry, cacert: ours.pem}}, west: {{auth: {auth}}}}}\n"
    )
    (tmp_path / "clouds.yaml").chmod(0o600)
    access = Access("live", "perugia", tmp_path, "file:///x")
    identity = Identity(url="https://k.example.org/v3", region="Model", ca_bundle="theirs.pem")
    for name, region, ca in (("east", "Entry", ours), ("west", "Model", theirs)):
        cloud = Cloud(name=name, sites=("a",), identity=identity)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(preflight, "_readable_bundle", lambda path, named_by: None)
            asked = preflight.open_cloud(access, cloud, tmp_path)
        program = login(cloud, Surroundings(tmp_path, tmp_path))
        assert (asked.region, asked._ca) == (region, str(ca))
        assert (program.region, program.ca_pem) == (region, ca.read_text())


def test_a_kubeconfig_that_logs_in_by_a_program_is_told_what_isthmus_needs(tmp_path: Path) -> None:
    access = Access("live", "perugia", tmp_path, "file:///x")
    path = access.kubeconfig("k8s-a")
    path.parent.mkdir()
    cluster, context = {"server": "https://127.0.0.1:1"}, {"cluster": "a", "user": "a"}
    told = {
        "current-context": "a",
        "clusters": [{"name": "a", "cluster": cluster}],
        "contexts": [{"name": "a", "context": context}],
        "users": [{"name": "a", "user": {"exec": {"command": "oidc-login"}}}],
    }
    path.write_text(json.dumps(told))
    with pytest.raises(BadInput, match="logs in by `exec`") as caught:
        preflight.reach(access, [], ["k8s-a"], tmp_path, today=TODAY)
    assert caught.value.where == str(path)
    assert "service account's token" in caught.value.next_step and "plugin" not in caught.value.next_step
