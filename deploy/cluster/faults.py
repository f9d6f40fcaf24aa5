"""What goes wrong with a cluster of ours, as one sentence, and the last lines of whoever knows more."""

from pathlib import Path

from kvnode.errors import KvnodeError


class ClusterError(KvnodeError):
    """The cluster, or a part of it, can't be had: what, why, and what would do."""

    reason = "ClusterFailed"


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, indented, under its name; says so where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 65536))
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return f"{log} was never written"
    if not lines:
        return f"{log} is empty"
    return "\n".join([f"{log} ends with:", *(f"    {line[:500]}" for line in lines[-count:])])
