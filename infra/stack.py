"""The Pulumi program: the stack's name decides which desired state becomes resources."""

import os
import signal
import sys
from pathlib import Path

import pulumi

from isthmus.defaults import default_federation
from isthmus.errors import BadInput, IsthmusError


def run() -> None:
    """Declare the current stack's resources.

    The federation's folder is the stack setting `isthmus:federation`, else
    the default of every verb (`isthmus.defaults`); relative to the project's root.
    A failure that a user can meet ends the program with its words alone.
    """
    # When a resource fails, the engine interrupts the program; that is no news to anybody.
    signal.signal(signal.SIGINT, lambda number, frame: sys.exit(1))
    try:
        declare(pulumi.get_stack(), _federation_folder(), _access_folder())
    except IsthmusError as problem:
        raise pulumi.RunError(words(problem)) from None


def declare(stack: str, federation_folder: Path, access_folder: Path) -> None:
    """Make the resources of `stack`, which is NAME or FEDERATION.NAME. Numbers are never allocated here."""
    from infra.login import Surroundings
    from infra.options import adopt, read_imports
    from infra.record import Made, Record
    from isthmus.derive.cloud import CloudStack
    from isthmus.derive.site import derive_stack
    from isthmus.resolve import load_resolved

    resolved = load_resolved(federation_folder)
    desired = derive_stack(resolved, own_name(stack, resolved.federation.name))
    around = Surroundings(federation_folder, access_folder)
    made = Made()
    pulumi.runtime.register_stack_transformation(made.note)
    pulumi.runtime.register_stack_transformation(adopt(read_imports()))
    if isinstance(desired, CloudStack):
        from infra.cloud import CloudArgs, CloudComponent, outputs_of_cloud

        outputs_of_cloud(CloudComponent(desired.cloud.name, CloudArgs(desired, around)))
    else:
        from infra.site import SiteArgs, SiteComponent, outputs_of_site

        cloud = resolved.federation.cloud_by_site[desired.name]
        outputs_of_site(SiteComponent(desired.name, SiteArgs(desired, cloud, around, stack)))
    Record(desired.things(), tuple(made.resources))


def own_name(stack: str, federation: str) -> str:
    """`bari` from `bari` or `itineris.bari`. Raises BadInput where the stack is another federation's."""
    before, dot, name = stack.rpartition(".")
    if dot and before != federation:
        raise BadInput(
            f"stack '{stack}' belongs to federation '{before}', and the folder holds '{federation}'",
            next_step="set ISTHMUS_FEDERATION to that federation's folder",
        )
    return name


def words(problem: IsthmusError) -> str:
    """What a user reads: the error, and every finding where there are some."""
    findings = problem.findings if isinstance(problem, BadInput) else ()
    return "\n".join((*(str(f) for f in findings), str(problem)))


def project_root() -> Path:
    """The nearest folder upwards that holds a Pulumi.yaml; the engine starts programs in `main`, not there."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file()), here)


def _federation_folder() -> Path:
    root = project_root()
    chosen = pulumi.Config("isthmus").get("federation") or default_federation(root)
    return (root / chosen).resolve()


def _access_folder() -> Path:
    chosen = os.environ.get("ISTHMUS_ACCESS")
    if not chosen:
        raise BadInput(
            "the program does not know how to reach the clouds and clusters",
            why="ISTHMUS_ACCESS is not set",
            next_step='run `isthmus up SITE`, or ready this shell: eval "$(isthmus engine env)"',
        )
    return (project_root() / chosen).resolve()
