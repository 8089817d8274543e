"""How clouds and clusters are reached: one folder per federation, the same for the box and for live sites.

An access folder holds `clouds.yaml` (an entry per cloud, OpenStack's own
format, mode 600) and `kubeconfig/CLUSTER.yaml`. A box adds `box.json`, which
says where its state is kept.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlparse

from isthmus.errors import BadInput, Unavailable
from isthmus.state import box_folder, state_root

if TYPE_CHECKING:
    from isthmus.model.cloud import Cloud

BACKEND, PASSPHRASE, PASSPHRASE_FILE = "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"


@dataclass(frozen=True)
class Access:
    """What a run reaches, and where its state lives.

    `passphrase_file` is None where the passphrase comes by the environment
    (PULUMI_CONFIG_PASSPHRASE) or the institution's own secrets provider.
    `stacks` is the folder of the stacks' settings for runs on the box, so
    that they do not dirty a checkout; None means the project's stackConfigDir.
    """

    kind: Literal["box", "live"]
    federation: str
    folder: Path
    backend_url: str
    passphrase_file: Path | None = None
    stacks: Path | None = None

    @property
    def clouds_file(self) -> Path:
        return self.folder / "clouds.yaml"

    def kubeconfig(self, cluster: str) -> Path:
        return self.folder / "kubeconfig" / f"{cluster}.yaml"

    def environment(self) -> dict[str, str]:
        """What the engine and the Pulumi program read to reach this target. Holds paths, no secrets."""
        env = {"ISTHMUS_ACCESS": str(self.folder), BACKEND: self.backend_url, "ISTHMUS_TARGET": self.kind}
        if self.passphrase_file:
            env[PASSPHRASE_FILE] = str(self.passphrase_file)
        return env

    def words(self, identities: tuple[str, ...] = ()) -> str:
        """The target in words, the first line of every run."""
        if self.kind == "box":
            return "target: the box (stand-ins: fake hypervisors and storage, kwok nodes)"
        where = ", ".join(identities) or str(self.folder)
        return f"target: live, {where}"


def region_and_ca(
    cloud: "Cloud", region: object, cacert: object, access: Path, federation: Path, *, box: bool
) -> tuple[str, Path | None]:
    """A cloud's region and private CA: what its entry in clouds.yaml says (`region_name`, `cacert`), else the model.

    Of the box the model says neither. '' and None where nobody says it.
    """
    identity = None if box else cloud.identity
    own = federation / identity.ca_bundle if identity and identity.ca_bundle else None
    return str(region or (identity.region if identity else "")), access / str(cacert) if cacert else own


def live_folder(federation: str) -> Path:
    """Where an operator keeps the access to the live federation: `~/.config/isthmus/FEDERATION`."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "isthmus" / federation


class NoAccess(Unavailable):
    """No target is set up: no live access, and no box."""


def find_access(federation: str, folder: Path | None = None) -> Access:
    """The access named by `folder` or $ISTHMUS_ACCESS; else the live one if it exists; else the box's.

    Raises NoAccess when there is none, Unavailable when it cannot be read, BadInput when the passphrase of a live
    target is nowhere.
    """
    chosen = folder or (Path(os.environ["ISTHMUS_ACCESS"]) if os.environ.get("ISTHMUS_ACCESS") else None)
    if chosen is not None:
        if not chosen.is_dir():
            raise BadInput(
                f"there is no access folder {chosen}",
                why="--access or ISTHMUS_ACCESS names it",
                next_step="name a folder with clouds.yaml and kubeconfig/CLUSTER.yaml",
            )
        return _at(federation, chosen.resolve())
    live = live_folder(federation)
    if live.is_dir():
        return _at(federation, live)
    box = box_folder(federation) / "access"
    if (box / "box.json").is_file():
        return _at(federation, box)
    raise NoAccess(
        f"there is no access to {federation}",
        why=f"neither {live} nor a box is there",
        next_step=f"isthmus lab up starts a box; for live sites put clouds.yaml and kubeconfig/ into {live}",
    )


def _at(federation: str, folder: Path) -> Access:
    mark = folder / "box.json"
    if not mark.is_file():
        return _live(federation, folder)
    try:
        told = json.loads(mark.read_text())
        backend, passphrase = str(told["backend"]), Path(told["passphrase_file"])
        owner = str(told.get("federation", federation))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise Unavailable(
            f"{mark} cannot be read", why="it is not what `isthmus lab up` writes", next_step="isthmus lab up"
        ) from None
    if owner != federation:
        raise BadInput(
            f"the access folder {folder} is that of federation {owner}'s box",
            why=f"the federation at hand is {federation}",
            next_step="name its own folder with --access, or unset ISTHMUS_ACCESS",
        )
    return Access("box", federation, folder, backend, passphrase, folder.parent / "stacks")


def _live(federation: str, folder: Path) -> Access:
    backend, named = (None if _of_a_box(value) else value for value in map(os.environ.get, (BACKEND, PASSPHRASE_FILE)))
    if not backend:
        store = state_root() / "stacks" / federation
        store.mkdir(parents=True, exist_ok=True, mode=0o700)
        backend = store.as_uri()
    if not named and PASSPHRASE not in os.environ:
        raise BadInput(
            "no passphrase for the stacks' secrets is set",
            why=f"the target is live ({folder}), and secrets in its state are encrypted",
            next_step=f"set {PASSPHRASE_FILE} to a file of mode 600 that holds it",
        )
    return Access("live", federation, folder, backend, Path(named) if named else None)


def _of_a_box(value: str | None) -> bool:
    """Whether a path or file URL leads into a box: a shell that `isthmus engine env` readied for one names it still,
    and a live state must not get into what `isthmus lab down --wipe` deletes."""
    if not value:
        return False
    url = urlparse(value)
    if url.scheme not in ("", "file"):
        return False
    path = Path(unquote(url.path) if url.scheme else value).expanduser().resolve()
    return path.is_relative_to(state_root() / "box")
