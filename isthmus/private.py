"""Files that only their owner may read: credentials, journals, states."""

import os
import threading
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, with mode 600 from its first byte; its folder is made if missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
    scratch.replace(path)
