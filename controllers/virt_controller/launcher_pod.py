"""The one Pod of a guest, as a pure function of the guest, the settings and what the plan says it costs.

The Pod is an ordinary user without a capability, with a read-only root, the runtime's seccomp profile, no service
account token and no path of the host. What it needs of the node (`launcher_resources`) are CPU, memory, and devices,
which plugins allot. What the guest needs of the cluster comes in as volumes: a container disk as an image volume,
cloud-init's Secrets as Secret volumes, so that the kubelet fetches both under the Pod's own name and nobody of ours has
to be able to read every Secret.

No name of a volume, of a mount or of a path comes from the manifest: volumes are called by their index.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from controllers.launchers import LAUNCHER, pod_name
from controllers.virt_controller.launcher_resources import huge_pages, launcher_resources, own_nodes
from controllers.virt_controller.objects import (
    CREATED_BY,
    DOMAIN,
    GROUP,
    GUEST_NAME,
    LAUNCHER_LABEL,
    SCHEDULABLE,
    VERSION,
)
from controllers.virt_controller.settings import LauncherSettings
from kvnode.api.encode import to_dict
from kvnode.api.instance import VirtualMachineInstance
from kvnode.facts import HostFacts
from kvnode.planning import DomainPlan, plan
from kvnode.planning.hostname import guest_hostname

LAUNCHER_UID = 107
COMPUTE = "compute"
PUBLIC_DIR = "/var/run/kubevirt"
PRIVATE_DIR = "/var/run/kubevirt-private"
IMAGES_DIR = "/var/run/kubevirt-images"
SECRETS_DIR = "/var/run/kubevirt-secrets"
LIBVIRT_DIR = "/run/libvirt"

_COMMAND = ["python3", "-m", "controllers.virt_launcher"]
_GRACE_BEYOND_S = 30
_LONGEST_LABEL = 63
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "s390x": "s390x"}
_LIBVIRT_BYTES = "32Mi"
# Notes of tools about the guest's manifest, and what would change the confinement of the Pod.
_ANNOTATIONS_KEPT_BACK = (
    "kubectl.kubernetes.io/",
    "kubevirt.io/",
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
    "seccomp.security.alpha.kubernetes.io/",
)


def name_label(name: str) -> str:
    """A guest's name as a label's value: itself, or where it is longer than 63 characters cut and told by a hash."""
    if len(name) <= _LONGEST_LABEL:
        return name
    return f"{name[:54].rstrip('-.')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def generic_plan(vmi: VirtualMachineInstance, settings: LauncherSettings) -> DomainPlan:
    """The guest's plan on a node that nothing is known of, for what its Pod has to reserve.

    Where emulation is allowed the node is one without KVM: the dearer case, since the node isn't chosen yet. Raises
    InvalidManifest for what can't be planned.
    """
    arch = _MACHINES.get(vmi.spec.architecture or "amd64", "x86_64")
    host = HostFacts(arch=arch, kvm="absent", emulation_allowed=True) if settings.emulation else HostFacts(arch=arch)
    return plan(vmi, host, settings.configuration)


def launcher_pod(vmi: VirtualMachineInstance, settings: LauncherSettings, planned: DomainPlan) -> dict[str, Any]:
    """The Pod (v1) for one life of a guest, in JSON's types.

    vmi      -- defaulted, with name, namespace and uid as the API server has them
    planned  -- by `generic_plan`
    """
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(vmi),
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": planned.grace_period_s + _GRACE_BEYOND_S,
            "securityContext": {
                "runAsUser": LAUNCHER_UID,
                "runAsGroup": LAUNCHER_UID,
                "runAsNonRoot": True,
                "seccompProfile": {"type": "RuntimeDefault"},
                **_files_group(planned),
            },
            "containers": [_compute(vmi, settings, planned)],
            "volumes": _own_volumes() + [volume for volume, _ in _volumes(vmi, planned)],
            **_network_identity(vmi),
            **_place(vmi, settings, planned),
            **_pull_secrets(vmi),
        },
    }


def _metadata(vmi: VirtualMachineInstance) -> dict[str, Any]:
    meta = vmi.metadata
    name, uid = meta.name or "", meta.uid or ""
    kept = {key: text for key, text in (meta.annotations or {}).items() if not key.startswith(_ANNOTATIONS_KEPT_BACK)}
    labels = {LAUNCHER_LABEL: LAUNCHER, CREATED_BY: uid, GUEST_NAME: name_label(name)}
    # The guest's own labels, all of them, so that Services and policies that select guests select their Pods: people
    # call theirs `kubevirt.io/domain` and `kubevirt.io/size`, and `virtctl expose` selects by them. Ours go before.
    theirs = meta.labels or {}
    return {
        "name": pod_name(name, uid),
        "namespace": meta.namespace,
        "labels": {**theirs, **labels},
        "annotations": {**kept, DOMAIN: name},
        "ownerReferences": [
            {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": "VirtualMachineInstance",
                "name": name,
                "uid": uid,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }


def _compute(vmi: VirtualMachineInstance, settings: LauncherSettings, planned: DomainPlan) -> dict[str, Any]:
    return {
        "name": COMPUTE,
        "image": settings.image,
        "imagePullPolicy": settings.pull_policy,
        "command": _COMMAND,
        "env": [{"name": "HOME", "value": "/tmp"}, {"name": "PYTHONDONTWRITEBYTECODE", "value": "1"}],
        "resources": launcher_resources(vmi, settings, planned),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"], **_memory_policy(planned)},
        },
        "volumeMounts": [
            {"name": "public", "mountPath": PUBLIC_DIR},
            {"name": "private", "mountPath": PRIVATE_DIR},
            {"name": "libvirt", "mountPath": LIBVIRT_DIR},
            {"name": "tmp", "mountPath": "/tmp"},
            *(mount for _, mount in _volumes(vmi, planned)),
        ],
    }


def _own_volumes() -> list[dict[str, Any]]:
    return [
        {"name": "public", "emptyDir": {}},
        {"name": "private", "emptyDir": {}},
        {"name": "libvirt", "emptyDir": {"medium": "Memory", "sizeLimit": _LIBVIRT_BYTES}},
        {"name": "tmp", "emptyDir": {}},
    ]


def _files_group(planned: DomainPlan) -> dict[str, Any]:
    """The kubelet makes the file system of huge pages root's; by its group the launcher may use it."""
    return {} if planned.memory.hugepage_bytes is None else {"fsGroup": LAUNCHER_UID}


