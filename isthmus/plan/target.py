"""What a plan is compared with: the state of the target that is set up, or nothing where none is."""

from pathlib import Path

from isthmus.access import find_access
from isthmus.errors import BadInput, Unavailable


def recorded_backend(federation: str, access: Path | None) -> tuple[str | None, str]:
    """The state's backend (None where there is no target) and the comparison in words."""
    try:
        found = find_access(federation, access)
    except (Unavailable, BadInput):
        if access is not None:
            raise
        return None, "nothing: no target is set up, so everything is new"
    return found.backend_url, f"the recorded state ({found.words()})"
