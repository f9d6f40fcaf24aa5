"""Text and mask of a CPU set say the same."""

from hypothesis import given
from hypothesis import strategies as st

from kvnode.facts.cpuset import CpusetError, cpus_of, format_cpuset, mask_of, parse_cpuset

CPUS = st.sets(st.integers(0, 300) | st.integers(65_500, 65_535), max_size=60)


@given(CPUS)
def test_format_and_parse_give_the_set_back(cpus):
    mask = mask_of(cpus)
    assert cpus_of(mask) == sorted(cpus)
    assert parse_cpuset(format_cpuset(mask)) == mask
    assert mask.bit_count() == len(cpus)


@given(CPUS)
def test_no_shorter_list_of_ranges_says_the_same(cpus):
    pieces = format_cpuset(mask_of(cpus)).split(",") if cpus else []
    runs = sum(cpu - 1 not in cpus for cpu in cpus)
    assert len(pieces) == runs


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40), st.integers(0, 5)), max_size=12))
def test_pieces_are_taken_in_and_out_in_their_order(pieces):
    text, expected = [], set()
    for without, first, more in pieces:
        if without:
            text.append(f"^{first}")
            expected.discard(first)
        else:
            text.append(f"{first}-{first + more}" if more else str(first))
            expected.update(range(first, first + more + 1))
    assert cpus_of(parse_cpuset(",".join(text))) == sorted(expected)


@given(st.text(alphabet="0123456789,-^ ax\n:", max_size=30) | st.text(max_size=30))
def test_any_text_is_a_set_or_a_sentence(text):
    answer = outcome(text)
    assert answer >= 0 if isinstance(answer, int) else answer.isprintable()


def outcome(text):
    """The mask, or the sentence that refuses the text."""
    try:
        return parse_cpuset(text)
    except CpusetError as error:
        return str(error)
