"""Writes the custom resource definitions beside this file, or with `--check` tells which of them are out of date.

`python -m deploy.crds` after a change to a type of the API, to a comment of its fields, or to kvnode.api.crd. JSON is
YAML, but people read these files and diff them, so they are written in YAML's block style.
"""

import sys
from pathlib import Path

import yaml

from kvnode.api.crd import CUSTOM_KINDS, custom_resource_definition

HERE = Path(__file__).resolve().parent
HEAD = "# Made by `python -m deploy.crds` from the types in kvnode/api: change those and not this.\n"
ALL = """\
#
# `kubectl apply --server-side -k deploy/crds`: every kind of KubeVirt's. deploy/ itself has those that its daemons act
# upon; an object of another kind is checked and kept, and nothing happens to it.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
"""


class _Plain(yaml.CSafeDumper):
    """Values that stand twice in a document are written twice: anchors are for machines."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def definitions() -> dict[Path, str]:
    """The text of each file."""
    files = {}
    for custom in CUSTOM_KINDS:
        text = yaml.dump(custom_resource_definition(custom), Dumper=_Plain, sort_keys=False, width=120)
        files[HERE / f"{custom.plural}.yaml"] = HEAD + text
    names = sorted(path.name for path in files)
    files[HERE / "kustomization.yaml"] = HEAD + ALL + "".join(f"  - {name}\n" for name in names)
    return files


def main(arguments: list[str]) -> int:
    wanted = definitions()
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text() != text]
    left = sorted(set(HERE.glob("*.yaml")) - set(wanted))
    if "--check" in arguments:
        for path in [*stale, *left]:
            print(f"{path.name} is not what the types make: run `python -m deploy.crds`", file=sys.stderr)
        return 1 if stale or left else 0
    for path in stale:
        path.write_text(wanted[path])
        print(path.name)
    for path in left:
        path.unlink()
        print(f"{path.name}: removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
