"""From a folder to a federation with every number known: what every verb starts from."""

from pathlib import Path

from isthmus.check import check_federation
from isthmus.errors import BadInput
from isthmus.ledger.entries import Resolved
from isthmus.ledger.store import resolve_folder


def load_resolved(folder: Path) -> Resolved:
    """Load, check and resolve. Never allocates. Raises BadInput with every finding at once."""
    checked = check_federation(folder)
    if checked.errors or checked.federation is None:
        raise BadInput(
            f"{folder} has {len(checked.errors)} error{'s' * (len(checked.errors) != 1)}. Nothing was changed.",
            findings=checked.errors,
            next_step="mend what is named above, then: isthmus check",
        )
    return resolve_folder(checked.federation, folder)
