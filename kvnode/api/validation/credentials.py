"""Rules about keys and passwords put into a guest: where they come from, and how they get there."""

from __future__ import annotations

import re

from kvnode.api.credentials import AccessCredentialSecretSource, SSHPublicKeyAccessCredential
from kvnode.api.instance import VirtualMachineInstanceSpec
from kvnode.api.settings import Settings
from kvnode.api.validation.finding import Findings, shown
from kvnode.api.validation.names import subdomain_fault

__all__ = ["credential_rules"]

_USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@$-]{0,255}", re.ASCII).fullmatch


def credential_rules(found: Findings, spec: VirtualMachineInstanceSpec, settings: Settings) -> None:
    """Each is one kind of credential, with one source and one way into the guest that the guest has."""
    for index, credential in enumerate(spec.access_credentials):
        field = f"spec.accessCredentials[{index}]"
        keys, password = credential.ssh_public_key, credential.user_password
        if (keys is None) == (password is None):
            found.invalid(field, "a credential is either an sshPublicKey or a userPassword: set one of them.")
        if keys is not None:
            _secret(found, f"{field}.sshPublicKey.source", keys.source.secret)
            _way_of_keys(found, f"{field}.sshPublicKey.propagationMethod", keys, spec)
        if password is not None:
            _secret(found, f"{field}.userPassword.source", password.source.secret)
            if password.propagation_method.qemu_guest_agent is None:
                found.required(
                    f"{field}.userPassword.propagationMethod",
                    "passwords reach the guest by its agent: set qemuGuestAgent.",
                )


def _secret(found: Findings, field: str, secret: AccessCredentialSecretSource | None) -> None:
    if secret is None:
        found.required(field, "it comes from a Secret: set secret.")
    elif not secret.secret_name:
        found.required(f"{field}.secret.secretName", "name the Secret.")
    elif fault := subdomain_fault(secret.secret_name):
        found.invalid(f"{field}.secret.secretName", f"{shown(secret.secret_name)} {fault}.")


def _way_of_keys(
    found: Findings, field: str, keys: SSHPublicKeyAccessCredential, spec: VirtualMachineInstanceSpec
) -> None:
    way = keys.propagation_method
    given = [way.config_drive, way.no_cloud, way.qemu_guest_agent]
    if sum(value is not None for value in given) != 1:
        found.invalid(field, "keys reach the guest in one way: set one of configDrive, noCloud or qemuGuestAgent.")
    if way.no_cloud is not None and not any(volume.cloud_init_no_cloud is not None for volume in spec.volumes):
        found.invalid(field, "noCloud puts the keys on a cloudInitNoCloud volume, which the guest hasn't: add one.")
    if way.config_drive is not None and not any(volume.cloud_init_config_drive is not None for volume in spec.volumes):
        found.invalid(
            field, "configDrive puts the keys on a cloudInitConfigDrive volume, which the guest hasn't: add one."
        )
    if way.qemu_guest_agent is not None:
        users = way.qemu_guest_agent.users
        if not users:
            found.required(f"{field}.qemuGuestAgent.users", "name at least one user whose keys they are.")
        for index, user in enumerate(users):
            if not _USER(user):
                found.invalid(f"{field}.qemuGuestAgent.users[{index}]", f"{shown(user)} is no user's name.")
