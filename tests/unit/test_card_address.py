"""A card's address is one address, however it is written."""

import pytest

from kvnode.api.card_address import canonical_mac


@pytest.mark.parametrize("text", ["02:00:5e:10:00:0a", "02:00:5E:10:00:0A", "02-00-5e-10-00-0A", "0200.5E10.000a"])
def test_it_is_shown_as_the_kernel_does(text):
    assert canonical_mac(text) == "02:00:5e:10:00:0a"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "02005e10000a",
        "02:00:5e:10:00",
        "02-00-5e-10-00",
        "02-00:5e-10:00-0a",
        "0200:5e10:000a",
        "0200.5e10",
        "0200.5e10.000a.0001",
        "02-00-5e-10-00-0a\n",
        "02-00-5e-10-00-0g",
        "02-00-5e-10-00-\u0660\u0661",
        "02:00:5e:ff:fe:10:00:0a",
    ],
)
def test_anything_else_is_none(text):
    assert canonical_mac(text) is None
