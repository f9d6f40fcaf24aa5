"""What a launcher is told when it is executed: where its things lie."""

from __future__ import annotations

import msgspec


class LauncherConfig(msgspec.Struct, frozen=True):
    """Paths as the launcher sees them.

    socket        -- where it listens for the node half
    libvirt_root  -- the embedded driver's own folder: its state, its logs, its monitor sockets
    capabilities  -- a folder with libvirt's capabilities cache, filled by an earlier probe; may be empty
    end_file      -- where the last Status is left for whoever comes after
    console_log   -- what the guest's serial console printed, bounded
    opens_late    -- libvirt is opened only with the order to start, by when the node half has filled ``capabilities``
    """

    socket: str
    libvirt_root: str
    capabilities: str
    end_file: str
    console_log: str
    opens_late: bool = False


decode_config = msgspec.json.Decoder(LauncherConfig).decode
