"""The node's end of guests' serial consoles: a websocket on one side, the launcher's socket on the other.

The launcher is the console's broker: it keeps what nobody reads and drops a terminal that falls too far behind. Here
bytes are only passed on, as they come, each direction as fast as its slower side. What holds:

- A guest is who its uid says, as the informers know it, and its launcher is known as everywhere on this node: by its
  Pod's folder. Nothing of a caller's becomes a path.
- What blocks is done on threads of its own, one for a guest at a time: a launcher that hangs delays neither the guests'
  reconcile nor another guest's console. A caller waits for an answer no longer than `OPEN_S`, and few may at once.
- A console has one user: a newer stream that has reached the guest ends the older one.
- What the guest prints is never logged, and what its launcher says is printed as text that no terminal obeys.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakValueDictionary

from aiohttp import web
from msgspec import Struct

from controllers.runtime.faults import Undecodable
from controllers.runtime.informer import Informer
from controllers.runtime.resources import Request
from controllers.runtime.streams import (
    ABNORMAL,
    GOING_AWAY,
    MESSAGE_BYTES,
    NORMAL,
    PATIENCE_S,
    PING_S,
    SUBPROTOCOL,
    TRY_AGAIN,
    End,
    OpenStreams,
    Stream,
    TooManyStreams,
    bounded,
    close,
    first_end,
    pinging,
    received,
)
from controllers.virt_handler.guest_status import ENDED
from controllers.virt_handler.guest_sync import BY_GUEST, Folders
from controllers.virt_handler.objects import Pod, is_over, pod_of
from kvnode.api.instance import VirtualMachineInstance
from kvnode.errors import HostError, KvnodeError
from kvnode.runtime.pod_node import PodPlace, last_status, reach_launcher
from kvnode.runtime.protocol import ProtocolError, Query, Status

MOST_STREAMS = 128
THREADS = 4
OPEN_S = 8.0
"""How long a caller waits for a launcher: less than virt-api waits for us."""
MOST_WAITING = 4
"""How many may wait for one guest's launcher."""

CHUNK_BYTES = 32 << 10

TAKEN_OVER = End(GOING_AWAY, "another user has opened this console, which has one user at a time")
TOO_SLOW = End(TRY_AGAIN, "this terminal fell too far behind what the guest prints; the guest runs on: connect again")
NO_MORE_KNOWN = End(GOING_AWAY, "the guest's launcher has closed the console and doesn't say why")

log = logging.getLogger(__name__)


class Refused(KvnodeError):
    """A call that gets no stream; ``status`` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Terminal(Struct, frozen=True):
    """A place at a guest's console: the raw, non-blocking socket, and what has come by it already."""

    socket: socket.socket
    first: bytes


