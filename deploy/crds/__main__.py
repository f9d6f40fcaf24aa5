"""Writes the custom resource definitions beside this file, or with `--check` tells which of them are out of date.

`python -m deploy.crds` after a change to kvnode.api.crd. JSON is YAML, but people read these files and diff them, so
they are written in YAML's block style.
"""

import sys
from pathlib import Path

import yaml

from kvnode.api.crd import custom_resource_definitions

HERE = Path(__file__).resolve().parent
HEAD = "# Made by `python -m deploy.crds` from kvnode.api.crd: change that and not this.\n"


class _Plain(yaml.SafeDumper):
    """Values that stand twice in a document are written twice: anchors are for machines."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def definitions() -> dict[Path, str]:
    """The text of each file."""
    files = {}
    for definition in custom_resource_definitions():
        plural = definition["spec"]["names"]["plural"]
        text = yaml.dump(definition, Dumper=_Plain, sort_keys=False, width=120)
        files[HERE / f"{plural}.yaml"] = HEAD + text
    return files


def main(arguments: list[str]) -> int:
    stale = [path for path, text in definitions().items() if not path.is_file() or path.read_text() != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.name} is not what kvnode.api.crd makes: run `python -m deploy.crds`", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(definitions()[path])
        print(path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
