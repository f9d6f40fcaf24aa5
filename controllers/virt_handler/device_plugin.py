"""Device plugins: the node's kvm and tun, offered to the kubelet, so that a guest's Pod gets a device and no privilege.

Each resource is a gRPC server on a socket of its own in the kubelet's folder.  A device file can be shared, so it is
offered a thousand times, as KubeVirt does.  What holds:

- A kubelet that starts anew empties its folder and forgets its plugins; a plugin whose socket is gone, or whose
  kubelet's socket is another file than before, registers again.  Until it has, it tries.
- A device is healthy while ``healthy`` says so, and a change is told to the kubelet at once: a node on which KVM is
  there and doesn't work offers none.
- Without us nothing that was allotted is taken back; nothing new is allotted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc

from controllers.virt_handler.kubelet_api import (
    DEVICE_PLUGIN,
    REGISTRATION,
    BadMessage,
    Device,
    DeviceNode,
    allocate_request,
    allocate_response,
    device_list,
    register_request,
)

SLOTS = 1000
KUBELET_SOCKET = "kubelet.sock"
LOOK_S = 1.0
HEALTH_S = 5.0
REGISTER_S = 5.0

log = logging.getLogger(__name__)


class DevicePlugin:
    """One resource, such as ``devices.kubevirt.io/kvm``.

    folder   -- the kubelet's device plugin folder
    path     -- the device file that a container gets
    healthy  -- whether it may be allotted; asked every few seconds
    """

    def __init__(
        self,
        folder: Path,
        resource: str,
        path: str,
        healthy: Callable[[], bool],
        *,
        slots: int = SLOTS,
        look_s: float = LOOK_S,
        health_s: float = HEALTH_S,
    ) -> None:
        self.resource = resource
        self.registered = asyncio.Event()
        self._folder = folder
        self._path = path
        self._healthy = healthy
        self._slots = slots
        self._look_s = look_s
        self._health_s = health_s
        self._name = resource.rpartition("/")[2]
        self._endpoint = f"kubevirt-{self._name}.sock"

    async def run(self) -> None:
        """Serves and stays registered until cancelled; then the socket is gone."""
        try:
            while True:
                try:
                    await self._serve()
                except (OSError, RuntimeError, grpc.RpcError) as error:
                    log.warning("the device plugin of %s starts anew: %s", self.resource, _words(error))
                    await asyncio.sleep(self._look_s)
        finally:
            with contextlib.suppress(OSError):
                (self._folder / self._endpoint).unlink()

    async def _serve(self) -> None:
        """One server's life: until the kubelet that it is registered with is another one."""
        self.registered.clear()
        socket = self._folder / self._endpoint
        socket.unlink(missing_ok=True)
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((self._methods(),))
        server.add_insecure_port(f"unix:{socket}")
        await server.start()
        try:
            kubelet = await self._register()
            log.info("the kubelet knows %s", self.resource)
            self.registered.set()
            while socket.exists() and self._kubelet() == kubelet:
                await asyncio.sleep(self._look_s)
        finally:
            await server.stop(None)

    async def _register(self) -> tuple[int, int]:
        """Tells the kubelet of the socket; returns which kubelet it was. Waits for one."""
        while (kubelet := self._kubelet()) is None:
            await asyncio.sleep(self._look_s)
        async with grpc.aio.insecure_channel(f"unix:{self._folder / KUBELET_SOCKET}") as channel:
            call = channel.unary_unary(REGISTRATION)
            await call(register_request(self._endpoint, self.resource), timeout=REGISTER_S)
        return kubelet

    def _kubelet(self) -> tuple[int, int] | None:
        """Inode and time of the kubelet's socket, which it makes anew when it starts."""
        try:
            status = os.stat(self._folder / KUBELET_SOCKET)
        except OSError:
            return None
        return status.st_ino, status.st_ctime_ns

    def _methods(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler(
            DEVICE_PLUGIN,
            {
                "GetDevicePluginOptions": grpc.unary_unary_rpc_method_handler(self._nothing),
                "PreStartContainer": grpc.unary_unary_rpc_method_handler(self._nothing),
                "ListAndWatch": grpc.unary_stream_rpc_method_handler(self._list_and_watch),
                "Allocate": grpc.unary_unary_rpc_method_handler(self._allocate),
            },
        )

    async def _nothing(self, _request: bytes, _context: object) -> bytes:
        return b""

    async def _list_and_watch(self, _request: bytes, _context: object) -> AsyncIterator[bytes]:
        told: bool | None = None
        while True:
            healthy = await asyncio.to_thread(self._healthy)
            if healthy != told:
                told = healthy
                yield device_list([Device(f"{self._name}{number}", healthy) for number in range(self._slots)])
            await asyncio.sleep(self._health_s)

    async def _allocate(self, request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        try:
            containers = allocate_request(request)
        except BadMessage as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return allocate_response([[DeviceNode(self._path)] if names else [] for names in containers])


def _words(error: BaseException) -> str:
    if isinstance(error, grpc.aio.AioRpcError):
        return f"{error.code().name}: {error.details()}"
    return f"{type(error).__name__}: {error}"
