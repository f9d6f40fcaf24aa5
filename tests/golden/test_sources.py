"""Planning answers the same compiled and as it stands: each plan, its XML, and each refusal with its field.

The sources run in a process of their own, which takes planning from them and not from what is compiled beside them.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import kvnode.planning.planner as planner
from kvnode.planning import disks
from tests.environment.domains import FOLDER
from tests.golden.changed import answer, changed_guests

TREE = Path(__file__).resolve().parents[2]
UNCOMPILED = """
import sys
sys.path.insert(0, sys.argv[1])
from deploy.setup.layouts import from_sources
from_sources()
import json
from tests.golden.test_sources import answers, disks, planner
print(json.dumps([disks.__file__, planner.__file__, answers(int(sys.argv[2]))]))
"""


def answers(step: int) -> dict[str, str]:
    """What is said of every golden guest with one value changed, as hashes."""
    return {
        name: hashlib.sha256(answer(vmi, host).encode(errors="backslashreplace")).hexdigest()
        for name, vmi, host in changed_guests(step)
    }


@pytest.mark.made_up("one value of a manifest is anything, and nobody validates it")
def test_what_is_compiled_answers_as_its_sources_do(full_run: bool) -> None:
    step = 1 if full_run else 7
    # Nobody validates these guests, so nobody promises their domains (tests/environment/domains.py).
    environment = {name: value for name, value in os.environ.items() if name != FOLDER}
    command = [sys.executable, "-c", UNCOMPILED, TREE, str(step)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    *files, plain = json.loads(done.stdout)
    assert [Path(file).suffix for file in files] == [".py", ".py"]
    assert [Path(str(module.__file__)).suffix for module in (disks, planner)] == [".so", ".so"]
    compiled = answers(step)
    assert len(compiled) > 1500 / step
    assert {name for name in {*plain, *compiled} if plain.get(name) != compiled.get(name)} == set()
