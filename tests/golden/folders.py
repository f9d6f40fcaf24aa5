"""The golden domains: a folder each, with a manifest, the facts of a host, and the XML that both give."""

import xml.etree.ElementTree as ET
from pathlib import Path

import yaml

import kvnode
from kvnode import DomainPlan, HostFacts

HERE = Path(__file__).parent
FOLDERS = sorted(path.parent for path in HERE.glob("*/manifest.yaml"))


def golden_plan(folder: Path) -> DomainPlan:
    """The plan of a folder's manifest on its host."""
    vmi = kvnode.default(kvnode.load(folder / "manifest.yaml"))
    return kvnode.plan(vmi, HostFacts.from_json(yaml.safe_load((folder / "facts.yaml").read_text())))


def indented(xml: str) -> str:
    """XML with a line for each element, so that a diff of two says what changed."""
    root = ET.fromstring(xml)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"
