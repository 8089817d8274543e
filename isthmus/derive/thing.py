"""What every desired thing carries: its name in the stack, why it exists, whom it reaches."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Reach:
    """Whom a change of the thing touches. `interrupts` says whether running work stops when it is replaced."""

    sites: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    interrupts: bool = False

    def __str__(self) -> str:
        words = ", ".join((*self.sites, *(f"tenant {t}" for t in self.tenants))) or "nobody yet"
        return f"{words} (interrupts running work)" if self.interrupts else words


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One thing that should exist.

    `key` is unique within the stack, and the engine's resource names are it
    or begin with it and a slash; `what` says it in words; `because` is the
    statement of the model it follows from; `holds_data` things are protected
    against deletion.
    """

    fixed: ClassVar[frozenset[str]] = frozenset()
    """Names of fields that the API cannot change in place: another value means another object."""

    key: str
    what: str
    because: str
    reach: Reach
    holds_data: bool = False