def _memory_policy(planned: DomainPlan) -> dict[str, Any]:
    """What lets QEMU say from which of the host's cells memory comes.

    Runtimes' default seccomp profile has mbind(2) and its like for containers alone that may have CAP_SYS_NICE. The
    launcher doesn't get it by this: it is an ordinary user's process that may gain no privilege, so the capability
    stays in the bounding set, and in none that counts.
    """
    return {} if planned.numa_tune is None else {"add": ["SYS_NICE"]}


def _volumes(vmi: VirtualMachineInstance, planned: DomainPlan) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The Pod's volume and its mount for each source that the kubelet brings, named by the volume's index."""
    pages = huge_pages(planned)
    if pages is not None:
        yield pages
    for index, volume in enumerate(vmi.spec.volumes):
        disk, seed = volume.container_disk, volume.cloud_init_no_cloud
        if disk is not None:
            name = f"image-{index}"
            image = {"reference": disk.image, "pullPolicy": disk.image_pull_policy or "IfNotPresent"}
            yield {"name": name, "image": image}, _mount(name, f"{IMAGES_DIR}/{index}")
        if seed is not None:
            for part, secret in (("user-data", seed.secret_ref), ("network-data", seed.network_data_secret_ref)):
                if secret is not None and secret.name:
                    name = f"{part}-{index}"
                    yield {"name": name, "secret": {"secretName": secret.name}}, _mount(name, f"{SECRETS_DIR}/{name}")


def _mount(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "mountPath": path, "readOnly": True}


def _network_identity(vmi: VirtualMachineInstance) -> dict[str, Any]:
    spec = vmi.spec
    return _present(
        hostname=guest_hostname(vmi),
        subdomain=spec.subdomain,
        dnsPolicy=spec.dns_policy,
        dnsConfig=None if spec.dns_config is None else to_dict(spec.dns_config),
    )


def _place(vmi: VirtualMachineInstance, settings: LauncherSettings, planned: DomainPlan) -> dict[str, Any]:
    spec = vmi.spec
    selector = {**(spec.node_selector or {}), **settings.node_selector, SCHEDULABLE: "true", **own_nodes(planned)}
    if spec.architecture:
        selector["kubernetes.io/arch"] = spec.architecture
    return {
        "nodeSelector": selector,
        **_present(
            affinity=None if spec.affinity is None else to_dict(spec.affinity),
            tolerations=to_dict(spec.tolerations),
            topologySpreadConstraints=to_dict(spec.topology_spread_constraints),
            schedulerName=spec.scheduler_name,
            priorityClassName=spec.priority_class_name,
            serviceAccountName=spec.service_account_name,
            runtimeClassName=settings.runtime_class,
        ),
    }


def _pull_secrets(vmi: VirtualMachineInstance) -> dict[str, Any]:
    disks = (volume.container_disk for volume in vmi.spec.volumes)
    names = dict.fromkeys(disk.image_pull_secret for disk in disks if disk is not None and disk.image_pull_secret)
    return _present(imagePullSecrets=[{"name": name} for name in names])


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
