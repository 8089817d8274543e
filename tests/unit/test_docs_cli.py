"""The reference page of the command line is the one its parsers give."""

from isthmus.cli.main import VERBS
from isthmus.cli.reference import PAGE, page


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m isthmus.cli.reference"


def test_every_verb_and_its_arguments_are_explained() -> None:
    text = page()
    assert [verb for verb in VERBS if f"## isthmus {verb}\n" not in text] == []
    blank = [line for line in text.splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert blank == []


def test_the_page_does_not_depend_on_the_terminal(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    wide = page()
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("ISTHMUS_FEDERATION", "/somewhere/else")
    assert page() == wide
