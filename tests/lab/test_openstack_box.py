"""A whole OpenStack of the box: it comes up, does what clouds do, survives restarts and crashes, and leaves nothing."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from isthmus.errors import Refused
from isthmus.progress import Quiet
from lab.openstack.cloud import OpenStackCloud
from lab.openstack.spec import CloudSpec, HostSpec, PciSpec, VolumeBackendSpec

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

H100 = PciSpec("10de", "2330", 4)
SPEC = CloudSpec(
    name="test",
    region="test-region",
    hosts=(
        HostSpec("east-cpu-1", "east", vcpus=192, memory_mb=1_536_000, disk_gb=7000),
        HostSpec("west-cpu-1", "west", vcpus=8, memory_mb=16_384, disk_gb=100),
        HostSpec(
            "west-gpu-1",
            "west",
            vcpus=128,
            memory_mb=1_024_000,
            disk_gb=7000,
            resource_classes={"CUSTOM_GPU_H100": 4, "VGPU": 8},
            traits=("CUSTOM_GPU_NVIDIA_H100",),
            pci=(H100,),
        ),
    ),
    physical_networks={"physnet1": (100, 199)},
    pci_aliases={"h100": ("10de", "2330")},
    volume_backends=(VolumeBackendSpec("east-store", "east", 1000), VolumeBackendSpec("west-store", "west", 1000)),
)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenStackCloud]:
    """A cloud with three hosts, up."""
    made = OpenStackCloud(tmp_path_factory.mktemp("box") / "cloud", SPEC)
    try:
        made.up(Quiet())
        yield made
    finally:
        made.wipe()


@pytest.fixture(scope="module")
def admin(cloud: OpenStackCloud) -> Any:
    """The administrator's connection."""
    return connect(cloud)


@pytest.fixture(scope="module")
def zones(admin: Any) -> None:
    """An availability zone for east and one for west."""
    for name in ("east", "west"):
        aggregate = admin.compute.create_aggregate(name=name, availability_zone=name)
        for host in SPEC.hosts:
            if host.zone == name:
                admin.compute.add_host_to_aggregate(aggregate, host.name)


@pytest.fixture(scope="module")
def network(admin: Any) -> Any:
    """A provider network on a VLAN of its own."""
    made = admin.network.create_network(
        name="segment",
        provider_network_type="vlan",
        provider_physical_network="physnet1",
        provider_segmentation_id=142,
    )
    admin.network.create_subnet(network_id=made.id, ip_version=4, cidr="192.0.2.0/24", name="segment")
    return made


@pytest.fixture(scope="module")
def image(admin: Any) -> Any:
    return admin.create_image("image", data=b"\0" * 4096, disk_format="raw", container_format="bare", wait=True)


def connect(cloud: OpenStackCloud) -> Any:
    import openstack

    entry = cloud.clouds_yaml_entry()
    return openstack.connect(**entry, load_yaml_config=False, load_envvars=False, app_name="isthmus-tests")


def boot(admin: Any, name: str, flavor: dict[str, Any], zone: str, network: Any, image: Any) -> Any:
    """A server of a flavor of its own, once it is ACTIVE or ERROR."""
    extra = flavor.pop("extra", {})
    made = admin.compute.create_flavor(name=name, disk=10, **flavor)
    if extra:
        admin.compute.create_flavor_extra_specs(made, extra)
    server = admin.compute.create_server(
        name=name, flavor_id=made.id, image_id=image.id, networks=[{"uuid": network.id}], availability_zone=zone
    )
    deadline = time.monotonic() + 60
    while server.status not in ("ACTIVE", "ERROR") and time.monotonic() < deadline:
        time.sleep(0.3)
        server = admin.compute.get_server(server.id)
    return server


def test_a_server_comes_up_in_its_zone(admin: Any, zones: None, network: Any, image: Any) -> None:
    server = boot(admin, "fat", {"vcpus": 192, "ram": 1_000_000}, "east", network, image)
    assert (server.status, server.hypervisor_hostname, server.availability_zone) == ("ACTIVE", "east-cpu-1", "east")
    port = next(iter(admin.network.ports(device_id=server.id)))
    assert port.status == "ACTIVE"


