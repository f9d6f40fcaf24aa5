"""What Kubernetes itself makes of quantities: recorded once, and asked again where Go is.

``quantities/main.go`` puts texts to resource.Quantity of Kubernetes' API machinery. ``quantities/facts.tsv`` is what
that said, so that no machine needs Go to hold ours against it; ``python -m tests.kubernetes.quantity_facts`` records it
anew.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

PROGRAM = Path(__file__).with_name("quantities")
RECORDED = PROGRAM / "facts.tsv"
MAX_INT64 = 2**63 - 1

SUFFIXES = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
EXPONENTS = ["e3", "E3", "e+3", "E-3", "e0", "E00", "e-9", "e-10", "e-12", "e18", "e19", "e21", "e03", "e99", "e-99"]
NO_SUFFIXES = [" ", "\t", "K", "ki", "i", "e", "E+", "e-", "ee3", "e1.5", "MiB", "mm", "iM", "B", "e3k", "Kie3", "٣"]
DECIMALS = ["", "0", "5", "1", "50", "000", "001", "25", "0625", "999", "123456789", "1234567891", "9" * 10, "0" * 20]
EDGES = [0, 1, 7, 8, 999, 1000, 1001, 1023, 1024, 1025, 2**53, 10**18, 10**19, MAX_INT64, 2**63, 2**63 + 1, 2**64]

# What a rule of its own decides, wherever chance leads.
CHOSEN = """
+ - . +. -.5 +.5 .5 5. -5. --1 +-1 1- 1+ 1.2.3 0x10 1_000 1,5 00 0.0 -0 +0 007 -007 NaN inf ½ 1é
1e3 1E3 1E 1e 1.5E 1E+3 1e-3 1e-10 1e3.5 0e3 0E e3 Ki E 1e100 1e-100 1e4294967296
1K 1k 1Ki 1ki 1m 1M 1Mi 1mi 1Em 1Eie3 1.5u .1n -.1n 0.5n 1.1n
1.1Gi -1.1Gi 0.1Ki 0.0005Ki -0.0005Ki 0.9999999999Ki 1.0000000001 0.0000000001Gi 1023.9Ki
7.9Ei 8Ei -8Ei 16Ei 9223372036854775807 9223372036854775808 -9223372036854775808 9.223372036854775807E
9E 10E 1000P 999E 1000E 1001E 999999999999999999 9999999999999999999 999999999999999999.5
"""
CHOSEN_BLANK_OR_LONG = [
    "",
    "1 ",
    " 1",
    "1\n",
    "1\0",
    "1" * 128,
    "1" * 129,
    "0" * 129,
    "0." + "0" * 126,
    "0." + "0" * 127,
]


class Fact(NamedTuple):
    """What Kubernetes made of one text; None where that is nothing.

    nanos             -- the value, in billionths
    canonical         -- as Kubernetes writes the quantity
    value, milli      -- Value() and MilliValue(), where an int64 holds them
    compared, summed  -- with the quantity before this one
    seven_times       -- its multiple
    """

    text: str
    nanos: int | None
    canonical: str | None
    value: int | None
    milli: int | None
    compared: int | None
    summed: str | None
    seven_times: str | None


def recorded() -> list[Fact]:
    """The facts that lie in the tree."""
    return list(_facts(RECORDED.read_text()))


def asked(texts: Iterable[str]) -> list[Fact]:
    """What Kubernetes says now, of these texts. Needs Go, and its module proxy where the module isn't there yet."""
    return list(_facts(_said(texts)))


def drawn(random: Random, count: int) -> Iterator[str]:
    """Texts that are quantities or nearly so: edges of each rule, put together by chance."""
    for _ in range(count):
        sign = random.choice(["", "", "", "-", "+"])
        number = random.choice([random.choice(EDGES), random.randrange(3000), random.randrange(10**24)])
        whole = str(number >> random.choice([0, 0, 20, 60]))
        if random.random() < 0.2:
            whole = random.choice(["0" + whole, whole + "000", str(2 ** random.randrange(70)), ""])
        decimals = random.choice(["", "", ".", "." + random.choice(DECIMALS)])
        wrong = random.random() < 0.05
        suffix = random.choice(NO_SUFFIXES if wrong else EXPONENTS if random.random() < 0.25 else SUFFIXES)
        yield f"{sign}{whole}{decimals}{suffix}"


def _facts(said: str) -> Iterator[Fact]:
    for line in said.split("\n")[:-1]:
        text, *columns = line.split("\t")
        nanos, canonical, value, milli, compared, summed, seven_times = (None if c == "-" else c for c in columns)
        yield Fact(json.loads(text), *_whole(nanos), canonical, *_whole(value, milli, compared), summed, seven_times)


def _whole(*columns: str | None) -> list[int | None]:
    return [None if column is None else int(column) for column in columns]


def _said(texts: Iterable[str]) -> str:
    go = shutil.which("go")
    assert go is not None
    return subprocess.run(
        [go, "run", "."],
        cwd=PROGRAM,
        env={**os.environ, "GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off", "GOTOOLCHAIN": "local"},
        input="".join(json.dumps(text) + "\n" for text in texts),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


if __name__ == "__main__":
    RECORDED.write_text(_said([*CHOSEN_BLANK_OR_LONG, *CHOSEN.split(), *drawn(Random(1), 800)]))
