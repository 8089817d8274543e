# mypy: disable-error-code="import-not-found, unused-ignore, import-untyped"
"""serve.py SERVICE ETC PORT WAIT_FOR...: one OpenStack project in one process, on native threads.

That is its API and, for Nova and Cinder, all their other services beside it,
which talk to each other through memory. It listens on loopback only, and
first waits until the addresses WAIT_FOR answer.
"""

import importlib
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
THREADS = 8
PATIENCE_S = 300

# What takes long to import and reads no configuration meanwhile.
HEAVY = {
    "keystone": ["keystone.server.wsgi"],
    "placement": ["placement.wsgi"],
    "glance": ["glance.common.wsgi_app", "glance.api.v2.router"],
    "neutron": ["neutron.server", "neutron.plugins.ml2.plugin"],
    "cinder": ["cinder.cmd.volume", "cinder.wsgi.wsgi"],
    "nova": [
        "nova.api.openstack.wsgi_app",
        "nova.api.openstack.compute",
        "nova.compute.manager",
        "nova.conductor.manager",
        "nova.scheduler.manager",
        "isthmus_standins.nova_driver",
    ],
}


def prepare(service: str, etc: Path) -> None:
    """Set what the services read from the environment, then import them."""
    for name in ("nova", "cinder", "neutron", "glance", "keystone"):
        os.environ[f"OS_{name.upper()}_DISABLE_EVENTLET_PATCHING"] = "true"
        os.environ[f"OS_{name.upper()}_CONFIG_DIR"] = str(etc)
    os.environ["OS_PLACEMENT_CONFIG_DIR"] = str(etc)
    os.environ["OS_NEUTRON_CONFIG_FILES"] = "neutron.conf"
    os.environ["ISTHMUS_HOSTS"] = str(etc / "hosts.json")
    sys.argv = [f"{service}-api"]
    if service == "cinder":
        # Cinder alone takes its configuration from the command line.
        sys.argv += ["--config-file", str(etc / "cinder.conf")]
    if service == "nova":
        from nova import monkey_patch

        # First of all: Nova refuses native threads once eventlet has been imported.
        monkey_patch.patch(backend="threading")
    for module in HEAVY[service]:
        importlib.import_module(module)


def wait_for(addresses: list[str]) -> None:
    """Until each answers, with whatever status. Ends the process when they do not."""
    for address in addresses:
        deadline = time.monotonic() + PATIENCE_S
        while not _answers(address):
            if time.monotonic() > deadline:
                raise SystemExit(f"error: {address} did not answer within {PATIENCE_S} s")
            time.sleep(0.2)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=10):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def nova_services(hosts: list[str]) -> list[Any]:
    """Conductor, scheduler and a compute service per host; new hosts are mapped to the cell at once."""
    import nova.conf
    import nova.virt.fake
    import os_brick
    import os_vif
    from isthmus_standins.nova_driver import SiteDriver
    from nova import context, service
    from nova.compute import rpcapi as compute
    from nova.conductor import rpcapi as conductor
    from nova.objects import host_mapping
    from nova.scheduler import rpcapi as scheduler

    settings = nova.conf.CONF
    # Nova loads drivers from its own package only.
    nova.virt.fake.SiteDriver = SiteDriver
    os_brick.setup(settings)
    os_vif.initialize()
    control = settings.host
    started = []
    for binary, topic in (("nova-conductor", conductor.RPC_TOPIC), ("nova-scheduler", scheduler.RPC_TOPIC)):
        started.append(service.Service.create(host=control, binary=binary, topic=topic))
        started[-1].start()
    for host in hosts:
        settings.set_override("host", host)
        topics = {"topic": compute.RPC_TOPIC, "topic_alt": compute.RPC_TOPIC_ALT}
        started.append(service.Service.create(host=host, binary="nova-compute", **topics))
        started[-1].start()
    settings.set_override("host", control)
    host_mapping.discover_hosts(context.get_admin_context())
    return started


def cinder_services() -> list[Any]:
    """Scheduler and a volume service per backend."""
    import os_brick
    from cinder import service
    from cinder.cmd import volume
    from oslo_config import cfg

    one_at_a_time = threading.RLock()

    class OneOfSeveral(service.Service):  # type: ignore[misc]
        """Cinder keeps "the" service's id in the class; with several, each would report in another one's place."""

        def start(self) -> None:
            with one_at_a_time:
                super().start()

        def report_state(self) -> None:
            with one_at_a_time:
                service.Service.service_id = self.origin_service_id
                super().report_state()

    settings = cfg.CONF
    os_brick.setup(settings)
    started = [OneOfSeveral.create(host=settings.host, binary="cinder-scheduler")]
    started[-1].start()
    for backend in settings.enabled_backends or []:
        settings.register_opt(volume.host_opt, group=backend)
        host = f"{settings.host}@{backend}"
        started.append(OneOfSeveral.create(host=host, service_name=backend, binary="cinder-volume", coordination=True))
        started[-1].start()
    return started


def listen(application: Any, port: int) -> None:
    import waitress

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.create_server(
        application,
        host=LOOPBACK,
        port=port,
        threads=THREADS,
        connection_limit=500,
        channel_timeout=120,
        ident=None,
        max_request_body_size=8 << 30,
    ).run()


def serve(service: str, etc: Path, port: int, needs: list[str]) -> None:
    """Runs until it is ended."""
    begun = time.monotonic()
    prepare(service, etc)
    imported = time.monotonic()
    module = "nova.wsgi.osapi_compute" if service == "nova" else f"{service}.wsgi.api"
    application = importlib.import_module(module).application
    wait_for(needs)
    keep = []
    if service == "nova":
        keep = nova_services(list(json.loads((etc / "hosts.json").read_text())))
    elif service == "cinder":
        keep = cinder_services()
    # Nothing here needs a farewell: what matters is in the database.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    ready = time.monotonic()
    print(
        f"{service}: imports {imported - begun:.1f} s, start {ready - imported:.1f} s, {len(keep)} services", flush=True
    )
    listen(application, port)


if __name__ == "__main__":
    try:
        serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    except BaseException as problem:
        traceback.print_exc()
        print(f"error: {problem}", flush=True)
        # Threads that are already at work would keep a half-started process alive.
        os._exit(1)
