"""What the tests ask about processes."""

from pathlib import Path


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie; none that goes while it is looked at is."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
