"""Plugin: hooks of somebody else's, called where a guest's domain is made and where its life changes.

A hook on the domain changes its XML, by an expression or by a program in the launcher's Pod. A hook on the node is a
program that is told when guests start, stop and move. Conditions and expressions are in CEL, as admission policies
have them. The kind is an early draft and off unless its feature gate is opened.
"""

from msgspec import field

from kvnode.api.base import EMPTY, NO_ITEMS, Duration, Model
from kvnode.api.meta import ListMeta, ObjectMeta


class CELDomainHook(Model, frozen=True):
    """Changes the domain by an expression."""

    expression: str = EMPTY  # yields what to change; what it doesn't name stays


class SidecarDomainHook(Model, frozen=True):
    """Changes the domain by a program in the launcher's Pod."""

    socket_path: str = EMPTY  # the socket that it listens on


class DomainHook(Model, frozen=True):
    """Changes a domain before it is defined: by one of `cel` and `sidecar`."""

    cel: CELDomainHook | None = None  # by an expression
    sidecar: SidecarDomainHook | None = None  # by a program
    condition: str | None = None  # an expression: whether it is called for a guest
    failure_strategy: str | None = None  # a failure: `Fail` stops the guest's start, `Ignore` goes on without
    timeout: Duration | None = None  # how long it may take


class NodeHook(Model, frozen=True):
    """A program on the node that is told of a guest's life."""

    socket: str = EMPTY  # the socket that it listens on
    # what it is told of: `Pre` or `Post`, and `VMStart`, `VMStop`, `MigrationSource` or `MigrationTarget`
    permitted_hooks: tuple[str, ...] = ()
    condition: str | None = None  # an expression: whether it is called for a guest
    failure_strategy: str | None = None  # a failure: `Fail` stops what was under way, `Ignore` goes on without
    timeout: Duration | None = None  # how long it may take


class AdmissionReference(Model, frozen=True):
    """An object that admission asks."""

    name: str = EMPTY  # its name


class PluginSpec(Model, frozen=True):
    """What is called, and for which guests."""

    condition: str | None = None  # an expression: whether the plugin is for a guest at all
    failure_strategy: str | None = None  # for hooks that don't say: `Fail` if nobody does, or `Ignore`
    domain_hooks: tuple[DomainHook, ...] = ()  # change domains, in this order; plugins in that of their names
    node_hooks: tuple[NodeHook, ...] = ()  # are told of guests' lives, in the same order
    mutating_admission_policies: tuple[AdmissionReference, ...] = ()  # MutatingAdmissionPolicies that belong to it
    validating_admission_policies: tuple[AdmissionReference, ...] = ()  # ValidatingAdmissionPolicies that belong to it
    mutating_admission_webhooks: tuple[AdmissionReference, ...] = ()  # MutatingWebhookConfigurations that belong to it
    # ValidatingWebhookConfigurations that belong to it
    validating_admission_webhooks: tuple[AdmissionReference, ...] = ()


class PluginStatus(Model, frozen=True):
    """A plugin has nothing to tell; this type is there because the API has the field."""


class Plugin(Model, frozen=True):
    """Hooks that are called for guests."""

    api_version: str = field(default_factory=lambda: "plugin.kubevirt.io/v1alpha1")  # `plugin.kubevirt.io/v1alpha1`
    kind: str = field(default_factory=lambda: "Plugin")  # `Plugin`
    metadata: ObjectMeta = ObjectMeta()  # name and history; a plugin is in no namespace
    spec: PluginSpec = PluginSpec()  # what is called
    status: PluginStatus | None = None  # always empty


class PluginList(Model, frozen=True):
    """Plugins, as a server lists them."""

    api_version: str = field(default_factory=lambda: "plugin.kubevirt.io/v1alpha1")  # `plugin.kubevirt.io/v1alpha1`
    kind: str = field(default_factory=lambda: "PluginList")  # `PluginList`
    metadata: ListMeta = ListMeta()  # which state the list shows
    items: tuple[Plugin, ...] = NO_ITEMS  # the objects
