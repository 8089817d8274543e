"""Texts as engines and providers wrote them, and the sentences they become."""

from pathlib import Path

import pytest

from isthmus.errors import Busy, IsthmusError, Refused, Unavailable
from isthmus.run import faults
from isthmus.run.events import Trouble
from isthmus.run.pulumi import Outcome

BRIDGE = "sdk-v2/provider2.go:571: sdk.helper_schema: "
KEYSTONE_GONE = (
    f'{BRIDGE}Error creating OpenStack networking client: Post "http://127.0.0.1:35041/v3/auth/tokens": OpenStack '
    "connection error, retries exhausted. Aborting. Last error was: dial tcp 127.0.0.1:35041: connect: connection "
    "refused: provider=openstack@5.5.3"
)
ZONE = (
    f"{BRIDGE}error adding host to aggregate: Expected HTTP response code [200] when accessing "
    '[POST http://127.0.0.1:20555/v2.1/os-aggregates/9/action], but got 409 instead: {"conflictingRequest": {"code": '
    '409, "message": "Cannot add host to aggregate 9. Reason: One or more hosts already in availability zone(s) '
    "['north'].\"}}: provider=openstack@5.5.3"
)
PROTECTED = (
    'resource "urn:pulumi:south::isthmus::openstack:blockstorage/volumeTypeV3:VolumeTypeV3::volume-type" cannot be '
    "deleted\nbecause it is protected. To unprotect the resource, either remove the `protect` flag"
)
QUOTA = (
    "Error creating openstack_networking_network_v2: Expected HTTP response code [201 202] when accessing [POST "
    'http://127.0.0.1:21/v2.0/networks], but got 409 instead: {"NeutronError": {"type": "OverQuota", "message": '
    '"Quota exceeded for resources: [\'network\'].", "detail": ""}}'
)
OWN = (
    "error: Program failed with an unhandled exception:\nthere is no way to reach cluster k8s\n"
    "    because /a/kubeconfig/k8s.yaml: No such file or directory\n    next: put the cluster's kubeconfig there"
)
CASES: list[tuple[str, type[IsthmusError], str, str]] = [
    (KEYSTONE_GONE, Unavailable, "a control plane went away while bari", "run it again"),
    (ZONE, Refused, "zone could not take a host: nova keeps it in the zone it is in", "move or delete the servers"),
    (PROTECTED, Refused, "zone holds data and is protected", "isthmus down"),
    (QUOTA, Refused, "zone is over quota of 'network'", "quota table"),
    ("error: incorrect passphrase", Refused, "the passphrase does not open", "adopt --lost-state"),
    ("error: the stack is currently locked by 1 lock(s).", Busy, "stack bari is being changed", "--wait"),
    ("write /state/bari.json: no space left on device", Unavailable, "the disk is full", "free some space"),
    ("error: no resource plugin 'pulumi-resource-openstack' found", Unavailable, "plugin is missing", "engine install"),
    (
        f"{BRIDGE}No valid host was found. There are not enough hosts available.",
        Refused,
        "no host of the cloud",
        "room",
    ),
    ('Post "https://k:5000": x509: certificate signed by unknown authority', Unavailable, "not trusted", "ca_bundle"),
    ("proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused", Unavailable, "proxy", "identity.proxy"),
    ("Expected HTTP response code [200], but got 401 instead", Refused, "refuses the credentials", "clouds.yaml"),
    ("Expected HTTP response code [200], but got 403 instead", Refused, "may not do this: zone", "admin role"),
    ("Expected HTTP response code [201], but got 503 instead", Unavailable, "a control plane failed on zone", "again"),
    ("timeout while waiting for state to become 'ACTIVE'", Unavailable, "zone was not ready in time", "run it again"),
    ("Flavor with name fat already exists. but got 409 instead", Refused, "zone is there already", "isthmus adopt"),
    ("Network 42 could not be found. but got 404 instead", Unavailable, "zone needs has vanished", "--refresh"),
    ("pods is forbidden: exceeded quota: tenant-quota, requested: cpu=9", Refused, "over quota of tenant-quota", "row"),
    (OWN, Unavailable, "there is no way to reach cluster k8s", "kubeconfig there"),
]


@pytest.mark.parametrize(("text", "kind", "what", "step"), CASES, ids=[c[2][:30] for c in CASES])
def test_a_known_text_becomes_a_sentence(text: str, kind: type[IsthmusError], what: str, step: str) -> None:
    error = faults.sentence(text, stack="bari", resource="zone", log="/log")
    assert type(error) is kind, error
    assert what in error.what, error
    assert step in error.next_step, error
    assert error.why
    assert "\n" not in error.what + error.why


def test_an_unknown_text_is_quoted_with_the_path_of_the_log() -> None:
    error = faults.sentence("error: the flux capacitor is empty\n  more", stack="bari", resource="", log="/log")
    assert (error.why, error.next_step) == ("the flux capacitor is empty", "read /log, then run it again")


def test_a_program_that_broke_is_told_by_its_last_line() -> None:
    text = "error: Program failed with an unhandled exception:\nTraceback:\nNameError: name 'Z' is not defined"
    error = faults.sentence(text, stack="bari", resource="", log="/log")
    assert "NameError: name 'Z' is not defined" in error.why


def test_of_several_troubles_the_one_with_a_known_cause_speaks_and_the_others_are_counted() -> None:
    troubles = (Trouble("u::a", "odd"), Trouble("u::zone", ZONE), Trouble("u::b", "odder"))
    error = faults.explain("bari", Outcome(ok=False, log=Path("/log"), troubles=troubles))
    assert error.what.startswith("zone could not take a host")
    assert "One or more hosts already in availability zone(s) ['north']" in error.why
    assert "2 other resources failed too: /log" in error.why
