"""CNI plugins as programs: what they are told, what is made of their answers, and where they are looked for."""

import json
import os
from pathlib import Path

import pytest

from kvnode.errors import HostError
from kvnode.network import cni
from kvnode.network.cni import CniAddress, CniInterface, add, delete, find_plugin, plugin_folders

CONFIG = {"cniVersion": "0.4.0", "name": "n", "type": "net", "ipam": {"type": "ipam"}}
RESULT = {
    "cniVersion": "0.4.0",
    "interfaces": [{"name": "veth1", "mac": "02:00:00:00:00:01"}, {"name": "eth0", "sandbox": "/proc/1/ns/net"}],
    "ips": [{"version": "4", "interface": 1, "address": "10.0.0.2/24", "gateway": "10.0.0.1"}],
    "dns": {},
}


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes the plugin ``net`` a shell script, and ``ipam`` one that does nothing."""
    monkeypatch.setenv("CNI_PATH", str(tmp_path))
    monkeypatch.setattr(cni, "FOLDERS", ())

    def make(script: str, name: str = "net") -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    make("exit 0", "ipam")
    return make


def test_what_a_plugin_is_told(plugin, tmp_path: Path):
    plugin(f"env > {tmp_path}/env; cat > {tmp_path}/config; echo '{json.dumps(RESULT)}'")
    result = add(CONFIG, "abc", "/proc/7/ns/net", "eth0")
    told = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert told["CNI_COMMAND"] == "ADD"
    assert (told["CNI_CONTAINERID"], told["CNI_NETNS"], told["CNI_IFNAME"]) == ("abc", "/proc/7/ns/net", "eth0")
    assert told["CNI_PATH"] == str(tmp_path)
    assert "HOME" not in told, "nothing else of our environment"
    assert json.loads((tmp_path / "config").read_text()) == CONFIG
    assert result.ips == (CniAddress("10.0.0.2/24", "10.0.0.1", 1),)
    assert result.interfaces[0] == CniInterface("veth1", "02:00:00:00:00:01")
    delete(CONFIG, "abc", "eth0")
    told = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert (told["CNI_COMMAND"], told["CNI_NETNS"]) == ("DEL", "")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("""echo '{"code": 7, "msg": "no addresses", "details": "in 10.0.0.0/30"}'; exit 1""",
         "the CNI plugin net refuses ADD: no addresses: in 10.0.0.0/30"),
        ("""echo '{"code": 11}'; exit 1""", "refuses ADD: code 11"),
        ("echo it broke >&2; exit 3", "refuses ADD: it broke"),
        ("exit 3", "refuses ADD: exit status 3"),
        ("echo no json", "answered what isn't a result"),
        ("echo '{\"ips\": 7}'", "answered what isn't a result"),
        ("kill -9 $$", "refuses ADD: exit status -9"),
    ],
)  # fmt: skip
def test_a_plugins_failure_in_its_own_words(plugin, script, words):
    plugin(script)
    with pytest.raises(HostError) as refused:
        add(CONFIG, "abc", "/proc/7/ns/net", "eth0")
    assert words in str(refused.value)


def test_a_plugin_that_hangs(plugin, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cni, "_PLUGIN_S", 0.2)
    plugin("exec sleep 60")
    with pytest.raises(HostError, match="took more than 0 s"):
        add(CONFIG, "abc", "/proc/7/ns/net", "eth0")


def test_a_missing_address_plugin_is_seen_before_anything_is_done(plugin, tmp_path: Path):
    path = plugin(f"touch {tmp_path}/done")
    (path.parent / "ipam").unlink()
    with pytest.raises(HostError, match="the CNI plugin ipam is in none of"):
        add(CONFIG, "abc", "/proc/7/ns/net", "eth0")
    assert not (tmp_path / "done").exists()


def test_where_plugins_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CNI_PATH", f"relative::{tmp_path}")
    assert plugin_folders() == [tmp_path, *map(Path, cni.FOLDERS)]
    monkeypatch.delenv("CNI_PATH")
    assert plugin_folders() == [*map(Path, cni.FOLDERS)]
    monkeypatch.setattr(cni, "FOLDERS", (str(tmp_path),))
    (tmp_path / "bridge").touch()
    with pytest.raises(HostError, match="install the package containernetworking-plugins"):
        find_plugin("bridge")
    os.chmod(tmp_path / "bridge", 0o755)
    assert find_plugin("bridge") == tmp_path / "bridge"


def test_ctrl_c_in_the_terminal_does_not_reach_a_plugin(plugin, tmp_path: Path):
    """It would end it half way, just while the start is being taken back."""
    plugin(f"cut -d' ' -f5,6 /proc/$$/stat > {tmp_path}/group")
    delete(CONFIG, "abc", "eth0")
    group, session = map(int, (tmp_path / "group").read_text().split())
    assert group != os.getpgid(0)
    assert session != os.getsid(0)
