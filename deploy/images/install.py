"""kvnode on a cluster of deploy/cluster: images made and loaded, everything applied and rolled out."""

from collections.abc import Callable
from pathlib import Path

from deploy.cluster.cluster import Cluster
from deploy.cluster.faults import ClusterError
from deploy.images.build import guest_archive, kvnode_archive
from kvnode.errors import KvnodeError
from kvnode.host import probe_host

DEPLOY = Path(__file__).resolve().parents[1]
EMULATION = DEPLOY / "emulation"


def install(cluster: Cluster, progress: Callable[[str], None]) -> None:
    """Install kvnode and the examples' guest; again, with what the tree has now.

    Where this machine's KVM doesn't work, emulation is allowed. Raises ClusterError, with the reason where an image
    can't be made.
    """
    try:
        archives = [kvnode_archive(progress), guest_archive(progress)]
        host = probe_host()
    except KvnodeError as error:
        raise ClusterError(f"kvnode's images can't be made: {error}") from error
    for archive in archives:
        cluster.load_image(archive)
        progress(f"{archive.name}: its images are on every node")
    again = cluster.api.find("/api/v1/namespaces/kubevirt") is not None
    cluster.apply(DEPLOY)
    if again:
        # The image's name is the same as before, so nobody would notice that it is another one.
        cluster.kubectl("rollout", "restart", "-n", "kubevirt", "deployment,daemonset")
        cluster.apply(DEPLOY)
    progress("deploy/ is applied, and rolled out")
    if host.kvm != "works":
        cluster.apply(EMULATION)
        progress(f"guests are emulated: KVM is {host.kvm}{f' ({host.kvm_note})' if host.kvm_note else ''}")
