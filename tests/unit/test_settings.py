"""A configuration's answers are made once for each, and never those of another."""

from kvnode.api.configuration import DeveloperConfiguration, KubeVirtConfiguration
from kvnode.api.settings import settings_of


def opening(*gates: str) -> KubeVirtConfiguration:
    return KubeVirtConfiguration(developer_configuration=DeveloperConfiguration(feature_gates=gates))


def test_a_typed_configuration_is_read_once():
    configuration = opening("HostDisk")
    assert settings_of(configuration) is settings_of(configuration)


def test_each_configuration_has_its_own_answers():
    one, other = opening("HostDisk"), opening("Sidecar")
    for _ in range(2):
        assert settings_of(one).gate("HostDisk")
        assert not settings_of(one).gate("Sidecar")
        assert settings_of(other).gate("Sidecar")
        assert not settings_of(other).gate("HostDisk")
        assert not settings_of(None).gate("HostDisk")


def test_a_dict_that_has_changed_is_read_again():
    configuration = {"developerConfiguration": {"featureGates": ["HostDisk"]}}
    assert settings_of(configuration).gate("HostDisk")
    configuration["developerConfiguration"]["featureGates"] = []
    assert not settings_of(configuration).gate("HostDisk")
