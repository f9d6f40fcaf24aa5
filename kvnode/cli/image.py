"""``kvnode image``: the local store of images, and those that kvnode makes itself.

A manifest's ``image`` is a reference; local images enter by ``add`` or ``build`` and are never looked for in a
registry, ``pull`` fetches what a registry has.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kvnode.cli.progress import progress_lines
from kvnode.cli.terminal import console, printable, say, write_json
from kvnode.errors import UsageError

if TYPE_CHECKING:
    from kvnode.storage.images import Image, ImageStore


@click.group(name="image")
def image_group() -> None:
    """Build, add, list, pull and remove images of disks."""


@image_group.command(name="build")
@click.argument("name")
def build_command(name: str) -> None:
    """Make one of kvnode's own guest images from Debian's packages and add it to the store.

    NAME is tiny (Debian's cloud kernel with busybox, boots in seconds) or tiny-full (the same with the full kernel).
    """
    from kvnode.paths import NodePaths
    from kvnode.storage.guest_image import RECIPES, build_image

    recipe = RECIPES.get(name)
    if recipe is None:
        raise UsageError(f"{name!r} is no image that kvnode builds: {' and '.join(RECIPES)} are")
    with progress_lines() as progress:
        built = build_image(recipe, NodePaths.here().cache / "guest-images", progress)
        image = _store().add(built.layout, recipe.reference, progress)
    _tell("added", image)


@image_group.command(name="add")
@click.argument("path")
@click.option("--as", "reference", required=True, metavar="REFERENCE", help="The name that manifests use.")
def add_command(path: str, reference: str) -> None:
    """Add the image at PATH: an OCI layout (folder or archive) or a docker archive."""
    if not path:  # an unset variable of a script; Path would take it for the current folder
        raise UsageError("PATH is empty: name an OCI layout, an OCI archive or a docker archive")
    with progress_lines() as progress:
        image = _store().add(Path(path), reference, progress)
    _tell("added", image)


@image_group.command(name="pull")
@click.argument("reference")
def pull_command(reference: str) -> None:
    """Fetch REFERENCE from its registry (through skopeo)."""
    with progress_lines() as progress:
        image = _store().pull(reference, progress)
    _tell("pulled", image)


@image_group.command(name="list")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
def list_command(output: str) -> None:
    """List the store's images."""
    images = _store().list()
    if output == "json":
        write_json(images)
        return
    if not images:
        say("no images yet: `kvnode image build tiny` makes one, `kvnode image add PATH --as REFERENCE` takes one in")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("REFERENCE", "DIGEST", "SIZE", "ADDED", "FROM"):
        table.add_column(heading, justify="right" if heading == "SIZE" else "left")
    for image in images:
        cells = (image.reference, image.digest[:19], _megabytes(image.bytes), image.added[:19], image.origin)
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console().print(table)


@image_group.command(name="rm")
@click.argument("references", nargs=-1, required=True, metavar="REFERENCE...")
def remove_command(references: tuple[str, ...]) -> None:
    """Remove images from the store; disks in use by guests stay until they end."""
    from kvnode.storage.container_disks import DiskCache

    store = _store()
    for reference in references:
        _tell("removed", store.remove(reference))
    DiskCache().prune(store)


def _store() -> ImageStore:
    from kvnode.storage.images import ImageStore

    return ImageStore()


def _tell(what: str, image: Image) -> None:
    say(f"{what} {image.reference} ({image.digest[:19]}, {_megabytes(image.bytes)})")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
