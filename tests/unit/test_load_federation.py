"""The folder as a whole: all findings of all files, paths as the user knows them, secrets never repeated."""

import shutil
from pathlib import Path

import pytest

from isthmus.errors import BadInput
from isthmus.load import load_federation, read_folder
from isthmus.model.quantity import Devices

BASE = Path(__file__).parent.parent / "golden" / "base"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "base"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_good_folder(folder: Path) -> None:
    federation = load_federation(folder)
    assert sorted(federation.sites) == ["alpha", "beta", "gamma"]
    assert federation.sites["beta"].country == "NO"
    assert federation.sites["beta"].gateways[0].uplink == 10**9
    assert federation.sites["alpha"].nodes[1].mig == (Devices(3, "1g.10gb"), Devices(1, "3g.40gb"))


def test_all_findings_at_once(folder: Path) -> None:
    change(folder / "federation.yaml", "domain: base", "domain: BASE")
    change(folder / "alpha/site.yaml", "country: IT", "country: 3")
    (folder / "gamma/site.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput) as caught:
        load_federation(folder)
    assert [f.code for f in caught.value.findings] == ["E104", "E118", "E125"]
    assert caught.value.exit_code == 2


def test_what_is_sound_can_still_be_used(folder: Path) -> None:
    change(folder / "alpha/site.yaml", "country: IT", "country: 3")
    loaded = read_folder(folder)
    federation, findings = loaded.federation, loaded.findings
    assert federation is not None
    assert sorted(federation.sites) == ["beta", "gamma"]
    assert len(findings) == 1


def test_paths_are_those_the_user_knows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(folder / "alpha/site.yaml", "country: IT", "country: 3")
    monkeypatch.chdir(folder.parent)
    assert read_folder(Path("base")).findings[0].where.file == "base/alpha/site.yaml"
    assert read_folder(folder).findings[0].where.file == "base/alpha/site.yaml"
    monkeypatch.chdir(folder / "beta")
    assert read_folder(folder).findings[0].where.file == str(folder / "alpha/site.yaml")


def test_no_folder_and_no_permission(tmp_path: Path, folder: Path) -> None:
    assert [f.code for f in read_folder(tmp_path / "nowhere").findings] == ["E128"]
    (folder / "gamma/site.yaml").unlink()
    (folder / "gamma/site.yaml").mkdir()
    assert [f.code for f in read_folder(folder).findings] == ["E128"]


def test_windows_line_ends_and_byte_order_mark(folder: Path) -> None:
    path = folder / "beta/site.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_federation(folder).sites["beta"].institution == "Institute of Beta"


KEY = "'-----BEGIN RSA PRIVATE KEY----- hunter2'"
LINK = "https://a:hunter2@b.example.org"
PLACES = ("title: X", "owners: X", "networks: {public: X}", "country: X", "password: X")


@pytest.mark.parametrize(
    ("place", "secret"),
    [("password: X", "hunter2"), *((place, secret) for place in PLACES for secret in (KEY, LINK))],
)
def test_secrets_are_never_repeated(folder: Path, place: str, secret: str) -> None:
    with (folder / "gamma/site.yaml").open("a", encoding="utf-8") as handle:
        handle.write(place.replace("X", secret) + "\n")
    findings = read_folder(folder).findings
    assert "E121" in {f.code for f in findings} or "E119" in {f.code for f in findings}
    assert not any("hunter2" in str(f) for f in findings)


def test_one_finding_for_a_mistake_in_a_union(folder: Path) -> None:
    change(folder / "federation.yaml", "sites: 10.64.0.0/12", "sites: 12")
    change(folder / "alpha/site.yaml", "public_ip: 192.0.2.10", "public_ip: [192.0.2.10]")
    assert [f.code for f in read_folder(folder).findings] == ["E111", "E110"]
