"""What a cloud of the box remembers between runs: its ports, and which databases are filled."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from isthmus.private import write_private


@dataclass
class State:
    """`loaded` gives, per service, the digest of the templates its databases were made from."""

    ports: dict[str, int] = field(default_factory=dict)
    loaded: dict[str, str] = field(default_factory=dict)
    addresses: str = ""

    @classmethod
    def read(cls, folder: Path) -> "State":
        try:
            return cls(**json.loads((folder / "state.json").read_text()))
        except (OSError, ValueError, TypeError):
            return cls()

    def write(self, folder: Path) -> None:
        write_private(folder / "state.json", json.dumps(asdict(self), indent=1))
