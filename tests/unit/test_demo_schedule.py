"""A stack comes up when its own parts are there, not before, and not later because of others."""

from pathlib import Path

import pytest

from isthmus.demo.bring import Stoppable
from isthmus.demo.schedule import ENGINE, Schedule, needs
from isthmus.errors import Unavailable
from isthmus.progress import Quiet, task
from isthmus.resolve import load_resolved

SITES = Path(__file__).parents[2] / "sites"


def test_needs_are_the_engine_the_cloud_its_stack_and_the_sites_clusters():
    itineris = needs(load_resolved(SITES / "itineris"))
    assert itineris["cloud-infn"] == {ENGINE, "cloud infn"}
    assert itineris["bari"] == {ENGINE, "cloud infn", "stack cloud-infn", "cluster k8s-bari"}
    assert itineris["regional-1"] == {ENGINE, "cloud regional-1", "stack cloud-regional-1"}
    assert needs(load_resolved(SITES / "cloudskin"))["murcia"] == {ENGINE, "cluster k8s-murcia"}


def test_each_stack_starts_once_and_only_when_whole():
    schedule = Schedule({"a": frozenset({"x"}), "b": frozenset({"x", "y"}), "c": frozenset({"z"})})
    assert schedule.ready("x") == ("a",)
    assert schedule.ready("x") == ()
    assert schedule.ready("y") == ("b",)
    assert schedule.left() == {"c": frozenset({"z"})}


def test_a_stopped_demo_ends_at_the_next_thing_it_has_to_say():
    reporter = Stoppable(Quiet())
    with task(reporter, "openstack infn") as job:
        job.say("waiting for nova since 5 s")
    reporter.stopped = True
    with pytest.raises(Unavailable, match="run it again"), task(reporter, "openstack infn"):
        pytest.fail("it went on")
