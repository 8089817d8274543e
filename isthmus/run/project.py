"""The Pulumi project that a federation's stacks belong to."""

from dataclasses import dataclass
from pathlib import Path

from isthmus.errors import BadInput, Unavailable


@dataclass(frozen=True)
class Project:
    """A folder with Pulumi.yaml, and the name in it: stacks are known by both."""

    folder: Path
    name: str
    settings: Path
    """Where the stacks' settings lie (stackConfigDir)."""


def find_project(federation_folder: Path) -> Project:
    """The project nearest above the federation's folder; else that of the toolkit itself.

    Raises Unavailable when there is none, BadInput when its Pulumi.yaml names nothing.
    """
    import isthmus

    toolkit = Path(isthmus.__file__).resolve().parents[1]
    starts = federation_folder.resolve()
    for folder in (starts, *starts.parents, toolkit):
        file = folder / "Pulumi.yaml"
        if file.is_file():
            return _read(file)
    raise Unavailable(
        "there is no Pulumi.yaml",
        why=f"neither {starts} nor a folder above it has one",
        next_step="isthmus init writes one beside the federation",
    )


def _read(file: Path) -> Project:
    import yaml

    try:
        document = yaml.safe_load(file.read_text())
        return Project(file.parent, str(document["name"]), file.parent / str(document.get("stackConfigDir") or "."))
    except (yaml.YAMLError, KeyError, TypeError, OSError):
        raise BadInput("Pulumi.yaml names no project", where=str(file), next_step="write `name: isthmus`") from None
