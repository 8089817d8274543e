"""From a folder to a federation with every number known: what every verb starts from."""

from pathlib import Path

from isthmus.ledger.entries import Resolved


def load_resolved(folder: Path) -> Resolved:
    """Load, check and resolve. Never allocates. Raises BadInput with every finding at once."""
    from isthmus.check import load_checked
    from isthmus.ledger.store import resolve_folder

    return resolve_folder(load_checked(folder), folder)
