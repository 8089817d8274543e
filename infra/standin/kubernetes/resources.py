"""Pulumi's verbs over API objects: check, diff, create, read, update, delete, in plain values."""

import os
import threading
from dataclasses import dataclass, field
from typing import Any

from infra.standin.kubernetes import difference, naming, ownership
from infra.standin.kubernetes.connection import ApiError, Connection, explain
from infra.standin.kubernetes.difference import Difference
from infra.standin.kubernetes.objects import Address, NotReady, Objects, read_inputs
from infra.standin.kubernetes.settings import Settings, sentence
from infra.standin.kubernetes.tokens import Kind
from infra.standin.kubernetes.wire import Path, Properties, has_unknown
from isthmus.errors import Refused, Unavailable


@dataclass(frozen=True)
class Verdict:
    """A diff: what differs, and whether a replacement must delete first. Nothing differs: nothing to do."""

    differences: list[Difference] = field(default_factory=list)
    delete_first: bool = False


class Resources:
    """The verbs for every kind that the API server serves."""

    def __init__(self, connection: Connection, settings: Settings, cancelled: threading.Event) -> None:
        self._settings = settings
        self._objects = Objects(connection, settings, cancelled)
        # Objects that this run knows to exist under a URN: making one "again" under
        # the same name is a replacement that has to delete first, not a recovery.
        self._held: dict[str, str] = {}

    def check(self, urn: str, kind: Kind, old: Properties, new: Properties) -> tuple[dict[str, Any], dict[str, str]]:
        """The inputs with name and namespace filled in, and what is wrong with them."""

        def namespace() -> str | None:
            try:
                return self._objects.default_namespace(kind)
            except ApiError as problem:
                raise explain(problem, f"ask the API server about {kind}") from problem

        return naming.complete(urn, kind, old.values, new, namespace)

    def hold(self, urn: str, identity: str) -> None:
        """Remember that the engine knows this object, so that a later create of it is no recovery."""
        self._held[urn] = identity

    def secret_paths(self, kind: Kind, values: dict[str, Any]) -> set[Path]:
        return naming.secret_paths(kind, values)

    def diff(
        self, urn: str, kind: Kind, identity: str, state: dict[str, Any], old: dict[str, Any], new: Properties
    ) -> Verdict:
        """What an update would change, by a dry run where the inputs differ; equal inputs cost no round trip."""
        self.hold(urn, identity)
        written = difference.between(old, new.values)
        if not written:
            return Verdict()
        fixed = difference.fixed_paths(kind, self._settings)
        marked = difference.with_replacements(self._real(written, old, new.values), fixed)
        if not marked:
            return Verdict()
        if not any(entry.replace for entry in marked) and not has_unknown(new.values):
            marked = self._dry_run(urn, kind, identity, state, new.values, marked)
        if not any(entry.replace for entry in marked):
            return Verdict(marked)
        return Verdict(marked, delete_first=self._same_place(urn, kind, identity, new))

    def create(
        self, urn: str, kind: Kind, new: Properties, limit_s: float, preview: bool
    ) -> tuple[str, dict[str, Any]]:
        """Make the object; returns its id and state. Raises Refused if somebody else made it, or NotReady."""
        values = new.values
        if preview and has_unknown(values):
            return "", values
        manager = ownership.manager(urn, {})
        address = self._address(kind, values)
        if preview and os.environ.get(ownership.ADOPTING):
            return address.id, values
        try:
            self._refuse_foreign(urn, address, manager, preview)
            live = self._objects.apply(address, values, manager, dry_run=preview)
        except ApiError as problem:
            if preview and problem.code == 404:
                # Its namespace or its CRD comes in the same run.
                return address.id, values
            raise self._sentence(problem, f"create {address}") from problem
        if not preview:
            live = self._settled(address, values, live, manager, limit_s)
        return address.id, self._objects.remembered(live, manager, kind)

    def read(
        self, urn: str, kind: Kind, identity: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """State and inputs as the live object has them; None if it is gone."""
        address = self._objects.from_id(kind, identity)
        try:
            live = self._objects.get(address)
        except ApiError as problem:
            raise explain(problem, f"read {address}") from problem
        except Unavailable:
            if self._settings.skip_update_unreachable and inputs:
                return state, inputs
            if self._settings.delete_unreachable:
                return None
            raise
        if live is None:
            return None
        manager = ownership.manager(urn, state)
        # What was taken from a state file may hold strings of an older run; the live object wins.
        return self._objects.remembered(live, manager, kind), read_inputs(inputs, state, live)

    def update(
        self,
        urn: str,
        kind: Kind,
        identity: str,
        state: dict[str, Any],
        old: dict[str, Any],
        new: Properties,
        limit_s: float,
        preview: bool,
    ) -> dict[str, Any]:
        """Change the object in place; returns its new state. Raises NotReady."""
        values = new.values
        if preview and has_unknown(values):
            return values
        manager = ownership.manager(urn, state)
        address = self._objects.from_id(kind, identity)
        try:
            live = self._objects.apply(address, values, manager, dry_run=preview)
        except ApiError as problem:
            if preview and problem.code == 404:
                return values
            raise self._sentence(problem, f"update {address}") from problem
        if not preview:
            live = self._settled(address, values, live, manager, limit_s)
        return self._objects.remembered(live, manager, kind)

    def delete(self, urn: str, kind: Kind, identity: str, state: dict[str, Any], limit_s: float) -> None:
        """Delete the object, or, of a ...Patch resource, give its fields up."""
        address = self._objects.from_id(kind, identity)
        try:
            if kind.patch:
                self._objects.release(address, ownership.manager(urn, state))
            else:
                self._objects.delete(address, state, limit_s)
        except Unavailable:
            if not self._settings.delete_unreachable:
                raise
        self._held.pop(urn, None)

    def _real(self, written: list[Difference], old: dict[str, Any], new: dict[str, Any]) -> list[Difference]:
        """Without a namespace that is only now spelled out: a kind that came later had no default at first."""
        path: Path = ("metadata", "namespace")
        was, is_now = old.get("metadata", {}).get("namespace"), new["metadata"].get("namespace")
        if (was or self._settings.namespace) == (is_now or self._settings.namespace):
            return [entry for entry in written if entry.path != path]
        return written

    def _dry_run(
        self,
        urn: str,
        kind: Kind,
        identity: str,
        state: dict[str, Any],
        values: dict[str, Any],
        written: list[Difference],
    ) -> list[Difference]:
        """Those differences that an apply would make real. Conflicts and missing places are told by the update."""
        address = self._objects.from_id(kind, identity)
        manager = ownership.manager(urn, state)
        try:
            live = self._objects.get(address)
            if live is None:
                return written
            would_be = self._objects.apply(address, values, manager, dry_run=True)
        except ApiError as problem:
            refused = difference.refused_paths(problem)
            if refused:
                marked = difference.with_replacements(written, refused)
                return marked if any(entry.replace for entry in marked) else _all_replace(written)
            if problem.code in (400, 401, 403, 422) and not ownership.is_conflict(problem):
                raise explain(problem, f"update {address}") from problem
            return written
        changed = difference.between(difference.stable(live), difference.stable(would_be))
        if changed:
            return difference.that_touch(written, changed) or written
        # Nothing would change: an adopted object keeps what the program does not mention.
        return []

    def _same_place(self, urn: str, kind: Kind, identity: str, new: Properties) -> bool:
        """Whether the replacement would stand where the old object stands."""
        values = new.values
        if has_unknown(values.get("metadata")):
            return False
        address = self._address(kind, values)
        if address.id != identity:
            return False
        secrets = new.secrets | naming.secret_paths(kind, values)
        return not naming.is_autonamed(values) or naming.fresh_name(urn, values, secrets) == address.name

    def _refuse_foreign(self, urn: str, address: Address, manager: str, preview: bool) -> None:
        live = self._objects.get(address)
        if address.kind.patch:
            if live is None and not preview:
                raise Refused(
                    f"cannot patch {address}: there is no such object",
                    next_step="create it first, or correct its name",
                )
            return
        if live is None or self._settings.upsert:
            return
        if not ownership.applied_by(live, manager):
            raise ownership.exists_already(str(address), address.id, live)
        if self._held.get(urn) == address.id and not preview:
            raise Refused(
                f"cannot replace {address} before it is deleted: both would have the same name",
                next_step="set delete_before_replace on the resource, or leave out its name",
            )

    def _settled(
        self, address: Address, values: dict[str, Any], live: dict[str, Any], manager: str, limit_s: float
    ) -> dict[str, Any]:
        try:
            return self._objects.settle(address, values, live, limit_s)
        except NotReady as late:
            late.identity = address.id
            late.state = self._objects.remembered(late.state, manager, address.kind)
            raise
        except ApiError as problem:
            reason = sentence(explain(problem, f"see whether {address} is ready"))
            known = self._objects.remembered(live, manager, address.kind)
            raise NotReady(reason, known, address.id) from problem

    def _address(self, kind: Kind, values: dict[str, Any]) -> Address:
        try:
            return self._objects.address(kind, values)
        except ApiError as problem:
            raise explain(problem, f"ask the API server about {kind}") from problem

    def _sentence(self, problem: ApiError, what: str) -> Exception:
        return ownership.conflict(problem, what) if ownership.is_conflict(problem) else explain(problem, what)


def _all_replace(written: list[Difference]) -> list[Difference]:
    return [Difference(entry.path, entry.change, True) for entry in written]
