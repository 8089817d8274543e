"""When a stack's state, or the passphrase to its secrets, is lost: put aside what is left of it, and begin anew."""

import re
from pathlib import Path

from isthmus.errors import Refused
from isthmus.run import checkpoint
from isthmus.run.journal import Journal
from isthmus.run.pulumi import SETTINGS, EngineFailed, Pulumi, Say


class NotLost(Refused):
    """The state is all right: there is nothing to rebuild."""


def begin_anew(pulumi: Pulumi, stack: str, journal: Journal, say: Say) -> None:
    """Forget the stack's unusable state, after keeping a copy in the run's folder. The world is not touched.

    Raises NotLost when the state is all right: it opens, and has something in it.
    """
    if not pulumi.exists(stack):
        _forget_salt(pulumi, stack)
        return
    document = _exported(pulumi, stack)
    if document is not None:
        if checkpoint.own(document) and pulumi.opens(stack):
            raise NotLost(
                f"the state of {stack} is not lost: it has {len(checkpoint.own(document))} resources",
                why="it opens with the passphrase in use",
                next_step=f"isthmus up {stack}; to take in more: isthmus adopt {stack} without --lost-state",
            )
        kept = journal.keep_state(f"{stack}.lost", document)
        say(f"what is left of the state is kept in {kept}")
    pulumi.remove(stack, force=True)
    _forget_salt(pulumi, stack)


def _exported(pulumi: Pulumi, stack: str) -> dict[str, object] | None:
    try:
        return pulumi.export(stack)
    except EngineFailed:
        return None


def _forget_salt(pulumi: Pulumi, stack: str) -> None:
    """The settings of a stack hold a test of the passphrase, which a new one would not pass."""
    if pulumi.access.stacks:
        (pulumi.access.stacks / SETTINGS).unlink(missing_ok=True)
        (pulumi.access.stacks / f"Pulumi.{stack}.yaml").unlink(missing_ok=True)
        return
    settings = Path(pulumi.project.settings) / f"Pulumi.{stack}.yaml"
    if settings.is_file():
        text = settings.read_text()
        settings.write_text(re.sub(r"(?m)^encryptionsalt:.*\n?", "", text))
