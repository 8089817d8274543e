"""Schemas and reference pages are those of the model, and the schemas accept what the model accepts."""

import re
from pathlib import Path

import pytest

from isthmus.load.codes import CODES
from isthmus.load.yaml12 import Document
from isthmus.model.reference import pages
from isthmus.model.schema import schemas

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted(p for p in (*ROOT.glob("sites/*/federation.yaml"), *ROOT.glob("sites/*/*/site.yaml")))


@pytest.mark.parametrize("name", sorted(pages()))
def test_committed_pages_are_the_generated_ones(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == pages()[name], "run python -m isthmus.model.reference"


def test_schemas_are_of_the_draft_they_name_and_explain_themselves() -> None:
    for schema in schemas().values():
        assert schema["$schema"].endswith("2020-12/schema")
        assert schema["description"]
        for part in (schema, *schema["$defs"].values()):
            assert part["additionalProperties"] is False
            assert part["title"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: str(p.relative_to(ROOT / "sites")))
def test_every_example_names_its_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").split("\n", 1)[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named, first
    assert (path.parent / named[1]).resolve() == ROOT / "docs/reference/schema" / f"{path.stem}.schema.json"
    kind = schemas()[path.stem]
    data = Document(str(path), path.read_text(encoding="utf-8")).data
    assert set(data) <= set(kind["properties"])
    assert set(kind["required"]) <= set(data)


def test_no_code_is_used_that_the_table_does_not_explain() -> None:
    used = set()
    for folder in ("load", "check"):
        for path in (ROOT / "isthmus" / folder).glob("*.py"):
            if path.name != "codes.py":
                used |= set(re.findall(r'"([EW]\d{3})"', path.read_text(encoding="utf-8")))
    assert used == set(CODES)
