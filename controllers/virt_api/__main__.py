"""`python3 -m controllers.virt_api`."""

import argparse
import os
import sys

from controllers.runtime.services import main
from controllers.virt_api.daemon import Options, run


def options(arguments: list[str]) -> Options:
    """What the command line and the environment say."""
    plain = Options()
    parser = argparse.ArgumentParser(prog="virt-api", description="Admission and subresources of virtual machines.")
    parser.add_argument("--namespace", default=os.environ.get("POD_NAMESPACE") or plain.namespace)
    parser.add_argument("--kubeconfig", help="KUBECONFIG, or the Pod's service account, where it isn't given")
    parser.add_argument("--port", type=int, default=plain.port, help="0 takes any")
    parser.add_argument("--health-port", type=int, default=plain.health_port, help="0 takes any")
    read = parser.parse_args(arguments)
    return Options(read.namespace, read.kubeconfig, read.port, health_port=read.health_port)


if __name__ == "__main__":
    chosen = options(sys.argv[1:])
    sys.exit(main(lambda: run(chosen)))
