"""Compiled names against regular expressions, which are a second reading of the same grammars."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvnode._fast import names

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
PART = r"(?=.{1,63}\Z)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
GRAMMARS = {
    names.is_label: rf"(?=.{{1,63}}\Z){LABEL}",
    names.is_subdomain: rf"(?=.{{1,253}}\Z){SUBDOMAIN}",
    names.is_qualified_name: rf"((?=[^/]{{1,253}}/){SUBDOMAIN}/)?{PART}",
    names.is_name_part: PART,
    names.is_interface_name: r"[A-Za-z0-9_-]{1,253}",
    names.is_attachment_name: rf"((?=[^/]{{1,253}}/){SUBDOMAIN}/)?(?=[^/]{{1,253}}\Z){SUBDOMAIN}",
    names.is_port_name: r"(?=.{1,15}\Z)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*",
    names.is_mac_address: r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}",
    names.is_card_address: r"(?!00:00:00:00:00:00)[0-9a-f][02468ace](:[0-9a-f]{2}){5}",
    names.is_serial: r"[A-Za-z0-9_.+-]{1,256}",
}
TEXTS = st.one_of(
    st.text("aZ9-_./:+ \n\0äé", max_size=20),
    st.text("a0-.", max_size=300),
    st.text("aB1:", min_size=17, max_size=17),
    st.from_regex(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", fullmatch=True),
    st.builds("{}/{}".format, st.text("a-.", max_size=260), st.text("aB._-", max_size=70)),
)


@pytest.mark.parametrize("kind", GRAMMARS, ids=lambda kind: kind.__name__)
@given(text=TEXTS)
def test_a_name_is_what_its_grammar_says(kind, text):
    assert kind(text) == (re.fullmatch(GRAMMARS[kind], text, re.ASCII) is not None)


@pytest.mark.parametrize("kind", GRAMMARS, ids=lambda kind: kind.__name__)
def test_each_character_in_each_place_of_a_name(kind):
    is_name = re.compile(GRAMMARS[kind], re.ASCII).fullmatch
    for sample in ("a", "a-b", "a.b/c", "00:00:00:00:00:00"):
        for code in [*range(256), 0x660, 0xD800, 0xFF11, 0x1F600]:
            for place in range(len(sample)):
                text = f"{sample[:place]}{chr(code)}{sample[place + 1 :]}"
                assert kind(text) == (is_name(text) is not None), text
