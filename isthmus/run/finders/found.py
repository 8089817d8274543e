"""What is searched for, and what was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNKNOWNS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""How the engine writes values that are known only later (Pulumi's property value specification)."""


@dataclass(frozen=True)
class Wanted:
    """A resource as the engine describes it. `owner` are its provider's inputs: whose eyes it is seen by."""

    token: str
    inputs: Mapping[str, Any]
    owner: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """An input as text; '' where it is left out, secret, or not known yet."""
        value = self.inputs.get(name)
        return "" if value is None or isinstance(value, dict | list) or value in UNKNOWNS else str(value)

    def owned(self, name: str) -> str:
        """An input of the provider as text."""
        value = self.owner.get(name)
        return value if isinstance(value, str) and value not in UNKNOWNS else ""

    @property
    def project(self) -> str:
        """The project it belongs to, where that is said."""
        return self.text("tenantId") or self.text("projectId") or self.owned("tenantId")

    @property
    def region(self) -> str:
        return self.text("region") or self.owned("region")


@dataclass(frozen=True)
class Found:
    """The thing's id as its provider writes it.

    `keep` False: it is half made, or its secret cannot be read again, so that
    it has to be removed (`remove` is service and path) and made anew.
    """

    id: str
    keep: bool = True
    why: str = ""
    remove: tuple[str, str] | None = None


def known(value: Any) -> bool:
    """Whether nothing inside is still unknown."""
    if isinstance(value, dict):
        return all(known(item) for item in value.values())
    if isinstance(value, list):
        return all(known(item) for item in value)
    return not (isinstance(value, str) and value in UNKNOWNS)
