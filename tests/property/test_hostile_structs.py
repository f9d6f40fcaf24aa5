"""Compiled planning and rendering take anything: values that no manifest can hold are answered or refused.

They read the fields of Structs as C does, so what stands there instead could be taken for what it isn't. It is tried in
a process of its own (hostile_structs.py), whose death by a signal is what to look for.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment.domains import FOLDER

PROGRAM = Path(__file__).with_name("hostile_structs.py")
LEAST = {"planned": 9000, "rendered": 15000, "called": 800}


@pytest.mark.made_up("anything at all stands in any place of a plan")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", LEAST)
def test_anything_is_answered_or_refused(what: str, tmp_path: Path, full_run: bool) -> None:
    step = 1 if full_run else 11
    told = tmp_path / "tried"
    # Nobody validates these guests, so nobody promises their domains (tests/environment/domains.py).
    environment = {name: value for name, value in os.environ.items() if name != FOLDER}
    command = [sys.executable, PROGRAM, told, what, str(step)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{told.read_text()}\n{done.stdout}\n{done.stderr[-4000:]}"
    answers = json.loads(done.stdout)
    assert sum(answers.values()) >= LEAST[what]
    assert answers["TypeError"] > sum(answers.values()) / 10
