"""What a guest of the image ``tiny-full`` sees of its machine: a script that its seed brings, and what it prints.

The script runs once the network is up and writes a line for each fact on the serial console, where a test finds it in
the guest's log. So nothing is typed, and a guest is asked everything at the price of one boot.
"""

from __future__ import annotations

import re

from tests.guest.conftest import Guests, wait_for

FULL_BOOT_S = 240.0
_DONE = "seen: all"

SCRIPT = r"""#!/bin/sh
tell() { echo "seen: $1=$(echo $2)"; }
first() { cat "$@" 2>/dev/null | head -n 1; }
{
tell kernel "$(uname -r)"
tell cmdline "$(cat /proc/cmdline)"
tell firmware "$([ -d /sys/firmware/efi ] && echo efi || echo bios)"
cd /sys/devices/system/cpu
tell cpus.online "$(cat online)"
tell cpus.possible "$(cat possible)"
for cpu in cpu[0-9]*; do
  [ -d $cpu/topology ] || continue
  tell $cpu "$(cat $cpu/topology/physical_package_id $cpu/topology/core_id $cpu/topology/thread_siblings_list)"
done
tell cpu.model "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
tell cpu.flags "$(sed -n 's/^flags.*: //p' /proc/cpuinfo | head -n 1)"
tell memory.kib "$(sed -n 's/^MemTotal: *//p' /proc/meminfo)"
for node in /sys/devices/system/node/node*; do
  name=$(basename $node)
  tell $name.cpus "$(cat $node/cpulist)"
  tell $name.distances "$(cat $node/distance)"
  tell $name.kib "$(sed -n 's/.*MemTotal: *//p' $node/meminfo)"
done
facts disks nics | sed 's/^/seen: /'
for disk in /sys/block/[vs]*; do
  name=disk.$(basename $disk)
  tell $name.path "$(readlink $disk)"
  tell $name.blocks "$(cat $disk/queue/logical_block_size $disk/queue/physical_block_size)"
  tell $name.queues "$(ls $disk/mq | wc -l)"
done
tell nic.eth0.path "$(readlink /sys/class/net/eth0)"
tell nic.eth0.address "$(ip -4 -o address show dev eth0)"
for dog in /sys/class/watchdog/*; do tell "$(basename $dog)" "$(cat $dog/identity)"; done
tell rng "$(first /sys/devices/virtual/misc/hw_random/rng_current)"
for device in /sys/bus/pci/devices/*; do
  tell pci.$(basename $device) "$(cut -c 3- $device/vendor $device/device $device/class)"
done
for port in /sys/bus/pci/drivers/pcieport/0000:*; do
  tell behind.$(basename $port) "$(ls $port | grep '^0000:..:..\..$')"
done
for driver in /sys/bus/virtio/drivers/*; do tell virtio.$(basename $driver) "$(ls $driver | grep -c ^virtio)"; done
tell inputs "$(sed -n 's/^N: Name="\(.*\)"/\1;/p' /proc/bus/input/devices)"
tell ports "$(first /sys/class/virtio-ports/*/name)"
cd /sys/class/dmi/id
for name in product_uuid product_serial sys_vendor product_family chassis_vendor chassis_version chassis_serial \
    chassis_asset_tag; do tell dmi.$name "$(cat $name)"; done
tell acpi "$(ls /sys/bus/acpi/devices | sed 's/:.*//' | sort -u)"
tell clocksources "$(cat /sys/devices/system/clocksource/clocksource0/available_clocksource)"
tell rtc "$(cat /sys/class/rtc/rtc0/since_epoch)"
echo "seen: all"
} >/dev/ttyS0 2>&1
"""


def seen_inside(guests: Guests, name: str) -> dict[str, str]:
    """What the guest's script has printed, waited for: names and values, white space as single spaces."""
    wait_for("the guest's script", lambda: _DONE in guests.kvnode("logs", name).stdout, FULL_BOOT_S)
    printed = guests.kvnode("logs", name).stdout.replace("\r", "")
    return dict(re.findall(r"^seen: ([^=\n]+)=(.*)$", printed, re.M))


def pci_of(seen: dict[str, str]) -> dict[str, str]:
    """Vendor, device and class by place on PCI."""
    return {name.removeprefix("pci.0000:"): ids for name, ids in seen.items() if name.startswith("pci.")}