class Consoles:
    """The consoles of this node's guests. `close` ends what is open; it is for the daemon's end.

    node  -- this node's name
    most  -- how many streams may be open at once
    """

    def __init__(
        self,
        guests: Informer[VirtualMachineInstance],
        pods: Informer[Pod],
        folders: Folders,
        node: str,
        *,
        most: int = MOST_STREAMS,
        ping_s: float = PING_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._guests = guests
        self._pods = pods
        self._folders = folders
        self._node = node
        self._ping_s = ping_s
        self._patience_s = patience_s
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="console")
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._waiting: Counter[str] = Counter()
        self._holders: dict[str, asyncio.Future[End]] = {}
        self.streams = OpenStreams(most)

    async def serve(self, request: web.Request, guest: Request, uid: str) -> web.StreamResponse:
        """Answer a call with the console of a guest, until either side ends it. Raises Refused."""
        stream = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            autoping=False,
            compress=False,
            max_msg_size=MESSAGE_BYTES,
            writer_limit=0,
            decode_text=False,
        )
        if stream.can_prepare(request).protocol != SUBPROTOCOL:
            raise Refused(400, f"a console is a websocket of the subprotocol {SUBPROTOCOL}")
        place = self._place(guest, uid)
        try:
            with self.streams.opened() as ended:
                await self._serve(request, stream, guest, uid, place, ended)
        except TooManyStreams as error:
            raise Refused(503, str(error)) from None
        return stream

    async def _serve(
        self,
        request: web.Request,
        stream: web.WebSocketResponse[bool],
        guest: Request,
        uid: str,
        place: PodPlace,
        ended: asyncio.Future[End],
    ) -> None:
        terminal = await self._attached(guest, uid, place)
        end = End(ABNORMAL)
        try:
            await stream.prepare(request)
            bounded(stream, request.transport)
            self._take_over(uid, ended)
            log.info("%s: its console was opened", guest)
            end = await first_end(
                self._to_user(terminal, stream, place),
                self._to_guest(stream, terminal),
                pinging(stream, end, self._ping_s),
                ended=ended,
            )
        finally:
            terminal.socket.close()
            if self._holders.get(uid) is ended:
                del self._holders[uid]
            if stream.prepared:
                await close(stream, end)
                log.info("%s: its console was closed (%d)", guest, end.code)

    async def close(self, within_s: float) -> None:
        """End every stream in words, and whatever is still to come; all guests go on."""
        end = End(GOING_AWAY, "the node's virt-handler ends here; the guest runs on: connect again in a moment")
        await self.streams.end_all(end, within_s)
        self._threads.shutdown(wait=False, cancel_futures=True)

    # -- whose console

    def _place(self, guest: Request, uid: str) -> PodPlace:
        """Where the launcher of a guest is. Raises Refused where there is no console to be had."""
        if not (self._guests.synced.is_set() and self._pods.synced.is_set()):
            raise Refused(503, f"virt-handler on node {self._node} has just begun and doesn't know its guests yet")
        try:
            vmi = self._guests.get(guest)
        except Undecodable as error:
            raise Refused(503, f"guest {guest} is on node {self._node} and can't be read: {error}") from None
        if vmi is None or vmi.metadata.uid != uid or vmi.status.node_name not in (None, self._node):
            raise Refused(404, f"there is no guest {guest} with the uid {uid} on node {self._node}")
        if vmi.status.phase != "Running":
            raise Refused(409, f"guest {guest} doesn't run: its phase is {vmi.status.phase or 'not known yet'}")
        if vmi.spec.domain.devices.autoattach_serial_console is False:
            raise Refused(409, f"guest {guest} has no serial console: autoattachSerialConsole is false")
        pod = pod_of(vmi, self._pods.by_index(BY_GUEST, uid), self._node)
        if pod is None:
            raise Refused(503, f"the launcher's Pod of guest {guest} isn't known on node {self._node}: try again")
        if is_over(pod):
            raise Refused(409, f"guest {guest} doesn't run: its launcher's Pod has ended")
        try:
            return self._folders.place(pod)
        except HostError as error:
            raise Refused(503, f"the launcher's Pod of guest {guest} can't be found: {error}") from None

    def _take_over(self, uid: str, ended: asyncio.Future[End]) -> None:
        older = self._holders.get(uid)
        if older is not None and not older.done():
            older.set_result(TAKEN_OVER)
        self._holders[uid] = ended

    # -- the launcher

    async def _attached(self, guest: Request, uid: str, place: PodPlace) -> Terminal:
        """A terminal of the guest's. Raises Refused, after `OPEN_S` at the latest."""
        if self._waiting[uid] >= MOST_WAITING:
            raise Refused(503, f"others wait for the launcher of guest {guest} already, which may hang: try again")
        turn = self._turns.setdefault(uid, asyncio.Lock())
        deadline = asyncio.get_running_loop().time() + OPEN_S
        work = asyncio.create_task(self._attach_in_turn(turn, place, deadline))
        self._waiting[uid] += 1
        work.add_done_callback(lambda _: self._waits_no_more(uid))
        try:
            await asyncio.wait((work,), timeout=OPEN_S)
        finally:
            # Nothing tells a thread to stop, so what comes late is closed when it comes.
            if not work.done():
                work.add_done_callback(_let_go)
        if not work.done():
            raise Refused(
                503, f"the launcher of guest {guest} doesn't answer: try again; whether it hangs, its Pod tells"
            )
        try:
            return work.result()
        except (ProtocolError, HostError) as error:
            raise Refused(503, f"the launcher of guest {guest} can't be reached: {_printable(error)}") from None

    def _waits_no_more(self, uid: str) -> None:
        self._waiting[uid] -= 1
        if not self._waiting[uid]:
            del self._waiting[uid]

    async def _attach_in_turn(self, turn: asyncio.Lock, place: PodPlace, deadline: float) -> Terminal:
        """Of several that want one guest's console only one waits on a thread."""
        loop = asyncio.get_running_loop()
        async with turn:
            if loop.time() > deadline:
                raise ProtocolError("it doesn't answer")
            return await loop.run_in_executor(self._threads, _attach, place)

    async def _why_closed(self, place: PodPlace) -> End:
        work = asyncio.get_running_loop().run_in_executor(self._threads, _end_of, place)
        done, _ = await asyncio.wait((work,), timeout=OPEN_S)
        return work.result() if done else NO_MORE_KNOWN

    # -- bytes

    async def _to_user(self, terminal: Terminal, stream: Stream, place: PodPlace) -> End:
        loop = asyncio.get_running_loop()
        data = terminal.first or b""
        while True:
            try:
                if data:
                    await stream.send_bytes(data)
            except ConnectionError:
                return End(ABNORMAL)
            try:
                data = await loop.sock_recv(terminal.socket, CHUNK_BYTES)
            except OSError:
                data = b""
            if not data:
                return await self._why_closed(place)

    async def _to_guest(self, stream: Stream, terminal: Terminal) -> End:
        loop = asyncio.get_running_loop()
        taken = True
        while True:
            data = await received(stream, self._patience_s)
            if isinstance(data, End):
                return data
            try:
                if taken:
                    await loop.sock_sendall(terminal.socket, data)
            except OSError:
                # What the guest has printed until then is still on its way, and why it ended with it.
                taken = False


