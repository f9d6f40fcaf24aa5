#!/usr/bin/env bash
# The README's two commands as a new user has them: in a Debian 12 with git, make, gcc and Python 3.11 and nothing else,
# from a fresh clone of what is committed, cold and warm, and once more from a second clone without a network.
#
#   deploy/setup/clean-root.sh [command ...]     instead of all that, one command in the clone (a shell: bash)
#
# The bare root is made by debootstrap once and kept in the build cache. Every run works on a copy of it, in mount and
# process namespaces of its own: when this script ends, however it ends, what it mounted and started is gone.
set -euo pipefail

tree=$(cd "$(dirname "$0")/../.." && pwd)
cache=${KVNODE_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kvnode-build}
suite=bookworm
packages=ca-certificates,git,make,gcc,python3.11
bare=$cache/clean-root/$suite-$(sha256sum <<<"$packages" | cut -c1-16).tar.zst
# What a machine needs to reach its registries, where that is said by the environment.
passed=(http_proxy https_proxy no_proxy PIP_CERT PIP_INDEX_URL PIP_DEFAULT_TIMEOUT SSL_CERT_FILE)

make_bare_root() {
    command -v debootstrap >/dev/null || apt-get install -q -y --no-install-recommends debootstrap
    local site work
    site=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' | sed -n "s/ $suite\$//p" | head -n 1)
    work=$(mktemp -d /var/tmp/kvnode-bare-root.XXXXXX)
    # shellcheck disable=SC2064
    trap "rm -rf --one-file-system '$work'" EXIT
    echo "making a bare Debian ($suite: $packages)"
    debootstrap --variant=minbase --include="$packages" "$suite" "$work" "${site:?no archive in the lists of apt}" >"$work.log" ||
        { tail -n 30 "$work.log" >&2; exit 3; }
    rm -f "$work.log"
    mkdir -p "$(dirname "$bare")"
    tar -C "$work" --one-file-system -I 'zstd -T0 -3' -cf "$bare.making" .
    mv "$bare.making" "$bare"
}

if [ "$(id -u)" != 0 ]; then
    echo "a root of its own needs root" >&2
    exit 3
fi
if [ "${1:-}" != --inside ]; then
    [ -e "$bare" ] || (make_bare_root)
    root=$(mktemp -d /var/tmp/kvnode-clean-root.XXXXXX)
    # shellcheck disable=SC2064
    trap "rm -rf --one-file-system '$root'" EXIT
    tar -C "$root" -xf "$bare"
    # An archive brings the mode of its own top folder, and / is everybody's.
    chmod 755 "$root"
    status=0
    unshare --mount --pid --fork --kill-child --propagation private "$0" --inside "$root" "$@" || status=$?
    exit "$status"
fi

root=$2
shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
rm -rf "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"
cp -r /etc/apt/sources.list.d "$root/etc/apt/"
[ ! -e /etc/apt/sources.list ] || cp /etc/apt/sources.list "$root/etc/apt/"
for file in /etc/apt/apt.conf.d/*; do
    # Only how the archive is reached: the rest is this machine's taste.
    ! grep -qiE 'proxy|acquire' "$file" || cp "$file" "$root/etc/apt/apt.conf.d/"
done
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
git clone --quiet --no-hardlinks "$tree" "$root/srv/kvnode"
git clone --quiet --no-hardlinks "$tree" "$root/srv/again"

environment=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}")
for name in "${passed[@]}"; do
    [ -z "${!name:-}" ] || environment+=("$name=${!name}")
done
# The machine's links are shared, whatever else runs on it.
environment+=("KVNODE_TEST_SHARED_MACHINE=${KVNODE_TEST_SHARED_MACHINE:-0}")

# By pivot_root, as a container runtime does it: in a mere chroot a mount namespace still has this machine's root, which
# whoever enters the namespace gets to see.
inside() {
    local folder=$1
    shift
    # shellcheck disable=SC2016
    env -i "${environment[@]}" unshare --mount --propagation private sh -c '
        cd "$0" && mkdir -p mnt/outside && pivot_root . mnt/outside && exec chroot . sh -c "
            umount -l /mnt/outside && cd \"\$0\" && exec \"\$@\"" "$@"
    ' "$root" "$folder" "$@" </dev/null
}

if [ $# -gt 0 ]; then
    inside /srv/kvnode "$@"
    exit
fi
summary=()
failed=0
timed() {
    local what=$1 begun=$SECONDS status=0
    shift
    printf '\n=== %s\n' "$what"
    inside "$@" || status=$?
    summary+=("$(printf '%-52s %6d s  %s' "$what" $((SECONDS - begun)) "$([ $status = 0 ] && echo ok || echo "status $status")")")
    [ $status = 0 ] || failed=1
}
timed 'make demo, cold' /srv/kvnode make demo
timed 'make demo, warm' /srv/kvnode make demo
timed 'make test, cold but for the set-up' /srv/kvnode make test
timed 'make test, warm' /srv/kvnode make test
timed 'make setup, a second clone, no network' /srv/again unshare --net make setup
printf '\n%s at %s\n' "$(. "$root/etc/os-release" && echo "$PRETTY_NAME")" "$(git -C "$tree" rev-parse --short HEAD)"
printf '%s\n' "${summary[@]}"
exit $failed
