#!/usr/bin/env bash
# Prints the first Python on PATH that is new enough for kvnode and brings venv and its C headers.
# In the order of the plain name first, so that whoever chose a Python by PATH gets that one.
for name in "${KVNODE_PYTHON:-python3}" python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do
    command -v "$name" >/dev/null || continue
    if "$name" - 2>/dev/null <<'PY'; then
import ensurepip, os, sys, sysconfig, venv
header = os.path.join(sysconfig.get_paths()["include"], "Python.h")
sys.exit(not (sys.version_info >= (3, 11) and os.path.exists(header)))
PY
        command -v "$name"
        exit 0
    fi
done
echo "no Python 3.11 or later with venv and its headers was found on PATH (Debian: python3-venv python3-dev)" >&2
exit 3
