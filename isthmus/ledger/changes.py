"""What differs between two ledgers, for people and programs."""

from dataclasses import dataclass

from isthmus.ledger.entries import SHARED, Ledger


@dataclass(frozen=True, order=True)
class Change:
    """One number's step: `action` is given, moved, retired, released, dropped or approved."""

    owner: str
    path: str
    action: str
    before: str
    after: str

    def as_json(self) -> dict[str, str]:
        return dict(vars(self))

    def __str__(self) -> str:
        match self.action:
            case "moved":
                return f"{self.path:<24} {self.before} -> {self.after}"
            case "given" | "approved":
                return f"{self.path:<24} {self.after}"
        return f"{self.path:<24} {self.before}"


def changes_between(before: Ledger, after: Ledger) -> list[Change]:
    """Every step from `before` to `after`, sorted by owner and path."""
    old = {(owner, path): str(value) for owner, path, value in before.values()}
    new = {(owner, path): str(value) for owner, path, value in after.values()}
    found = [Change(*key, "given", "", text) for key, text in new.items() if key not in old]
    found += [Change(*k, "moved", old[k], text) for k, text in new.items() if k in old and old[k] != text]
    kept = {(owner, path, str(value)) for owner, path, value in after.retired_values()}
    for (owner, path), text in old.items():
        if (owner, path) not in new:
            action = "retired" if (owner, path, text) in kept else "dropped"
            found.append(Change(owner, path, action, text, ""))
    for owner, path, value in before.retired_values():
        if (owner, path, str(value)) not in kept:
            found.append(Change(owner, path, "released", str(value), ""))
    approved = _approvals(before)
    for (owner, path), text in _approvals(after).items():
        if approved.get((owner, path)) != text:
            found.append(Change(owner, path, "approved", "", text))
    return sorted(found)


def _approvals(ledger: Ledger) -> dict[tuple[str, str], str]:
    found = {(SHARED, path): text for path, text in ledger.approved.items()}
    for name, entry in ledger.sites.items():
        found |= {(name, path): text for path, text in entry.approved.items()}
    return found
