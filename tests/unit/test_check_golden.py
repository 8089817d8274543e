"""Every class of mistake has a golden text: the smallest change to a good federation, and what `check` says.

A case is a folder in tests/golden/errors: `edit.txt` changes files of
tests/golden/base (`@ FILE`, then `-old` and `+new` lines), other files are put
over it as they are, `expected.txt` is the text. Write the texts anew with

    ISTHMUS_GOLDEN=update pytest tests/unit/test_check_golden.py

and read the difference before it is committed.
"""

import os
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from isthmus.allocate import allocate
from isthmus.check import Checked, check_federation
from isthmus.ledger.store import read_ledger, write_ledger
from isthmus.load import load_federation
from isthmus.load.codes import CODES

GOLDEN = Path(__file__).parent.parent / "golden"
CASES = sorted(p.name for p in (GOLDEN / "errors").iterdir() if p.is_dir())
TODAY = date(2030, 1, 15)
LEDGER = "E3"


def built(folder: Path, case: str) -> Path:
    """The base with the case's change, in `folder`."""
    shutil.copytree(GOLDEN / "base", folder, dirs_exist_ok=True)
    source = GOLDEN / "errors" / case
    for path in source.rglob("*"):
        if path.is_file() and path.name not in ("edit.txt", "expected.txt"):
            target = folder / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    edits = source / "edit.txt"
    if edits.exists():
        for block in re.split(r"^@ ", edits.read_text(encoding="utf-8"), flags=re.M)[1:]:
            _edit(folder, block)
    return folder


def _edit(folder: Path, block: str) -> None:
    name, *lines = block.rstrip("\n").split("\n")
    target = folder / name
    if lines == ["delete"]:
        target.unlink()
        return
    old = "\n".join(line[1:] for line in lines if line.startswith("-"))
    new = "\n".join(line[1:] for line in lines if line.startswith("+"))
    text = target.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
    target.write_text(text.replace(old, new), encoding="utf-8")


def told(checked: Checked) -> str:
    return "".join(f"{f}\n" for f in checked.findings if not f.code.startswith(LEDGER))


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = told(check_federation(built(tmp_path, case), today=TODAY))
    expected = GOLDEN / "errors" / case / "expected.txt"
    if os.environ.get("ISTHMUS_GOLDEN") == "update":
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")
    assert text, "a case without a finding proves nothing"


def test_every_code_has_a_golden_text() -> None:
    seen = {
        code
        for case in CASES
        for code in re.findall(r"^\S.*?  ([EW]\d+)  ", (GOLDEN / "errors" / case / "expected.txt").read_text(), re.M)
    }
    assert seen == set(CODES)


def test_the_base_has_no_findings(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / "base", tmp_path, dirs_exist_ok=True)
    assert told(check_federation(tmp_path, today=TODAY)) == ""
    before = read_ledger(tmp_path)
    write_ledger(tmp_path, before, allocate(load_federation(tmp_path), before))
    assert check_federation(tmp_path, today=TODAY).findings == ()


def test_findings_do_not_depend_on_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = built(tmp_path / "one", "unit")
    monkeypatch.chdir("/")
    assert str(check_federation(folder).findings[0].where).startswith(f"{folder.relative_to('/')}/alpha/site.yaml:")
