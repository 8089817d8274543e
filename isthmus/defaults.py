"""What is meant when nothing is said."""

import os
from pathlib import Path

EXAMPLE_FEDERATION = "sites/itineris"


def default_federation(root: Path | None = None) -> Path:
    """The federation's folder when no option names one: $ISTHMUS_FEDERATION, else the only one below `sites/`,
    else the example. Relative to `root`, the current folder by default."""
    chosen = os.environ.get("ISTHMUS_FEDERATION")
    if chosen:
        return Path(chosen)
    base = root or Path()
    found = sorted(path.parent for path in base.glob("sites/*/federation.yaml"))
    return found[0] if len(found) == 1 else base / EXAMPLE_FEDERATION
