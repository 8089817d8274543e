"""What runs do with a stack's state: an engine of our own making keeps it, and drops pending operations as Pulumi."""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from test_run_lookups import Listings

from isthmus.errors import Refused
from isthmus.run import adopt, checkpoint
from isthmus.run.finders import Search
from isthmus.run.journal import Journal
from isthmus.run.pulumi import Outcome
from isthmus.run.world import World

NETWORK = "openstack:networking/network:Network"


def row(name: str, kind: str = NETWORK, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:bari::isthmus::{kind}::{name}"
    return {"urn": urn, "type": kind, "custom": True, "id": f"id-{name}", "inputs": {"name": name}} | more


def document(*rows: dict[str, Any], pending: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    operations = [{"type": "creating", "resource": r} for r in pending]
    return {"version": 3, "deployment": {"resources": list(rows), "pending_operations": operations}}


class Engine:
    """Keeps states by stack. `answers` are the outcomes of its next commands; it says how it was called."""

    def __init__(self, states: Mapping[str, dict[str, Any]], *answers: Outcome) -> None:
        self.states = dict(states)
        self.answers = list(answers)
        self.called: list[str] = []
        self.project = SimpleNamespace(name="isthmus")

    def init(self, stack: str) -> None: ...

    def end_leftovers(self, stack: str) -> None: ...

    def stacks(self) -> tuple[str, ...]:
        return tuple(self.states)

    def export(self, stack: str) -> dict[str, Any]:
        return copy.deepcopy(self.states[stack])

    def put(self, stack: str, given: Mapping[str, Any]) -> None:
        self.called.append(f"put {stack}")
        self.states[stack] = copy.deepcopy(dict(given))
        self.states[stack]["deployment"].pop("pending_operations", None)

    def refresh(self, stack: str, say: object, **more: Any) -> Outcome:
        self.called.append(f"refresh {stack}")
        return self.answers.pop(0)

    def up(self, stack: str, say: object, **more: Any) -> Outcome:
        self.called.append(f"up {stack}")
        return self.answers.pop(0)


def quiet(text: str) -> None: ...


def world(engine: Engine, **rows: list[dict[str, Any]]) -> World:
    found = Search(cast(Any, Listings(**rows)), {})
    made = SimpleNamespace(
        pulumi=engine, search=lambda stack: found, check_same_cloud=lambda stack, state, *, moved: None
    )
    return cast(World, made)


def journal() -> Journal:
    return cast(Journal, SimpleNamespace(keep_state=lambda stack, state: Path()))


def test_a_dry_adoption_does_not_forget_what_an_interrupted_run_was_making() -> None:
    engine = Engine({"bari": document(pending=[row("public")])})
    with pytest.raises(Refused, match="was interrupted") as caught:
        adopt._adopt(world(engine), "bari", adopt.Adopting(dry_run=True), journal(), quiet)
    assert "isthmus up --only bari" in caught.value.next_step
    assert not engine.called and len(checkpoint.pending(engine.export("bari"))) == 1
