"""Device plugins against a kubelet's half of the API, over real gRPC and real sockets; and the bytes themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.virt_handler.device_plugin import DevicePlugin
from controllers.virt_handler.kubelet_api import (
    DEVICE_PLUGIN,
    BadMessage,
    Device,
    DeviceNode,
    allocate_request,
    allocate_response,
    device_list,
    register_request,
)
from tests.controllers.eventually import eventually

RESOURCE = "devices.kubevirt.io/kvm"


class Kubelet:
    """The kubelet's side: its socket, and who has registered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registered: list[bytes] = []
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """As a kubelet starts: what lies in its folder goes."""
        for entry in self.folder.iterdir():
            entry.unlink()
        self._server = grpc.aio.server()
        method = grpc.unary_unary_rpc_method_handler(self._register)
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("v1beta1.Registration", {"Register": method}),)
        )
        self._server.add_insecure_port(f"unix:{self.folder / 'kubelet.sock'}")
        await self._server.start()

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(None)

    async def _register(self, request: bytes, _context: object) -> bytes:
        self.registered.append(request)
        return b""

    def channel(self, endpoint: str) -> grpc.aio.Channel:
        return grpc.aio.insecure_channel(f"unix:{self.folder / endpoint}")


@asynccontextmanager
async def plugin(folder: Path, healthy: list[bool]) -> AsyncIterator[DevicePlugin]:
    made = DevicePlugin(folder, RESOURCE, "/dev/kvm", lambda: healthy[0], slots=3, look_s=0.05, health_s=0.05)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_plugin_registers_lists_and_allots(tmp_path: Path) -> None:
    async def body() -> None:
        kubelet, healthy = Kubelet(tmp_path), [True]
        async with plugin(tmp_path, healthy) as made:
            await asyncio.sleep(0.2)
            assert not made.registered.is_set(), "there is no kubelet yet"
            await kubelet.start()
            await eventually(made.registered.is_set)
            assert kubelet.registered[-1] == register_request("kubevirt-kvm.sock", RESOURCE)
            async with kubelet.channel("kubevirt-kvm.sock") as channel:
                options = await channel.unary_unary(f"/{DEVICE_PLUGIN}/GetDevicePluginOptions")(b"")
                assert options == b""
                watch = channel.unary_stream(f"/{DEVICE_PLUGIN}/ListAndWatch")(b"")
                assert await watch.read() == device_list([Device(f"kvm{n}", True) for n in range(3)])
                healthy[0] = False
                assert await watch.read() == device_list([Device(f"kvm{n}", False) for n in range(3)])
                watch.cancel()
                # One container with one device, one with none: AllocateRequest{container_requests: [{ids: kvm1}, {}]}.
                allocate = channel.unary_unary(f"/{DEVICE_PLUGIN}/Allocate")
                answer = await allocate(b"\x0a\x06\x0a\x04kvm1\x0a\x00")
                assert answer == allocate_response([[DeviceNode("/dev/kvm")], []])
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await allocate(b"\x0a\x7f")
                assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert not (tmp_path / "kubevirt-kvm.sock").exists()
        await kubelet.stop()

    asyncio.run(body())


def test_a_kubelet_that_starts_anew_is_told_again(tmp_path: Path) -> None:
    async def body() -> None:
        first, second = Kubelet(tmp_path), Kubelet(tmp_path)
        await first.start()
        async with plugin(tmp_path, [True]) as made:
            await eventually(made.registered.is_set)
            await first.stop()
            await second.start()
            await eventually(lambda: second.registered)
            async with second.channel("kubevirt-kvm.sock") as channel:
                watch = channel.unary_stream(f"/{DEVICE_PLUGIN}/ListAndWatch")(b"")
                assert await watch.read() == device_list([Device(f"kvm{n}", True) for n in range(3)])
                watch.cancel()
        await second.stop()

    asyncio.run(body())


def test_two_handlers_of_one_node_leave_one_plugin(tmp_path: Path) -> None:
    """An update may overlap: the older one's end takes the younger one's socket along, which is made and told anew."""

    async def body() -> None:
        kubelet = Kubelet(tmp_path)
        await kubelet.start()
        async with plugin(tmp_path, [True]) as older:
            await eventually(older.registered.is_set)
            younger = DevicePlugin(tmp_path, RESOURCE, "/dev/kvm", lambda: True, slots=3, look_s=0.05, health_s=0.05)
            task = asyncio.create_task(younger.run())
            await eventually(younger.registered.is_set)
        told = len(kubelet.registered)
        await eventually(lambda: len(kubelet.registered) > told and younger.registered.is_set())
        async with kubelet.channel("kubevirt-kvm.sock") as channel:
            watch = channel.unary_stream(f"/{DEVICE_PLUGIN}/ListAndWatch")(b"")
            assert await watch.read() == device_list([Device(f"kvm{n}", True) for n in range(3)])
            watch.cancel()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await kubelet.stop()

    asyncio.run(body())


def test_the_bytes_are_protobufs() -> None:
    """Written out by hand from the messages' definition: key, length, text."""
    assert register_request("a.sock", "x/y") == b"\x0a\x07v1beta1\x12\x06a.sock\x1a\x03x/y"
    assert device_list([Device("d", True), Device("e", False)]) == (
        b"\x0a\x0c\x0a\x01d\x12\x07Healthy\x0a\x0e\x0a\x01e\x12\x09Unhealthy"
    )
    node = b"\x0a\x04/dev\x12\x04/dev\x1a\x02rw"
    assert allocate_response([[DeviceNode("/dev")]]) == b"\x0a\x12\x1a\x10" + node
    long = "n" * 300
    assert device_list([Device(long, True)])[:6] == b"\x0a\xb8\x02\x0a\xac\x02"


def test_what_newer_kubelets_say_is_passed_over() -> None:
    more = b"\x10\x96\x01" + b"\x1d\x00\x00\x00\x00" + b"\x21" + bytes(8) + b"\x2a\x01x"
    assert allocate_request(b"\x0a\x03\x0a\x01a" + more) == [["a"]]
    for broken in (b"\x0a", b"\x0a\x05a", b"\xff" * 11, b"\x0b", b"\x0a\x03\x0a\x01\xff"):
        with pytest.raises(BadMessage):
            allocate_request(broken)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    try:
        allocate_request(data)
    except BadMessage as error:
        assert str(error)
