#!/usr/bin/env bash
# Installs what packages.txt names and this machine lacks. Nothing is asked of the network where all is there.
set -euo pipefail
cd "$(dirname "$0")"

listed=$(sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' packages.txt)

missing() {
    # dpkg-query leaves out what it never heard of, so the list is compared and not the exit status.
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' | sort -u)
    comm -23 <(sort -u <<<"$listed") <(printf '%s\n' "$installed")
}

wanted=$(missing)
[ -n "$wanted" ] || exit 0

if ! command -v apt-get >/dev/null; then
    printf 'kvnode is set up on Debian 12 or later; here there is no apt-get. Missing: %s\n' "$(xargs <<<"$wanted")" >&2
    exit 3
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        printf 'Needs root to install: apt-get install --no-install-recommends %s\n' "$(xargs <<<"$wanted")" >&2
        exit 3
    }
    as_root=(sudo)
fi

install_wanted() {
    # No service is to come up because a suite was run: policy is asked by every maintainer script that starts one.
    # shellcheck disable=SC2086
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -q -y --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 $wanted
}

printf 'installing %s Debian packages: %s\n' "$(wc -w <<<"$wanted")" "$(xargs <<<"$wanted")"
# Lists that are missing or too old name versions that the archive has no more: then they are fetched, and once.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! install_wanted >"$log" 2>&1; then
    "${as_root[@]}" apt-get update -q -o DPkg::Lock::Timeout=300
    install_wanted >"$log" 2>&1 || { tail -n 40 "$log" >&2; exit 3; }
fi
