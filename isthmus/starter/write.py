"""Write a new federation repository: rendered whole in memory first, so that nothing is left half-made."""

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from isthmus import __version__
from isthmus.errors import BadInput, Refused, Unavailable

MARKER = b"This image boots nothing: it proves that an image is uploaded by its digest.\n".ljust(65536, b"\0")


@dataclass(frozen=True)
class Answers:
    """What `init` needs to know."""

    federation: str
    site: str
    institution: str
    country: str
    domain: str


def write(folder: Path, answers: Answers, *, dry_run: bool = False) -> tuple[Path, ...]:
    """Write the repository's files and its first ledger; returns their paths.

    Raises Refused when a file of the same name is there already, and BadInput
    when an answer makes no valid federation. In both cases nothing is written.
    """
    home = folder / "sites" / answers.federation
    texts = dict(_rendered(answers, folder, home))
    there = sorted(str(path) for path in texts if os.path.lexists(path))
    if there:
        raise Refused(
            f"{there[0]} exists already" + (f", and {len(there) - 1} more" if len(there) > 1 else ""),
            why="init starts a repository and overwrites nothing",
            next_step="choose an empty folder: isthmus init DIR",
        )
    _prove(texts, home, folder)
    if dry_run:
        return tuple(sorted(texts))
    try:
        for path, content in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as problem:
        raise Unavailable(
            f"{problem.filename or folder} cannot be written",
            why=problem.strerror or str(problem),
            next_step="name an empty folder of yours: isthmus init DIR",
        ) from None
    return tuple(sorted([*texts, *_first_ledger(home)]))


def _rendered(answers: Answers, folder: Path, home: Path) -> list[tuple[Path, bytes]]:
    from jinja2 import Environment, StrictUndefined

    from isthmus.model.schema import as_text, schemas

    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    environment.filters["text"] = _text
    values = asdict(answers) | {
        "title": f"The {answers.federation} federation",
        "version": __version__,
        "digest": "sha256:" + hashlib.sha256(MARKER).hexdigest(),
    }
    targets = {
        "federation.yaml.j2": home / "federation.yaml",
        "site.yaml.j2": home / answers.site / "site.yaml",
        "README.md.j2": folder / "README.md",
        "gitignore.j2": folder / ".gitignore",
        "Pulumi.yaml.j2": folder / "Pulumi.yaml",
        "program.py.j2": folder / "program" / "__main__.py",
    }
    sources = files("isthmus.starter")
    rendered = [
        (path, environment.from_string(sources.joinpath(name).read_text()).render(values).encode())
        for name, path in targets.items()
    ]
    rendered += [
        (folder / "schema" / f"{name}.schema.json", as_text(schema).encode()) for name, schema in schemas().items()
    ]
    rendered.append((folder / "requirements.txt", f"isthmus=={__version__}\n".encode()))
    rendered.append((home / "images" / "marker.raw", MARKER))
    return rendered


def _prove(texts: dict[Path, bytes], home: Path, folder: Path) -> None:
    """Check the federation in a scratch folder before anything is written for good."""
    import tempfile

    from isthmus.check import check_federation

    with tempfile.TemporaryDirectory() as scratch:
        for path, content in texts.items():
            copy = Path(scratch) / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
        checked = check_federation(Path(scratch) / home.relative_to(folder))
    # The ledger is written afterwards, so what it lacks is no mistake yet.
    wrong = [finding for finding in checked.errors if not finding.code.startswith("E3")]
    if wrong:
        raise BadInput(
            "these answers make no valid federation",
            why=wrong[0].message,
            next_step=wrong[0].hint or "answer again: isthmus init --help",
        )


def _text(words: str) -> str:
    """Words as a YAML value: in quotes where they could be read as something else."""
    from isthmus.load.yaml12 import scalar

    plain = re.fullmatch(r"\w[\w .()/+-]*", words) and words == words.strip() and isinstance(scalar(words), str)
    return words if plain else json.dumps(words, ensure_ascii=False)


def _first_ledger(home: Path) -> tuple[Path, ...]:
    from isthmus.allocate import allocate
    from isthmus.ledger.entries import SHARED, Ledger
    from isthmus.ledger.scan import scan_ledger
    from isthmus.ledger.settle import approve
    from isthmus.ledger.store import write_ledger
    from isthmus.load.federation import load_federation

    federation = load_federation(home)
    given = allocate(federation, Ledger())
    written = write_ledger(home, Ledger(), given)
    write_ledger(home, given, approve(scan_ledger(home), [SHARED, *federation.sites]))
    return written
