#!/bin/sh
# Process 1 of a machine, from its new namespaces on: mounts what a root needs, moves into it, and becomes `pause`.
#
#   machine.sh ROOT HOSTNAME [SOURCE TARGET]...
#
# ROOT holds the machine's own files (deploy/cluster/machine.py lays it out); programs and libraries are this host's
# /usr, read-only. Each SOURCE is bound to TARGET, a path below ROOT that exists. Nothing is mounted outside of this
# mount namespace, so all of it goes when the last process in it ends.
set -eu
root=$1
hostname "$2"
shift 2

mount --make-rprivate /
mount --bind "$root" "$root"
cd "$root"
mount --rbind /usr usr
mount -o remount,bind,ro usr
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
mount --rbind /dev dev
mount -t tmpfs -o mode=1777,size=64m shm dev/shm
mount -t tmpfs -o mode=755 run run
mkdir run/daemons run/lock
while [ $# -gt 0 ]; do
    mount --bind "$1" "./$2"
    shift 2
done
ip link set lo up

mkdir -p .old
pivot_root . .old
umount -l /.old
rmdir /.old
# As systemd has it on a host: what a container mounts for the node (Bidirectional) is seen by the node.
mount --make-rshared /
cd /
exec /opt/cluster/pause "$root" </dev/null >/dev/null 2>&1
