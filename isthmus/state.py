"""Where this machine keeps what runs leave: boxes, run journals, states exported."""

import os
from pathlib import Path

from isthmus.errors import Unavailable


def state_root() -> Path:
    """`$ISTHMUS_STATE`, else `$XDG_STATE_HOME/isthmus`, else `~/.local/state/isthmus`; made (mode 700) if missing.

    Raises Unavailable where it cannot be made.
    """
    chosen = os.environ.get("ISTHMUS_STATE")
    if not chosen:
        base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
        chosen = str(Path(base) / "isthmus")
    root = Path(chosen).resolve()
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise Unavailable(
            f"the folder for states and journals, {root}, cannot be made",
            why=problem.strerror or str(problem),
            next_step="set ISTHMUS_STATE to a folder of yours",
        ) from None
    return root


def box_folder(federation: str) -> Path:
    """The folder of the federation's box: all of its processes' files, credentials and state are in it."""
    return state_root() / "box" / federation
