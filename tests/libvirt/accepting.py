"""What libvirt says of domains: each of those on standard input defined with its schema, and forgotten again.

A program of its own, as it may run with another libvirt than whoever asks. It reads a list of XMLs and writes
``[version, [null or the error, ...]]``. The test driver takes domains of every architecture and of any host; it has the
parser and the rules of libvirt, and nothing of QEMU.
"""

import json
import re
import sys

import libvirt

_SCHEMA = re.compile(r"Unable to validate doc against \S+\n?")


def said(connection: libvirt.virConnect, xml: str) -> str | None:
    """libvirt's words against a domain, if any."""
    try:
        connection.defineXMLFlags(xml, libvirt.VIR_DOMAIN_DEFINE_VALIDATE).undefine()
    except libvirt.libvirtError as error:
        return " ".join(_SCHEMA.sub("", str(error)).split())
    return None


def main() -> None:
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    connection = libvirt.open("test:///default")
    json.dump([connection.getLibVersion(), [said(connection, xml) for xml in json.load(sys.stdin)]], sys.stdout)


if __name__ == "__main__":
    main()
