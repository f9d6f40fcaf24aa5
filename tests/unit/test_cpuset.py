"""CPU lists and masks."""

import pytest

from kvnode.facts.cpuset import CPU_LIMIT, CpusetError, cpus_of, format_cpuset, mask_of, parse_cpuset


@pytest.mark.parametrize(
    ("text", "cpus"),
    [
        ("0", [0]),
        ("0-4,16", [0, 1, 2, 3, 4, 16]),
        ("0-4,^3,16\n", [0, 1, 2, 4, 16]),
        ("7,3,3-5", [3, 4, 5, 7]),
        ("^3,3", [3]),
        ("^3", []),
        ("", []),
        ("\n", []),
        ("65535", [65535]),
    ],
)
def test_a_list_is_read_as_the_kernel_and_libvirt_read_it(text, cpus):
    assert cpus_of(parse_cpuset(text)) == cpus


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("0-", "'0-'"),
        ("a", "'a'"),
        ("0,,1", "''"),
        ("0, 1", "' 1'"),
        ("4-0", "write 0-4"),
        ("^1-2", "takes one CPU"),
        ("-1", "'-1'"),
        ("0-31:2/4", "'0-31:2/4'"),
        ("65536", "beyond CPU 65535"),
        ("999999999999999999", "neither a CPU"),
        ("٣", "neither a CPU"),
        ("0x1", "'0x1'"),
    ],
)
def test_whatever_is_no_list_is_refused_with_the_piece_at_fault(text, named):
    with pytest.raises(CpusetError) as caught:
        parse_cpuset(text)
    assert named in str(caught.value)
    assert caught.value.exit_status == 1


def test_a_hostile_length_is_refused_before_it_is_read():
    with pytest.raises(CpusetError, match="too long"):
        parse_cpuset("0," * 1_000_000)


def test_runs_are_written_as_ranges():
    assert format_cpuset(0b1_0000_0000_0001_0111) == "0-2,4,16"
    assert format_cpuset(0) == ""
    assert format_cpuset(1 << 5) == "5"


def test_masks_hold_what_a_cpu_can_be():
    assert mask_of([3, 0]) == 0b1001
    for cpu in (-1, CPU_LIMIT):
        with pytest.raises(CpusetError, match=str(cpu)):
            mask_of([cpu])
    with pytest.raises(CpusetError, match="not a CPU mask"):
        format_cpuset(-1)