def _attach(place: PodPlace) -> Terminal:
    """Becomes a terminal of a Pod's guest; for a thread. Raises ProtocolError, HostError, Refused."""
    try:
        connection = reach_launcher(place).connection
    except ProtocolError:
        status = last_status(place)
        if status is None:
            raise
        raise Refused(409, f"the guest doesn't run: {_printable(_told(status))}") from None
    try:
        status = connection.status(Query())
        if status.phase != "Running":
            raise Refused(409, f"the guest doesn't run: {_printable(_told(status))}")
        first = connection.attach(0)
        connection.socket.setblocking(False)
        return Terminal(connection.socket, first)
    except BaseException:
        connection.close()
        raise


def _let_go(late: asyncio.Task[Terminal]) -> None:
    """Closes what nobody waits for any more."""
    if not late.cancelled() and late.exception() is None:
        late.result().socket.close()


def _end_of(place: PodPlace) -> End:
    """Why a launcher has closed a console; for a thread."""
    status = last_status(place)
    if status is None:
        try:
            with reach_launcher(place).connection as connection:
                status = connection.status(Query())
        except (ProtocolError, HostError):
            status = last_status(place)
    if status is None:
        return NO_MORE_KNOWN
    return End(NORMAL, f"the guest has ended: {_printable(_told(status))}") if status.phase in ENDED else TOO_SLOW


def _told(status: Status) -> str:
    return status.message or status.reason or status.phase


def _printable(said: object) -> str:
    """What a launcher has a part in, as one short line that no terminal obeys."""
    text = str(said)[:300]
    return "".join(character if character.isprintable() else "?" for character in text)
