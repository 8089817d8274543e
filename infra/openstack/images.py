"""Images: guest images pinned by digest, checked before they are uploaded."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi_openstack import images

from infra.options import options
from isthmus.derive.cloud import ImageThing
from isthmus.errors import BadInput
from isthmus.model.cloud import Image
from isthmus.supply import cache, download

MIB, GIB = 2**20, 2**30


@dataclass(frozen=True)
class ImagesArgs:
    """`folder` is the federation's, which image files are relative to."""

    images: tuple[ImageThing, ...]
    folder: Path


class Images(pulumi.ComponentResource):
    """All images of a cloud; `ids` by key.

    A resource's name ends with the digest: another file is another image,
    made before the old one goes, and servers of the old one keep running.
    """

    def __init__(self, name: str, args: ImagesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:Images", name, None, opts)
        self.ids = {thing.key: self._image(thing, args.folder) for thing in args.images}
        self.register_outputs({"ids": self.ids})

    def _image(self, thing: ImageThing, folder: Path) -> pulumi.Output[str]:
        image = thing.image
        digest = hex_digest(image)
        return images.Image(
            f"{thing.key}/{digest[:12]}",
            name=image.name,
            container_format="bare",
            disk_format=image.format,
            local_file_path=str(image_file(image, folder, download_now=not pulumi.runtime.is_dry_run())),
            # Left out, the provider would write this machine's home folder into the state.
            image_cache_path="unused",
            min_disk_gb=-(-(image.min_disk or 0) // GIB),
            min_ram_mb=-(-(image.min_memory or 0) // MIB),
            visibility="public",
            tags=[f"sha256-{digest}"],
            # Glance knows nothing of the file it came from.
            opts=options(self, unreadable=("localFilePath",)),
        ).id


def hex_digest(image: Image) -> str:
    return image.digest.removeprefix("sha256:")


def image_file(image: Image, folder: Path, *, download_now: bool) -> Path:
    """The image's file, checked against its digest. Raises BadInput or Unavailable.

    A file on the web is downloaded into the cache once; without
    `download_now` only the place it will lie at is returned.
    """
    digest = hex_digest(image)
    if image.source.startswith(("http://", "https://")):
        if not download_now:
            return cache.cache_root() / "images" / digest / "image"

        def make(scratch: Path) -> None:
            download.file(image.source, scratch / "image", sha256=digest, say=pulumi.log.debug)

        return cache.part(f"images/{digest}", make) / "image"
    path = folder / image.source
    try:
        found = _sha256(path)
    except OSError as problem:
        raise BadInput(
            f"the file of image {image.name} cannot be read",
            why=f"{path}: {problem.strerror or problem}",
            next_step="put the file there, or correct the image's `source` in federation.yaml",
        ) from None
    if found != digest:
        raise BadInput(
            f"the file of image {image.name} is not the one that federation.yaml names",
            why=f"{path} has sha256:{found}, and the model says {image.digest}",
            next_step="get the right file, or write the new digest if the change is meant",
        )
    return path


def _sha256(path: Path) -> str:
    """The file's digest; remembered by size and time of change, since images are large and runs are many."""
    at = path.stat()
    known = cache.cache_root() / "image-digests" / hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
    mark = f"{at.st_size} {at.st_mtime_ns} "
    if known.is_file() and known.read_text().startswith(mark):
        return known.read_text().removeprefix(mark)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    known.parent.mkdir(parents=True, exist_ok=True)
    known.write_text(mark + digest)
    return digest