@pytest.mark.parametrize(
    "extra",
    [
        {"pci_passthrough:alias": "h100:1"},
        {"resources:CUSTOM_GPU_H100": "1", "trait:CUSTOM_GPU_NVIDIA_H100": "required"},
        {"resources:VGPU": "1"},
    ],
    ids=["pci-alias", "resource-class", "vgpu"],
)
def test_gpus_are_found_where_they_are(
    admin: Any, zones: None, network: Any, image: Any, extra: dict[str, str], request: pytest.FixtureRequest
) -> None:
    name = f"gpu-{request.node.callspec.id}"
    server = boot(admin, name, {"vcpus": 2, "ram": 4096, "extra": extra}, "west", network, image)
    assert (server.status, server.hypervisor_hostname) == ("ACTIVE", "west-gpu-1")


def test_more_cores_than_the_zone_has_are_refused(admin: Any, zones: None, network: Any, image: Any) -> None:
    server = boot(admin, "over", {"vcpus": 129, "ram": 4096}, "west", network, image)
    assert server.status == "ERROR"
    assert "No valid host" in server.fault["message"]


def test_volumes_land_in_their_zone(admin: Any) -> None:
    for zone in ("east", "west"):
        made = admin.block_storage.create_volume(name=f"volume-{zone}", size=1, availability_zone=zone)
        volume = admin.block_storage.wait_for_status(made, status="available", failures=["error"], wait=60)
        assert volume.host.startswith(f"test-control@{zone}-store")
    kind = admin.block_storage.create_type(name="west", extra_specs={"volume_backend_name": "west-store"})
    made = admin.block_storage.create_volume(name="typed", size=1, volume_type=kind.name, availability_zone="west")
    volume = admin.block_storage.wait_for_status(made, status="available", failures=["error"], wait=60)
    assert volume.host.startswith("test-control@west-store")


def test_every_service_reports_for_itself(admin: Any) -> None:
    begun = {found.host: found.updated_at for found in admin.block_storage.services()}
    deadline = time.monotonic() + 40
    now = begun
    while any(now[host] == begun[host] for host in begun) and time.monotonic() < deadline:
        time.sleep(1)
        now = {found.host: found.updated_at for found in admin.block_storage.services()}
    assert [host for host in begun if now[host] == begun[host]] == []
    zones = {found.host: (found.availability_zone, found.state) for found in admin.block_storage.services()}
    assert zones == {
        "test-control": ("nova", "up"),
        "test-control@east-store": ("east", "up"),
        "test-control@west-store": ("west", "up"),
    }
    hosts = {found.host: found.state for found in admin.compute.services(binary="nova-compute")}
    assert hosts == dict.fromkeys((host.name for host in SPEC.hosts), "up")


def test_a_zone_without_storage_is_refused(admin: Any) -> None:
    from openstack.exceptions import BadRequestException

    with pytest.raises(BadRequestException, match="nowhere"):
        admin.block_storage.create_volume(size=1, availability_zone="nowhere")


def test_application_credentials_work(cloud: OpenStackCloud, admin: Any) -> None:
    import openstack

    made = admin.identity.create_application_credential(admin.current_user_id, "ci", roles=[{"name": "member"}])
    other = openstack.connect(
        auth_type="v3applicationcredential",
        auth={
            "auth_url": cloud.clouds_yaml_entry()["auth"]["auth_url"],
            "application_credential_id": made.id,
            "application_credential_secret": made.secret,
        },
        region_name=SPEC.region,
        load_yaml_config=False,
        load_envvars=False,
    )
    assert list(other.network.networks()) is not None


def test_quotas_hold_everywhere(admin: Any) -> None:
    project = admin.identity.create_project(name="tenant", domain_id="default")
    admin.set_compute_quotas(project.id, cores=400, ram=800_000)
    admin.set_network_quotas(project.id, port=77)
    admin.set_volume_quotas(project.id, gigabytes=5000)
    assert admin.get_compute_quotas(project.id).cores == 400
    assert admin.network.get_quota(project.id).ports == 77
    assert admin.get_volume_quotas(project.id).gigabytes == 5000


def test_networks_have_what_sites_need(admin: Any, network: Any) -> None:
    policy = admin.network.create_qos_policy(name="limit")
    admin.network.create_qos_bandwidth_limit_rule(policy, max_kbps=100_000)
    group = admin.network.create_security_group(name="group")
    admin.network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", protocol="tcp", port_range_min=22, port_range_max=22
    )
    outside = admin.network.create_network(
        name="outside", is_router_external=True, provider_network_type="flat", provider_physical_network="public"
    )
    admin.network.create_subnet(network_id=outside.id, ip_version=4, cidr="198.51.100.0/24", enable_dhcp=False)
    router = admin.network.create_router(name="way-out", external_gateway_info={"network_id": outside.id})
    subnet = next(iter(admin.network.subnets(network_id=network.id)))
    admin.network.add_interface_to_router(router, subnet=subnet.id)
    port = admin.network.create_port(
        network_id=network.id, qos_policy_id=policy.id, is_port_security_enabled=True, security_group_ids=[group.id]
    )
    assert port.qos_policy_id == policy.id
    assert admin.network.get_router(router.id).status == "ACTIVE"


