"""``make cluster`` and ``make cluster-down``."""

import argparse
import sys
import time
from pathlib import Path

from deploy.cluster.binaries import find_binaries, find_program, version_of
from deploy.cluster.cluster import Cluster, cluster_exists, create_cluster, find_cluster, remove_cluster
from deploy.cluster.faults import ClusterError
from deploy.cluster.layout import MOST_NODES, NUMBERS, Layout


class Progress:
    """Prints what happened, with the seconds since the command began."""

    def __init__(self, begun: float) -> None:
        self._begun = begun

    def __call__(self, text: str) -> None:
        print(f"{time.monotonic() - self._begun:7.1f} s  {text}", flush=True)


def bring_up(arguments: argparse.Namespace, progress: Progress) -> None:
    """Make the cluster, or find it as it is; then load the images and apply the folders that were named."""
    if cluster_exists(arguments.number):
        cluster = find_cluster(arguments.number)
        cluster.await_all_ready()
        progress(f"cluster {arguments.number} is up already, and Ready")
    else:
        cluster = create_cluster(Layout(arguments.number, arguments.nodes), progress)
    if arguments.install:
        from deploy.images.install import install  # what it needs of kvnode, a cluster alone doesn't

        install(cluster, progress)
    for archive in arguments.image:
        cluster.load_image(archive)
        progress(f"{archive.name}: its images are on every node")
    for folder in arguments.apply:
        cluster.apply(folder)
        progress(f"{folder} is applied, and rolled out")
    tell(cluster)


def tell(cluster: Cluster) -> None:
    """What somebody does next."""
    print(cluster.kubectl("get", "nodes", "-o", "wide"))
    print(f"export KUBECONFIG={cluster.kubeconfig}")
    print(f"alias kubectl={cluster.kubectl_program}")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.cluster", description="A Kubernetes cluster on this machine"
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="make it, and wait until all of it is Ready")
    down = verbs.add_parser("down", help="remove it, whatever state it is in")
    for verb in (up, down):
        verb.add_argument("--number", type=int, default=0, choices=range(NUMBERS), metavar="N", help="which one; 0")
    up.add_argument("--nodes", type=int, default=2, choices=range(1, MOST_NODES + 1), metavar="N", help="how many; 2")
    up.add_argument("--install", action="store_true", help="kvnode: its images, its kinds and its daemons")
    up.add_argument(
        "--image", type=Path, action="append", default=[], metavar="ARCHIVE", help="load it into every node"
    )
    up.add_argument("--apply", type=Path, action="append", default=[], metavar="FOLDER", help="a kustomization")
    build = verbs.add_parser("build", help="have the programs in the cache, and make nothing")
    build.add_argument("names", nargs="*", metavar="NAME", help="only these")
    arguments = parser.parse_args()
    progress = Progress(time.monotonic())
    try:
        if arguments.verb == "up":
            bring_up(arguments, progress)
        elif arguments.verb == "down":
            remove_cluster(arguments.number, progress)
        else:
            named = {name: find_program(name, progress) for name in arguments.names}
            for name, path in (named or find_binaries(progress).paths).items():
                print(f"{name:<26} {version_of(path) or '':<10} {path}")
    except ClusterError as error:
        print(error, file=sys.stderr)
        if arguments.verb == "up" and cluster_exists(arguments.number):
            folder = Layout(arguments.number).folder
            print(
                f"what there is of it, and its logs, are in {folder}; `make cluster-down` removes it", file=sys.stderr
            )
        return error.exit_status
    except KeyboardInterrupt:
        print("interrupted; `make cluster-down` removes what was made", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
