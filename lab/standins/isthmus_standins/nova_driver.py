# mypy: disable-error-code="import-not-found, unused-ignore, import-untyped"
"""Stand-in for a hypervisor: Nova's own fake driver, with each host's inventory from a file.

Node ids are stable and servers survive a restart: after it, the driver
adopts what the database says runs on its host.
"""

import json
import os
import uuid
from pathlib import Path
from typing import Any

from nova.compute import power_state
from nova.virt import fake

HOSTS_FILE = "ISTHMUS_HOSTS"
"""Environment variable with the path of the hosts' file: host name to the fields of lab.openstack.spec.HostSpec."""


class SiteDriver(fake.FakeDriver):  # type: ignore[misc]
    """One compute host of the box."""

    def init_host(self, host: str) -> None:
        self._spec = json.loads(Path(os.environ[HOSTS_FILE]).read_text())[host]
        self.vcpus = self._spec["vcpus"]
        self.memory_mb = self._spec["memory_mb"]
        self.local_gb = self._spec["disk_gb"]
        self.resources = fake.Resources(vcpus=self.vcpus, memory_mb=self.memory_mb, local_gb=self.local_gb)
        super().init_host(host)

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        resource: dict[str, Any] = super().get_available_resource(nodename)
        if resource:
            resource["uuid"] = _node_id(nodename)
            resource["pci_passthrough_devices"] = json.dumps(_devices(self._spec["pci"]))
        return resource

    def get_nodenames_by_uuid(self, refresh: bool = False) -> dict[str, str]:
        return {_node_id(name): name for name in self.get_available_nodes()}

    def update_provider_tree(self, provider_tree: Any, nodename: str, allocations: Any = None) -> None:
        super().update_provider_tree(provider_tree, nodename, allocations)
        inventory = dict(provider_tree.data(nodename).inventory)
        for resource_class, total in self._spec["resource_classes"].items():
            inventory[resource_class] = {
                "total": total,
                "min_unit": 1,
                "max_unit": total,
                "step_size": 1,
                "allocation_ratio": 1.0,
                "reserved": 0,
            }
        provider_tree.update_inventory(nodename, inventory)
        provider_tree.add_traits(nodename, *self._spec["traits"])

    def get_info(self, instance: Any, use_cache: bool = True) -> Any:
        # Only servers past their build: one that is being built must not look as if it ran already.
        if instance.launched_at and instance.host == self._host and not instance.deleted:
            self._adopt(instance)
        return super().get_info(instance, use_cache)

    def power_on(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> Any:
        self._adopt(instance)
        return super().power_on(context, instance, *args, **kwargs)

    def power_off(self, instance: Any, *args: Any, **kwargs: Any) -> Any:
        self._adopt(instance)
        return super().power_off(instance, *args, **kwargs)

    def _adopt(self, instance: Any) -> None:
        if instance.uuid in self.instances:
            return
        state = instance.power_state
        if state in (None, power_state.NOSTATE):
            state = power_state.RUNNING
        self.instances[instance.uuid] = fake.FakeInstance(instance.name, state, instance.uuid)


def _node_id(node: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, node))


def _devices(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """PCI devices as a hypervisor lists them, at addresses that stay."""
    return [
        {
            "address": f"0000:{0x80 + index:02x}:{number:02x}.0",
            "vendor_id": group["vendor_id"],
            "product_id": group["product_id"],
            "status": "available",
            "dev_type": "type-PCI",
            "parent_addr": None,
            "numa_node": None,
            "dev_id": f"pci_{index}_{number}",
            "label": f"label_{group['vendor_id']}_{group['product_id']}",
        }
        for index, group in enumerate(groups)
        for number in range(group["count"])
    ]
