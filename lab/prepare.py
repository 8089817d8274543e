"""Every part that the box and its tests need, built or installed once per machine."""

from concurrent.futures import ThreadPoolExecutor

from isthmus.engine.environment import engine
from isthmus.progress import Reporter
from lab.kubernetes.binaries import CONTROL_PLANE, ETCD, HELM
from lab.openstack.cloud import prepare as prepare_openstack


def prepare(reporter: Reporter) -> None:
    """Two lanes: what compiles, one after the other, and what installs. Nothing to do takes no time.

    Raises Unavailable for the first part that cannot be had.
    """

    def compile_all() -> None:
        engine(reporter)
        for part in (ETCD, CONTROL_PLANE, HELM):
            part.make(reporter)

    with ThreadPoolExecutor(max_workers=2) as lanes:
        runs = [lanes.submit(compile_all), lanes.submit(prepare_openstack, reporter)]
    for run in runs:
        run.result()
