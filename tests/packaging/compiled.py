"""Which modules are compiled, by their names below kvnode, and what each is compiled from."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "kvnode"

EXTENSIONS = {
    ".".join(source.relative_to(PACKAGE).with_suffix("").parts): source
    for source in sorted(
        [
            *(PACKAGE / "_fast").glob("*.pyx"),
            *(header.with_suffix(".py") for header in (PACKAGE / "planning").glob("*.pxd")),
        ]
    )
}