def test_secrets_are_their_owners_alone(cloud: OpenStackCloud) -> None:
    password = cloud.clouds_yaml_entry()["auth"]["password"]
    assert len(password) >= 24
    assert cloud.folder.stat().st_mode & 0o077 == 0
    for path in [*cloud.folder.glob("etc/*.conf"), *cloud.folder.glob("keys/*/*"), cloud.folder / "passwords.json"]:
        assert path.stat().st_mode & 0o077 == 0, path
    for part in cloud.status():
        assert password not in Path(f"/proc/{part.pid}/cmdline").read_text()
        assert password not in part.log.read_text()


def test_a_crash_is_seen_and_healed(cloud: OpenStackCloud, admin: Any) -> None:
    before = {part.name: part for part in cloud.status()}
    victim = before["placement"].pid
    assert victim
    os.kill(victim, signal.SIGKILL)
    wait_until_gone(victim)
    assert {part.name: part.state for part in cloud.status()}["placement"] == "crashed"
    cloud.up(Quiet())
    after = {part.name: part for part in cloud.status()}
    assert all(part.state == "running" for part in after.values())
    assert after["placement"].pid != victim
    assert after["keystone"].pid == before["keystone"].pid


def test_the_database_server_is_healed_too(cloud: OpenStackCloud, admin: Any) -> None:
    server = cloud.status()[0]
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    wait_until_gone(server.pid)
    assert cloud.status()[0].state == "crashed"
    cloud.up(Quiet())
    assert [network.name for network in connect(cloud).network.networks(name="segment")] == ["segment"]


def test_a_service_can_be_taken_away_and_given_back(cloud: OpenStackCloud) -> None:
    cloud.stop_service("glance")
    assert {part.name: part.state for part in cloud.status()}["glance"] == "stopped"
    with pytest.raises(Exception, match="image service"):
        list(connect(cloud).image.images())
    cloud.start_service("glance")
    assert [image.name for image in connect(cloud).image.images()] == ["image"]


def test_a_new_host_joins_and_leaves(cloud: OpenStackCloud) -> None:
    grown = replace(SPEC, hosts=(*SPEC.hosts, HostSpec("east-cpu-2", "east")))
    OpenStackCloud(cloud.folder, grown).up(Quiet())
    hypervisors = {found.name for found in connect(cloud).compute.hypervisors()}
    assert hypervisors == {host.name for host in grown.hosts}
    services = {found.host: found.state for found in connect(cloud).compute.services(binary="nova-compute")}
    assert services["east-cpu-2"] == "up"
    cloud.up(Quiet())
    assert {found.name for found in connect(cloud).compute.hypervisors()} == {host.name for host in SPEC.hosts}


def test_a_host_with_servers_is_not_given_up(cloud: OpenStackCloud) -> None:
    shrunk = replace(SPEC, hosts=SPEC.hosts[1:])
    with pytest.raises(Refused, match="east-cpu-1"):
        OpenStackCloud(cloud.folder, shrunk).up(Quiet())
    cloud.up(Quiet())


def test_a_restart_keeps_everything_and_down_leaves_nothing(cloud: OpenStackCloud) -> None:
    names = {part.name: part.pid for part in cloud.status()}
    before = listing(connect(cloud))
    cloud.down()
    assert {part.state for part in cloud.status()} == {"stopped"}
    for pid in names.values():
        assert pid
        assert not Path(f"/proc/{pid}").exists()
    assert processes_of(cloud.folder) == []
    cloud.up(Quiet())
    assert listing(connect(cloud)) == before
    assert before["servers"]["fat"] == "ACTIVE"


def listing(admin: Any) -> dict[str, dict[str, str]]:
    return {
        "servers": {found.name: found.status for found in admin.compute.servers()},
        "networks": {found.name: found.id for found in admin.network.networks()},
        "volumes": {found.name: found.status for found in admin.block_storage.volumes()},
        "aggregates": {found.name: str(sorted(found.hosts)) for found in admin.compute.aggregates()},
        "images": {found.name: found.status for found in admin.image.images()},
    }


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.05)


def processes_of(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if process.name.isdigit() and str(folder) in command:
                found.append(command)
    return found
