# mypy: disable-error-code="import-not-found, unused-ignore, import-untyped"
"""Stand-in for storage: a Cinder volume driver that stores nothing and lets every operation succeed."""

from typing import Any

from cinder import interface
from cinder.volume import driver
from oslo_config import cfg

_OPTIONS = [cfg.IntOpt("standin_capacity_gb", default=100_000, min=1, help="Capacity that the backend reports.")]


@interface.volumedriver  # type: ignore[misc]
class NothingStoredDriver(driver.VolumeDriver):  # type: ignore[misc]
    """Counts capacity truly; the bytes go nowhere."""

    VERSION = "1.0"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(_OPTIONS)

    @staticmethod
    def get_driver_options() -> list[Any]:
        return _OPTIONS

    def do_setup(self, context: Any) -> None:
        pass

    def check_for_setup_error(self) -> None:
        pass

    def get_volume_stats(self, refresh: bool = False) -> dict[str, Any]:
        name = self.configuration.safe_get("volume_backend_name")
        capacity = self.configuration.standin_capacity_gb
        self._stats = {
            "volume_backend_name": name,
            "vendor_name": "isthmus stand-in",
            "driver_version": self.VERSION,
            "storage_protocol": "none",
            "pools": [
                {
                    "pool_name": name,
                    "total_capacity_gb": capacity,
                    "free_capacity_gb": capacity,
                    "reserved_percentage": 0,
                    "QoS_support": False,
                    "multiattach": True,
                    "thin_provisioning_support": True,
                    "max_over_subscription_ratio": self.configuration.max_over_subscription_ratio,
                }
            ],
        }
        return self._stats

    def _nothing(self, *args: Any, **kwargs: Any) -> None:
        return None

    create_volume = delete_volume = extend_volume = _nothing
    create_snapshot = delete_snapshot = _nothing
    create_volume_from_snapshot = create_cloned_volume = _nothing
    ensure_export = create_export = remove_export = _nothing
    create_export_snapshot = remove_export_snapshot = _nothing
    copy_image_to_volume = copy_volume_to_image = _nothing

    def clone_image(self, *args: Any, **kwargs: Any) -> tuple[dict[str, Any], bool]:
        return {}, True

    def initialize_connection(self, volume: Any, connector: Any, **kwargs: Any) -> dict[str, Any]:
        return {
            "driver_volume_type": "fake",
            "data": {"target_lun": 1, "volume_id": volume["id"], "access_mode": "rw"},
        }

    def terminate_connection(self, volume: Any, connector: Any, **kwargs: Any) -> None:
        pass

    def initialize_connection_snapshot(self, snapshot: Any, connector: Any, **kwargs: Any) -> dict[str, Any]:
        return {"driver_volume_type": "fake", "data": {}}

    def terminate_connection_snapshot(self, snapshot: Any, connector: Any, **kwargs: Any) -> None:
        pass
