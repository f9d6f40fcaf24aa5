"""How the API server learns whom to believe as virt-api: our authority, written where it looks.

The webhook configurations and the APIServices are applied with the installation and hold no certificate; the authority
is made in the cluster and changes with time. So each replica writes the bundle there, where it isn't there already:
one field of each, and nothing else of them.
"""

import base64
import logging
from typing import Any

from msgspec import Struct, field

from controllers.runtime.client import ApiClient
from controllers.runtime.faults import in_words
from controllers.runtime.resources import Request, Resource
from kvnode.api.base import Model
from kvnode.api.meta import ObjectMeta
from kvnode.errors import KvnodeError

_HOOKS = ("admissionregistration.k8s.io", "v1")
MUTATING = Resource(*_HOOKS, "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", namespaced=False)
VALIDATING = Resource(*_HOOKS, "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", namespaced=False)
SERVICES = Resource("apiregistration.k8s.io", "v1", "apiservices", "APIService", namespaced=False)

WEBHOOKS = ((MUTATING, "virt-api-mutator"), (VALIDATING, "virt-api-validator"))
API_SERVICES = ("v1.subresources.kubevirt.io", "v1alpha3.subresources.kubevirt.io")

log = logging.getLogger(__name__)


class _ClientConfig(Model, frozen=True):
    """How a webhook is called."""

    ca_bundle: str | None = None  # whom to believe, PEM in base64


class _Webhook(Model, frozen=True):
    """One webhook."""

    name: str = ""  # its name
    client_config: _ClientConfig = _ClientConfig()  # how it is called


class _Configuration(Model, frozen=True):
    """Webhooks."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    webhooks: tuple[_Webhook, ...] = ()  # the webhooks


class _Backend(Model, frozen=True):
    """How an aggregated API is called."""

    ca_bundle: str | None = None  # whom to believe, PEM in base64


class _ApiService(Model, frozen=True):
    """One version of an aggregated API."""

    metadata: ObjectMeta = ObjectMeta()  # name, place and history
    spec: _Backend = _Backend()  # how it is called


class Registered(Struct):
    """What is still missing, for a readiness check; empty where all is told."""

    missing: list[str] = field(default_factory=lambda: ["the API server has not been told of our authority yet"])

    def check(self) -> str | None:
        return "; ".join(self.missing) or None


async def register(client: ApiClient, bundle: bytes) -> list[str]:
    """Write the bundle wherever another one stands; what could not be done, each as a sentence."""
    text = base64.b64encode(bundle).decode()
    failed = []
    for resource, name in WEBHOOKS:
        failed += await _tried(_webhooks(client, resource, Request("", name), text), f"{resource} {name}")
    for name in API_SERVICES:
        failed += await _tried(_service(client, Request("", name), text), f"{SERVICES} {name}")
    return failed


async def _tried(work: Any, what: str) -> list[str]:
    try:
        await work
    except KvnodeError as error:
        log.warning("%s can't be told of our authority: %s", what, in_words(error))
        return [f"{what}: {in_words(error)}"]
    return []


async def _webhooks(client: ApiClient, resource: Resource, request: Request, text: str) -> None:
    known = await client.get(resource, request, _Configuration)
    operations: list[dict[str, Any]] = []
    for index, webhook in enumerate(known.webhooks):
        if webhook.client_config.ca_bundle != text:
            # The test holds the index to its webhook: somebody may have taken one out meanwhile.
            operations.append({"op": "test", "path": f"/webhooks/{index}/name", "value": webhook.name})
            operations.append({"op": "add", "path": f"/webhooks/{index}/clientConfig/caBundle", "value": text})
    if operations:
        await client.json_patch(resource, request, operations)


async def _service(client: ApiClient, request: Request, text: str) -> None:
    known = await client.get(SERVICES, request, _ApiService)
    if known.spec.ca_bundle != text:
        await client.merge_patch(SERVICES, request, {"spec": {"caBundle": text}})
