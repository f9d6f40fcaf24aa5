"""A daemon as a process: health and metrics over HTTP, and its end by signals."""

import asyncio
import signal
import subprocess
import sys
import time

import aiohttp
import pytest

from controllers.runtime.health import HealthServer, synced
from controllers.runtime.informer import Informer
from controllers.runtime.metrics import Metrics
from controllers.runtime.resources import ApiObject, Resource
from kvnode.errors import HostError
from tests.controllers.eventually import running

MAPS = Resource("", "v1", "configmaps", "ConfigMap")


def test_health_says_what_is_wrong_and_metrics_what_was_done(namespace, with_client):
    async def body(client) -> None:
        metrics = Metrics()
        informer: Informer[ApiObject] = Informer(client, MAPS, ApiObject, namespace=namespace, metrics=metrics)
        complaint: list[str | None] = [None]

        def broken() -> str | None:
            raise RuntimeError("a bug")

        health = HealthServer(
            metrics,
            host="127.0.0.1",
            port=0,
            alive={"loop": lambda: complaint[0]},
            ready={"maps": synced(informer), "other": lambda: complaint[0]},
        )
        second = HealthServer(metrics, host="127.0.0.1", port=0, alive={"bug": broken})
        async with running(health.run(), second.run()), aiohttp.ClientSession() as session:
            await asyncio.gather(health.listening.wait(), second.listening.wait())

            async def get(path: str, port: int) -> tuple[int, str]:
                async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                    return answer.status, await answer.text()

            assert await get("/healthz", health.port) == (200, "ok")
            assert await get("/readyz", health.port) == (503, "maps: the first list of configmaps is not there yet\n")
            async with running(informer.run()):
                await informer.synced.wait()
            assert await get("/readyz", health.port) == (200, "ok")
            complaint[0] = "no certificate"
            assert await get("/healthz", health.port) == (503, "loop: no certificate\n")
            assert await get("/healthz", second.port) == (503, "bug: RuntimeError: a bug\n")
            status, text = await get("/metrics", health.port)
            assert status == 200
            assert 'informer_lists_total{resource="configmaps"} 1.0' in text
            assert "process_resident_memory_bytes" in text
            assert (await get("/nothing", health.port))[0] == 404
            with pytest.raises(HostError, match=f"can't listen on 127.0.0.1:{health.port} .*in use"):
                await HealthServer(metrics, host="127.0.0.1", port=health.port).run()

    with_client(body)


DAEMON = """
import asyncio, sys
from controllers.runtime.services import main, run_services
from kvnode.errors import HostError

async def steady():
    try:
        print("up", flush=True)
        await asyncio.Event().wait()
    finally:
        end = asyncio.get_running_loop().time() + float(sys.argv[2])
        while (left := end - asyncio.get_running_loop().time()) > 0:
            try:
                await asyncio.sleep(left)
            except asyncio.CancelledError:
                print("not yet", flush=True)
        print("ended", flush=True)

async def other():
    if sys.argv[1] == "fails":
        raise HostError("the disk is full: 0 bytes are left, 1 is wanted")
    if sys.argv[1] == "returns":
        return
    if sys.argv[1] == "bug":
        raise RuntimeError("a bug")
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0.1)
        print("other ended", flush=True)

async def daemon():
    await run_services(steady(), other(), grace_s=1.0)

sys.exit(main(daemon))
"""


def daemon(what: str, slow_s: float = 0.0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DAEMON, what, str(slow_s)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_all_parts_end_the_last_one_first(number):
    with daemon("runs", 0.2) as process:
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "other ended\nended\n")
        assert f"{number.name}: stopping" in err


def test_a_part_that_does_not_end_is_left_behind():
    with daemon("runs", 30.0) as process:
        assert process.stdout.readline() == "up\n"
        begun = time.monotonic()
        process.terminate()
        _, err = process.communicate(timeout=20)
        assert time.monotonic() - begun < 15
        assert "did not end in 1 s" in err
        assert process.returncode == 0


def test_told_twice_it_does_not_wait():
    with daemon("runs", 30.0) as process:
        assert process.stdout.readline() == "up\n"
        process.terminate()
        assert "stopping" in process.stderr.readline()
        process.terminate()
        process.communicate(timeout=20)
        assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("what", "status", "said"),
    [
        ("fails", 3, "the disk is full: 0 bytes are left, 1 is wanted"),
        ("returns", 3, "other ended though nobody asked it to"),
        ("bug", 1, "RuntimeError: a bug"),
    ],
)
def test_a_part_that_ends_takes_the_daemon_with_it(what, status, said):
    with daemon(what) as process:
        out, err = process.communicate(timeout=20)
        assert process.returncode == status
        assert said in err
        assert out == "up\nended\n"
