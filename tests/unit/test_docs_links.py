"""The documentation holds together: links resolve, every page is reachable, and what pages list is what there is."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "sites" / "README.md", *DOCS.rglob("*.md")])


def links(text: str) -> list[str]:
    """Targets of the page's links and pictures; code is left out."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", prose)


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    heads = re.findall(r"(?m)^#+ (.+)$", prose)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def broken(page: Path, text: str) -> list[str]:
    """The links of `text`, a page at `page`, that lead nowhere."""
    found = []
    for link in links(text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    assert broken(page, page.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_seen() -> None:
    text = "[a](nowhere.md) [b](#nothing) [c](tutorial.md#nothing) [d](tutorial.md#1-start) `[e](code.md)` [f](https://x.y)"
    assert broken(DOCS / "README.md", text) == ["nowhere.md", "#nothing", "tutorial.md#nothing"]


def test_every_page_is_reached_from_the_index() -> None:
    reached, left = set(), [DOCS / "README.md"]
    while left:
        page = left.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        for link in links(page.read_text(encoding="utf-8")):
            target = (page.parent / link.partition("#")[0]).resolve()
            if link.partition("#")[0] and not re.match(r"[a-z]+:", link) and target.is_file():
                left.append(target)
    assert sorted(str(p.relative_to(ROOT)) for p in set(PAGES) - reached) == []


def test_the_index_lists_every_recipe_and_explanation() -> None:
    index = {(DOCS / link).resolve() for link in links((DOCS / "README.md").read_text(encoding="utf-8"))}
    there = {*(DOCS / "howto").glob("*.md"), *(DOCS / "explanation").glob("*.md"), *(DOCS / "reference").glob("*.md")}
    assert sorted(p.name for p in there - index) == []


def test_the_page_of_stand_ins_names_every_lab_test() -> None:
    text = (DOCS / "explanation" / "real-and-stand-in.md").read_text(encoding="utf-8")
    table = set(re.findall(r"(?m)^\| `(test_\w+\.py)` \|", text.partition("Lab tests (")[2]))
    assert table == {p.name for p in (ROOT / "tests" / "lab").glob("test_*.py")}


def test_codes_that_pages_mention_exist() -> None:
    from isthmus.load.codes import CODES

    ledger = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "isthmus" / "ledger").glob("*.py"))
    known = set(CODES) | set(re.findall(r"\bE3\d\d\b", ledger))
    mentioned = {code for page in PAGES for code in re.findall(r"\b[EW]\d{3}\b", page.read_text(encoding="utf-8"))}
    assert sorted(mentioned - known) == []


def test_verbs_and_options_that_pages_mention_exist() -> None:
    from isthmus.cli.reference import page as reference

    known = reference()
    wrong = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8").replace('"$(isthmus', '"$( isthmus')
        for command in re.findall(r"(?m)(?:^|[`$(&|;] ?)isthmus ([a-z][^`\n#;|&>)]*)", text):
            words = command.split()
            if "..." in words or command.startswith("met a case"):
                continue
            verb = words[0] if words[0] not in ("ledger", "lab", "engine") else " ".join(words[:2])
            section = re.search(rf"(?ms)^##+ isthmus {re.escape(verb)}$(.*?)(?=^## |\Z)", known)
            options = {w for w in words if w.startswith("--")} - {"--json", "--federation", "--help"}
            if section is None or any(option not in section[1] for option in options):
                wrong.append(f"{page.relative_to(ROOT)}: isthmus {command}")
    assert wrong == []
