"""Keys and passwords put into a running guest."""

from kvnode.api.base import EMPTY, Model


class AccessCredentialSecretSource(Model, frozen=True):
    """The Secret that holds keys or passwords."""

    secret_name: str = EMPTY  # the Secret, in the guest's namespace


class SSHPublicKeyAccessCredentialSource(Model, frozen=True):
    """Where the keys come from."""

    secret: AccessCredentialSecretSource | None = None  # a Secret, each value a file of public keys


class ConfigDriveSSHPublicKeyAccessCredentialPropagation(Model, frozen=True):
    """By the config drive, at boot."""


class NoCloudSSHPublicKeyAccessCredentialPropagation(Model, frozen=True):
    """By the NoCloud disk, at boot."""


class QemuGuestAgentSSHPublicKeyAccessCredentialPropagation(Model, frozen=True):
    """By the guest agent, at any time."""

    users: tuple[str, ...] = ()  # users whose authorized keys are written


class SSHPublicKeyAccessCredentialPropagationMethod(Model, frozen=True):
    """How keys reach the guest: one of these."""

    no_cloud: NoCloudSSHPublicKeyAccessCredentialPropagation | None = None  # by the NoCloud disk
    config_drive: ConfigDriveSSHPublicKeyAccessCredentialPropagation | None = None  # by the config drive
    qemu_guest_agent: QemuGuestAgentSSHPublicKeyAccessCredentialPropagation | None = None  # by the agent


class SSHPublicKeyAccessCredential(Model, frozen=True):
    """Public keys that may log in."""

    source: SSHPublicKeyAccessCredentialSource = SSHPublicKeyAccessCredentialSource()  # where keys come from
    # how they reach the guest
    propagation_method: SSHPublicKeyAccessCredentialPropagationMethod = SSHPublicKeyAccessCredentialPropagationMethod()


class UserPasswordAccessCredentialSource(Model, frozen=True):
    """Where the passwords come from."""

    secret: AccessCredentialSecretSource | None = None  # a Secret, each key a user and its value the password


class QemuGuestAgentUserPasswordAccessCredentialPropagation(Model, frozen=True):
    """By the guest agent."""


class UserPasswordAccessCredentialPropagationMethod(Model, frozen=True):
    """How passwords reach the guest."""

    qemu_guest_agent: QemuGuestAgentUserPasswordAccessCredentialPropagation | None = None  # by the agent


class UserPasswordAccessCredential(Model, frozen=True):
    """Passwords of users, by name."""

    source: UserPasswordAccessCredentialSource = UserPasswordAccessCredentialSource()  # where passwords come from
    # how they reach the guest
    propagation_method: UserPasswordAccessCredentialPropagationMethod = UserPasswordAccessCredentialPropagationMethod()


class AccessCredential(Model, frozen=True):
    """Keys or passwords: one of these."""

    ssh_public_key: SSHPublicKeyAccessCredential | None = None  # public keys
    user_password: UserPasswordAccessCredential | None = None  # passwords
