"""What runs do with a stack's state: an engine of our own making keeps it, and drops pending operations as Pulumi."""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from test_run_lookups import Listings

from isthmus.derive.cloud import CloudStack
from isthmus.derive.site import SiteStack
from isthmus.errors import Refused
from isthmus.progress import Quiet
from isthmus.run import adopt, checkpoint, down, locks, stack
from isthmus.run.finders import Search
from isthmus.run.journal import Journal
from isthmus.run.pulumi import Outcome, Pulumi
from isthmus.run.stack import Brought, How
from isthmus.run.world import World, _prune

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


BIOLOGY = row("project-biology", "openstack:identity/project:Project", id="p1")
SERVER = "openstack:compute/instance:Instance"


def two_stacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bari: dict[str, Any], server: dict[str, Any]
) -> tuple[World, list[str]]:
    """A cloud with a project and a site, a server in the project, and the names of the stacks that are taken down."""
    monkeypatch.setenv("ISTHMUS_STATE", str(tmp_path))
    engine = Engine({"cloud-bench": document(BIOLOGY), "bari": bari})
    made = world(engine, servers=[server | {"tenant_id": "p1", "OS-EXT-AZ:availability_zone": "nova"}])
    desired = {"bari": SiteStack("bari", "cloud-bench", None, (), ()), "cloud-bench": object.__new__(CloudStack)}
    vars(made).update(
        resolved=SimpleNamespace(federation=SimpleNamespace(name="perugia")),
        access=SimpleNamespace(words=lambda: "the box"),
        folder=tmp_path,
        desired=desired.__getitem__,
    )
    gone: list[str] = []

    def in_order(world: World, stacks: Sequence[str], *more: object, **options: object) -> tuple[Brought, ...]:
        gone.extend(stacks)
        return ()

    monkeypatch.setattr(down, "in_order", in_order)
    return made, gone


def test_no_site_goes_where_its_clouds_guard_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, gone = two_stacks(tmp_path, monkeypatch, document(), {"id": "s", "name": "work"})
    site, cloud = down.down(made, ("bari", "cloud-bench"), How(), Quiet())
    assert not gone
    assert cloud.error and "cloud-bench is in use: 1 server" in cloud.error.what
    assert site.error and "bari was not begun" in site.error.what and "cloud-bench" in site.error.why


@pytest.mark.parametrize(
    "bari",
    [
        document(row("smoke", SERVER, id="s")),
        document(pending=[row("smoke", SERVER, inputs={"name": "smoke-bari"})]),
    ],
    ids=["made", "cut"],
)
def test_what_the_sites_made_in_the_cloud_goes_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bari: dict[str, Any]
) -> None:
    made, gone = two_stacks(tmp_path, monkeypatch, bari, {"id": "s", "name": "smoke-bari"})
    assert down.down(made, ("bari", "cloud-bench"), How(), Quiet()) == ()
    assert gone == ["bari", "cloud-bench"]


def test_a_cloud_stays_while_a_site_that_the_model_forgot_stands_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = SimpleNamespace(name="bench", sites=("bari",), platform="openstack")
    engine = Engine({"bari": document(), "cloud-bench": document(BIOLOGY), "lecce": document(row("public"))})
    made = world(engine)
    shared = SimpleNamespace(clouds=(cloud,))
    vars(made)["resolved"] = SimpleNamespace(federation=SimpleNamespace(sites={"bari": None}, shared=shared))
    monkeypatch.setattr(down, "stacks_for", lambda resolved, sites: ("cloud-bench", "bari"))
    assert down.stacks_down(made, ("bari",), with_cloud=False) == ("bari",)
    with pytest.raises(Refused, match="may still carry lecce"):
        down.stacks_down(made, ("bari",), with_cloud=True)
    engine.states["lecce"] = document()
    assert down.stacks_down(made, ("bari",), with_cloud=True) == ("bari", "cloud-bench")


def test_a_run_that_waited_for_a_lock_still_gives_out_new_passwords() -> None:
    plain, told = Engine({}), Engine({}, Outcome(True, Path()))
    made = world(plain)
    vars(made)["access"] = SimpleNamespace(backend_url="s3://states")
    locked = Outcome(False, Path(), words=locks.MARK)
    assert stack._once_more(made, cast(Pulumi, told), "bari", How(), locked, quiet).ok
    assert (plain.called, told.called) == ([], ["up bari"])


def test_logs_that_another_run_tidied_away_meanwhile_are_no_surprise(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.log").touch()
    (tmp_path / "gone.log").symlink_to(tmp_path / "nowhere")
    _prune(tmp_path, kept=1)
    assert len([path for path in tmp_path.glob("*.log") if path.exists()]) == 1
