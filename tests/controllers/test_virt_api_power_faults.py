"""Power calls cut off at each of their calls to the API server, and said again by the user who was told of a failure.

The machine's own reconcile carries out what was written; the test plays the guest, which is slow to go.
"""

import asyncio
import secrets

import pytest

from controllers.runtime.faults import ApiError
from controllers.virt_api.answers import Refusal
from controllers.virt_api.objects import MACHINES as MACHINES_OF_THE_API
from controllers.virt_api.power_calls import PowerCalls
from controllers.virt_controller.objects import GUESTS, MACHINES, Guest
from kvnode.api.subresources import RestartOptions, StartOptions, StopOptions
from tests.controllers.faulty_client import Fault, FaultyClient, Kind, faults
from tests.controllers.test_virt_controller_faults import World, informers_of
from tests.controllers.virt_objects import SPEC

AT_ONCE = 6
GRACE_S = 30
STOP, FORCED_STOP, LONGER_STOP = StopOptions(), StopOptions(grace_period=0), StopOptions(grace_period=99)
RESTART, FORCED_RESTART, START = RestartOptions(), RestartOptions(grace_period_seconds=0), StartOptions()


class Owner:
    """A user with a machine, whose calls meet one fault."""

    def __init__(self, world, strategy, fault):
        self.world, self.strategy = world, strategy
        self.client = FaultyClient(world.api, fault, reads=True)
        self.calls = PowerCalls(self.client)
        self.first = None

    async def has_a_machine(self, runs):
        """One with this strategy, whose guest runs, or where there is none."""
        world = self.world
        head = {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine"}
        spec = {"runStrategy": self.strategy, "template": {"spec": {**SPEC, "terminationGracePeriodSeconds": GRACE_S}}}
        metadata = {"name": "tiny", "namespace": world.namespace}
        await world.api.create(MACHINES, {**head, "metadata": metadata, "spec": spec})
        await world.settle(MACHINES)
        if runs and self.strategy == "Manual":
            await world.set_status(MACHINES, "tiny", {"stateChangeRequests": [{"action": "Start"}]})
            await world.settle(MACHINES)
        if runs:
            self.first = await self.guest_runs()

    async def guest_runs(self):
        """The guest runs and takes its time to go; its uid."""
        world = self.world
        await world.api.merge_patch(GUESTS, world.request, {"metadata": {"finalizers": ["test/slow"]}})
        await world.set_status(GUESTS, "tiny", {"phase": "Running"})
        await world.caught_up(MACHINES)
        return (await self.guest()).metadata.uid

    async def guest(self):
        return await self.world.api.find(GUESTS, self.world.request, Guest)

    async def asks(self, options):
        """Whether the call was answered well, rather than that it could not be done now."""
        try:
            await self.calls.carry_out(self.world.request, options)
        except Refusal as refusal:
            assert refusal.code in (409, 503), refusal
            return False
        except ApiError:
            return False
        return True

    async def asks_until_it_is_so(self, options):
        """As a user does: again where it failed. What is refused then is so already."""
        if not await self.asks(options):
            await self.asks(options)

    async def stands(self):
        """What there is when the machine's reconcile has come to rest, and what when its guest has gone."""
        world, seen = self.world, []
        for goes in (False, True):
            if goes and self.first is not None:
                await world.api.merge_patch(GUESTS, world.request, {"metadata": {"finalizers": None}})
            await world.settle(MACHINES)
            machine, guest = await world.document(MACHINES), await self.guest()
            here = None
            if guest is not None:
                grace_s = guest.spec["terminationGracePeriodSeconds"]
                same = guest.metadata.uid == self.first
                here = (same, bool(guest.metadata.deletion_timestamp), grace_s)
            strategy = machine["spec"]["runStrategy"]
            requests = [one["action"] for one in machine["status"].get("stateChangeRequests", ())]
            # The guest of a halted machine goes anyway, and a Stop that was asked for as well with it.
            seen.append((strategy, [] if strategy == "Halted" and not goes else requests, here))
        return seen


SCENARIOS = [
    pytest.param("Halted", START, False, id="start"),
    pytest.param("Manual", START, False, id="start, asked for"),
    pytest.param("Always", STOP, True, id="stop"),
    pytest.param("Always", FORCED_STOP, True, id="stop at once"),
    pytest.param("Manual", FORCED_STOP, True, id="stop at once, asked for"),
    pytest.param("Manual", LONGER_STOP, True, id="stop with more time"),
    pytest.param("Manual", RESTART, True, id="restart"),
    pytest.param("Always", FORCED_RESTART, True, id="restart at once"),
]


@pytest.mark.partial("every call of virt-api's for power, its reads too, with every kind of fault")
@pytest.mark.parametrize(("strategy", "options", "runs"), SCENARIOS)
def test_a_call_that_is_cut_off_and_said_again_has_the_same_end(
    strategy, options, runs, api_server, crds, with_client, full_run
):
    prefix = f"power-{secrets.token_hex(4)}"

    def new_namespace(name):
        api_server.request("POST", "/api/v1/namespaces", {"metadata": {"name": f"{prefix}-{name}"}})
        return f"{prefix}-{name}"

    async def body(client):
        async with informers_of(client, "") as informers:

            async def owner(name, fault=None):
                made = Owner(World(client, new_namespace(name), informers), strategy, fault)
                await made.has_a_machine(runs)
                return made

            plain = await owner("0")
            untouched = (await plain.guest()).metadata if runs else None
            assert await plain.asks(options)
            calls = len(plain.client.calls)
            writes = [at for at, call in enumerate(plain.client.calls, 1) if call.startswith("merge_patch ")]
            expected = await plain.stands()
            assert untouched is None or plain.first == untouched.uid
            at_once = asyncio.Semaphore(AT_ONCE)

            async def goes_wrong(fault):
                async with at_once:
                    one = await owner(f"{fault.at}-{fault.kind.name.lower()}", fault)
                    await one.asks_until_it_is_so(options)
                    assert one.client.hit, fault
                    assert await one.stands() == expected, f"{fault}, of {calls}"

            async def is_left(fault):
                """The user shrugs: what stands then is what was there before, or what was asked for, less hastily."""
                async with at_once:
                    one = await owner(f"{fault.at}-{fault.kind.name.lower()}-left", fault)
                    done = await one.asks(options)
                    stands = await one.stands()
                    if done or stands == expected:
                        return
                    _, _, guest = stands[0]
                    assert guest is None or guest[2] >= GRACE_S, f"{fault}: the guest is left with {guest[2]} s"

            tried = faults(calls) if full_run else [Fault(at, Kind.UNANSWERED) for at in writes]
            tried += [] if full_run else [Fault(writes[0], Kind.OVERTAKEN), Fault(writes[-1], Kind.UNSENT)]
            async with asyncio.TaskGroup() as tries:
                for fault in tried:
                    tries.create_task(goes_wrong(fault))
                    if fault.kind is Kind.UNSENT:
                        tries.create_task(is_left(fault))

    with_client(body)


def test_a_guest_that_is_gone_needs_no_haste(namespace, api_server, crds, with_client):
    """It ends, or is another one by now, between the machine's write and its own: that is what was asked for."""

    async def body(client):
        async with informers_of(client, namespace) as informers:
            one = Owner(World(client, namespace, informers), "Always", None)
            await one.has_a_machine(True)
            world = one.world

            class GoesMeanwhile(FaultyClient):
                """The guest goes as soon as the machine was written to, and its successor comes at once."""

                async def merge_patch(self, resource, *arguments, **options):
                    answer = await client.merge_patch(resource, *arguments, **options)
                    if resource is MACHINES_OF_THE_API:
                        await client.merge_patch(GUESTS, world.request, {"metadata": {"finalizers": None}})
                        await world.settle(MACHINES)
                        self.successor = await one.guest()
                    return answer

            goes = GoesMeanwhile(client)
            await PowerCalls(goes).carry_out(world.request, FORCED_RESTART)
            await world.settle(MACHINES)
            guest = await one.guest()
            assert guest.metadata.uid not in (None, one.first)
            assert guest.metadata.uid == goes.successor.metadata.uid, "one restart, not two"
            assert guest.spec["terminationGracePeriodSeconds"] == GRACE_S

    with_client(body)
