"""Keys and passwords put into a running guest."""

from kvnode.api.base import Model


class AccessCredentialSecretSource(Model, frozen=True):
    """The Secret that holds keys or passwords."""

    secret_name: str = ""


class SSHPublicKeyAccessCredentialSource(Model, frozen=True):
    """Where the keys come from."""

    secret: AccessCredentialSecretSource | None = None


class ConfigDriveSSHPublicKeyAccessCredentialPropagation(Model, frozen=True):
    """By the config drive, at boot."""


class NoCloudSSHPublicKeyAccessCredentialPropagation(Model, frozen=True):
    """By the NoCloud disk, at boot."""


class QemuGuestAgentSSHPublicKeyAccessCredentialPropagation(Model, frozen=True):
    """By the guest agent, at any time."""

    users: tuple[str, ...] = ()


class SSHPublicKeyAccessCredentialPropagationMethod(Model, frozen=True):
    """How keys reach the guest: one of these."""

    config_drive: ConfigDriveSSHPublicKeyAccessCredentialPropagation | None = None
    no_cloud: NoCloudSSHPublicKeyAccessCredentialPropagation | None = None
    qemu_guest_agent: QemuGuestAgentSSHPublicKeyAccessCredentialPropagation | None = None


class SSHPublicKeyAccessCredential(Model, frozen=True):
    """Public keys that may log in."""

    propagation_method: SSHPublicKeyAccessCredentialPropagationMethod = SSHPublicKeyAccessCredentialPropagationMethod()
    source: SSHPublicKeyAccessCredentialSource = SSHPublicKeyAccessCredentialSource()


class UserPasswordAccessCredentialSource(Model, frozen=True):
    """Where the passwords come from."""

    secret: AccessCredentialSecretSource | None = None


class QemuGuestAgentUserPasswordAccessCredentialPropagation(Model, frozen=True):
    """By the guest agent."""


class UserPasswordAccessCredentialPropagationMethod(Model, frozen=True):
    """How passwords reach the guest."""

    qemu_guest_agent: QemuGuestAgentUserPasswordAccessCredentialPropagation | None = None


class UserPasswordAccessCredential(Model, frozen=True):
    """Passwords of users, by name."""

    propagation_method: UserPasswordAccessCredentialPropagationMethod = UserPasswordAccessCredentialPropagationMethod()
    source: UserPasswordAccessCredentialSource = UserPasswordAccessCredentialSource()


class AccessCredential(Model, frozen=True):
    """Keys or passwords: one of these."""

    ssh_public_key: SSHPublicKeyAccessCredential | None = None
    user_password: UserPasswordAccessCredential | None = None
