"""YAML 1.2 scalars, positions, and what is refused; with libyaml and without."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.load import yaml12
from isthmus.load.yaml12 import Document


@pytest.fixture(params=["libyaml", "python"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "python":
        monkeypatch.setattr(yaml12, "_Loader", yaml12._python_loader())
    return str(request.param)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("12:34:56", "12:34:56"),
        ("1_000", "1_000"),
        ("012", 12),
        ("0o14", 12),
        ("0xff", 255),
        ("0b11", "0b11"),
        ("-7", -7),
        ("+7", 7),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("2027-03-31", "2027-03-31"),
        ("1.36.2", "1.36.2"),
        ("true", True),
        ("True", True),
        ("tRUE", "tRUE"),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'null'", "null"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("9" * 5000, "9" * 5000),
        ("=", "="),
        ("<<", "<<"),
        ("360TB", "360TB"),
    ],
)
def test_scalars(loader: str, written: str, value: object) -> None:
    document = Document("a.yaml", f"key: {written}\n")
    assert document.findings == []
    assert document.data == {"key": value}
    assert type(document.data["key"]) is type(value)


def test_lists_are_tuples_and_keys_are_text(loader: str) -> None:
    assert Document("a.yaml", "22: [1, [a, {no: 1}]]\n").data == {"22": (1, ("a", {"no": 1}))}


def test_positions(loader: str) -> None:
    document = Document("a.yaml", "é: è\na:\n  - {b: 1, ü: [x, y]}\n")
    assert str(document.locate(("a", 0, "ü", 1))) == "a.yaml:3:19"
    assert str(document.locate(("a", 0, "ü"), key=True)) == "a.yaml:3:12"
    assert str(document.locate(("a", 0, "nothing"))) == "a.yaml:3:5"
    assert str(document.locate(())) == "a.yaml:1:1"
    assert document.written(("a", 0, "b")) == "1"


def test_anchors_are_values(loader: str) -> None:
    assert Document("a.yaml", "a: &x [1]\nb: *x\n").data == {"a": (1,), "b": (1,)}


def test_an_alias_of_itself_is_refused(loader: str) -> None:
    assert [f.code for f in Document("a.yaml", "a: &x [*x]\n").findings] == ["E127"]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "{a: " * 100_000,
        "- " * 100_000,
        "a: " + "[" * 900 + "]" * 900,
        "? " * 50_000,
        "a: " + "!" * 100_000,
    ],
)
def test_hostile_files_end_in_a_finding_soon(loader: str, text: str) -> None:
    begun = time.process_time()
    assert Document("a.yaml", text).findings
    assert time.process_time() - begun < 20


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_any_text_gives_data_or_findings(text: str) -> None:
    document = Document("a.yaml", text)
    assert document.data is not None or document.findings
    for finding in document.findings:
        assert finding.message
        assert 0 <= finding.where.line <= text.count("\n") + text.count("\r") + 2


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="ab:-[]{},&*!|>'\"%@`#?\n\t 01", max_size=40))
def test_both_loaders_agree(text: str) -> None:
    with_c = Document("a.yaml", text)
    kept, yaml12._Loader = yaml12._Loader, yaml12._python_loader()
    try:
        without = Document("a.yaml", text)
    finally:
        yaml12._Loader = kept
    if not with_c.findings and not without.findings:
        assert with_c.data == without.data
