"""A change and a plan, as values that print, serialise, and compare."""

from dataclasses import dataclass
from typing import Any, Literal

from isthmus.derive.thing import Reach

Action = Literal["create", "update", "replace", "delete"]
SIGNS: dict[str, str] = {"create": "+", "update": "~", "replace": "±", "delete": "-"}


@dataclass(frozen=True)
class Change:
    """One change of one thing. `details` are lines like `ram_mib: 1024 -> 2048`."""

    stack: str
    action: Action
    key: str
    what: str
    reason: str
    reach: Reach
    holds_data: bool = False
    details: tuple[str, ...] = ()

    @property
    def interrupts(self) -> bool:
        """Whether running work may stop: what is new has none yet."""
        return self.reach.interrupts and self.action != "create"

    @property
    def inverse(self) -> str:
        """The change that undoes this one, in words; what cannot be undone says so."""
        if self.action == "create":
            return f"delete {self.what}"
        if self.action == "delete":
            lost = "; what it held is lost" if self.holds_data else ""
            return f"create {self.what} again{lost}"
        return f"set {self.what} back" + (f" ({'; '.join(_reversed(d) for d in self.details)})" if self.details else "")

    def as_json(self) -> dict[str, Any]:
        """The stable form of `plan --json`."""
        return {
            "stack": self.stack,
            "action": self.action,
            "key": self.key,
            "what": self.what,
            "reason": self.reason,
            "reach": {
                "sites": list(self.reach.sites),
                "tenants": list(self.reach.tenants),
                "interrupts": self.interrupts,
            },
            "inverse": self.inverse,
            "details": list(self.details),
        }


def _reversed(detail: str) -> str:
    field, _, values = detail.partition(": ")
    before, arrow, after = values.partition(" -> ")
    return f"{field}: {after} -> {before}" if arrow else detail
