"""libvirt's words about a CPU that can't be had, as a sentence with the manifest's field."""

import libvirt
import pytest

from kvnode.runtime.launcher.domain import start_failure


def refused(message):
    """The error that libvirt's binding raises, with libvirt's own words in it."""
    error = libvirt.libvirtError(message)
    error.err = (libvirt.VIR_ERR_CONFIG_UNSUPPORTED, 0, message, 2, message, None, None, -1, -1)
    return start_failure(error)


@pytest.mark.parametrize(
    ("message", "field", "named"),
    [
        ("internal error: Unknown CPU feature warpdrive", "spec.domain.cpu.features", "'warpdrive'"),
        ("unsupported configuration: unknown CPU feature: warpdrive", "spec.domain.cpu.features", "'warpdrive'"),
        (
            "the CPU is incompatible with host CPU: Host CPU does not provide required features: svm, sgx",
            "spec.domain.cpu.features",
            "'svm, sgx'",
        ),
        (
            "operation failed: guest CPU doesn't match specification: missing features: avx512f",
            "spec.domain.cpu.features",
            "'avx512f'",
        ),
        ("internal error: Unknown CPU model Pentium99", "spec.domain.cpu.model", "'Pentium99'"),
        (
            "unsupported configuration: CPU model 'Pentium99' not supported by hypervisor",
            "spec.domain.cpu.model",
            "'Pentium99'",
        ),
    ],
)
def test_the_field_is_named(message, field, named):
    failure = refused(message)
    assert failure.reason == "DomainRefused"
    assert failure.message.startswith(f"{field}: ")
    assert named in failure.message
    assert message in failure.message


def test_a_tpm_that_nothing_here_emulates():
    failure = refused("Unable to find 'swtpm_setup' binary in $PATH: No such file or directory")
    assert failure.reason == "DomainRefused"
    assert failure.message.startswith("spec.domain.devices.tpm: ")
    assert "install the packages swtpm and swtpm-tools" in failure.message


def test_other_words_stay_libvirts():
    failure = refused("unsupported configuration: no such luck")
    assert failure.message == "libvirt could not start the guest: unsupported configuration: no such luck"
