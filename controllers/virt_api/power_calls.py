"""A power call carried out: read, decide, write; and what there is when it is cut off in between.

A stop with a grace period of its own is two writes to two objects. The one to the machine says that the guest is to
go, the one to the guest how soon. What shortens the time comes last: a guest that isn't going must not be left with
no time, or the next gentle stop, perhaps months later, would pull its plug. The node's handler hears of the shorter
time also when it has asked the guest to stop already. What lengthens it comes first, since a launcher that counts
down isn't given more.

So a call that was cut off has done nothing, or has asked for what was wanted, only less hastily; said again it does
what is missing.
"""

from functools import partial

from controllers.runtime.client import ApiClient
from controllers.runtime.faults import ApiError, Conflict, ObjectNotFound
from controllers.runtime.resources import Request
from controllers.virt_api import answers
from controllers.virt_api.objects import GUESTS, MACHINES, Guest, Machine
from controllers.virt_api.power import NotNow, NotThat, Options, Write, write_of

# How often a write is tried again that met another one: each time what has changed is read anew.
TRIES = 5


class PowerCalls:
    """Carries out start, stop and restart of machines."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def carry_out(self, about: Request, options: Options) -> None:
        """Do what a user who may has asked for. Raises Refusal, or what the API server answers."""
        for tries in range(1, TRIES + 1):
            try:
                await self._once(about, options)
                return
            except Conflict as error:
                if tries == TRIES:
                    raise answers.conflict(MACHINES, about, f"others change it all the time: {error}") from None

    async def _once(self, about: Request, options: Options) -> None:
        """Read, decide, write. Raises Conflict where the machine has changed in between."""
        machine = await self._client.find(MACHINES, about, Machine)
        if machine is None:
            raise answers.not_found(MACHINES, about)
        guest = await self._client.find(GUESTS, about, Guest)
        owners = guest.metadata.owner_references if guest is not None else ()
        if not any(owner.controller and owner.uid == machine.metadata.uid for owner in owners):
            guest = None
        try:
            write = write_of(machine, guest, options)
        except NotNow as error:
            raise answers.conflict(MACHINES, about, str(error)) from None
        except NotThat as error:
            raise answers.bad_request(str(error)) from None
        await self._write(about, machine, guest, write, dry_run=bool(options.dry_run))

    async def _write(
        self, about: Request, machine: Machine, guest: Guest | None, write: Write, *, dry_run: bool
    ) -> None:
        meta = machine.metadata
        patch = partial(self._client.merge_patch, MACHINES, about, resource_version=meta.resource_version, uid=meta.uid)
        if guest is not None and write.grace_s is not None and write.grace_first:
            await self._give(about, guest, write.grace_s, dry_run)
        if write.spec is not None:
            await patch({"spec": write.spec}, dry_run=dry_run)
        if write.requests is not None:
            status = {"stateChangeRequests": write.requests}
            await patch({"status": status}, subresource="status", dry_run=dry_run)
        if guest is not None and write.grace_s is not None and not write.grace_first:
            await self._hurry(about, guest, write.grace_s, dry_run)

    async def _hurry(self, about: Request, guest: Guest, grace_s: int, dry_run: bool) -> None:
        """Shorten the time of a guest that is told to go; one that has gone meanwhile needs none."""
        try:
            await self._give(about, guest, grace_s, dry_run)
        except ObjectNotFound:
            return
        except Conflict:
            live = await self._client.find(GUESTS, about, Guest)
            if live is not None and live.metadata.uid == guest.metadata.uid:
                raise
        except ApiError as error:
            if not error.retryable:
                raise
            message = f"the guest is told to go, but not yet that it has {grace_s} s for it: {error}; try again"
            raise answers.unavailable(message) from None

    async def _give(self, about: Request, guest: Guest, grace_s: int, dry_run: bool) -> None:
        patch = {"spec": {"terminationGracePeriodSeconds": grace_s}}
        await self._client.merge_patch(GUESTS, about, patch, uid=guest.metadata.uid, dry_run=dry_run)
