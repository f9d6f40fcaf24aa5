"""What a measurement can't say of a field: where its effect is to be looked for, and why it has none yet.

Nothing here says what an effect is; that is measured. A field that is taken without a word, in either mode, needs a
reason here, or the table isn't made.
"""

from __future__ import annotations

_CPU = "spec.domain.cpu"
_DEVICES = "spec.domain.devices"
_VCPUS = "without `cpu` it is how many vCPUs there are; nothing but a Pod is held to it"
_LIVES = "nothing grows while the guest runs yet"

REMARKS: dict[str, dict[str, str]] = {
    "VirtualMachineInstance": {
        f"{_CPU}.maxSockets": f"the guest gets room for so many; {_LIVES}",
        f"{_CPU}.cores": "with `networkInterfaceMultiqueue` also the network's queues",
        "spec.domain.memory.maxGuest": f"the guest gets room for so much; {_LIVES}",
        "spec.domain.resources.requests.cpu": _VCPUS,
        "spec.domain.resources.limits.cpu": _VCPUS,
        "spec.domain.resources.requests.memory": "without `memory.guest` it is the guest's size",
        "spec.domain.resources.limits.memory": "without `memory.guest` it is the guest's size; what QEMU itself "
        "needs is on top",
        f"{_DEVICES}.disks[].name": "pairs a disk with its volume; both renamed, the domain follows",
        f"{_DEVICES}.disks[].disk.pciAddress": "a bus but the root's own has one slot",
        f"{_DEVICES}.interfaces[].pciAddress": "a bus but the root's own has one slot",
        f"{_DEVICES}.interfaces[].name": "pairs a card with its network; both renamed, domain and derived MAC follow",
        f"{_DEVICES}.interfaces[].macvtap": "the binding was removed from KubeVirt",
        f"{_DEVICES}.interfaces[].passt": "the binding was removed from KubeVirt; its successor is `passtBinding`",
        f"{_DEVICES}.interfaces[].slirp": "the binding was removed from KubeVirt",
        f"{_DEVICES}.interfaces[].ports[].name": "a port is let in by its number; the name is for readers",
        f"{_DEVICES}.inputs[].type": "`tablet` is the only one that can be added",
        f"{_DEVICES}.logSerialConsole": "whether the launcher keeps what the guest prints",
        f"{_DEVICES}.disableHotplug": "no room for devices to come; none can be plugged into a running guest yet",
        "spec.domain.firmware.kernelBoot.container.image": "the image that the files come from, wherever they are put",
        "spec.domain.firmware.kernelBoot.container.imagePullPolicy": "`kvnode run` itself pulls it",
        "spec.domain.firmware.kernelBoot.container.kernelPath": "which of the image's files it is",
        "spec.domain.rebootPolicy": "what becomes of the guest where it restarts itself",
        "spec.volumes[].name": "pairs a volume with its disk; both renamed, the domain follows",
        "spec.volumes[].containerDisk.imagePullPolicy": "the kubelet pulls on a cluster, `kvnode run` itself else",
        "spec.networks[].name": "pairs a network with its card; both renamed, domain and derived MAC follow",
        "spec.dnsConfig.options": "a guest asks an address server, which has no word for them",
        "spec.evictionStrategy": "an evicted guest is shut down",
        "spec.terminationGracePeriodSeconds": "how long the guest has to obey the power button",
        "spec.utilityVolumes": "they are plugged into a running guest, and a new one has none",
    },
    "VirtualMachine": {
        "spec.running": "the older way to say `Always` or `Halted`",
        "spec.template.metadata": "the guest gets labels and annotations",
        "spec.template.metadata.labels": "one machine has nobody who selects by them",
        "spec.template.metadata.annotations": "one machine has nobody who reads them, but for an instance type's in "
        "cloud-init's metadata",
        "spec.template.spec": "the guest: its fields have [pages of their own](../fields.md)",
        "spec.dataVolumeTemplates": "with all that is in it, which is CDI's",
    },
    "KubeVirt": {
        "spec.configuration.evictionStrategy": "filled into guests that name none; an evicted guest is shut down "
        "whatever it says",
        "spec.configuration.developerConfiguration.featureGates": "which fields a manifest may set",
        "spec.configuration.developerConfiguration.disabledFeatureGates": "which fields a manifest may set",
        "spec.configuration.developerConfiguration.useEmulation": "guests' Pods ask for no KVM, and guests run without",
        "spec.configuration.vmRolloutStrategy": "`Stage` leaves out the room to grow",
        "spec.configuration.virtualMachineOptions.disableSerialConsoleLog": "the launcher keeps nothing of what "
        "a guest prints",
        "spec.configuration.permittedHostDevices": "GPUs of Grace superchips are known by it, about which a manifest "
        "has to say more; guests can't have host devices yet",
        "spec.configuration.imagePullPolicy": "of launchers' images",
        "spec.configuration.network.binding": "plugins by their names, so that manifests may name them",
    },
}
"""By kind, by path."""
