"""Whether a caller may: each call asks the API server by a SubjectAccessReview, with the user's own groups and extras.

The API server has asked its authorizers itself before it passed a call on. It is asked again, because whoever holds
the front proxy's key could otherwise do everything; and what was allowed once is not remembered, so that a right that
is taken away is gone with the next call.
"""

import msgspec

from controllers.runtime.client import ApiClient
from controllers.virt_api.answers import forbidden, unavailable
from controllers.virt_api.front_proxy import User
from kvnode.api.base import FALSE, Model
from kvnode.api.decode import decode
from kvnode.errors import KvnodeError

PATH = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


class _Verdict(Model, frozen=True):
    """What the authorizers say."""

    allowed: bool = FALSE  # whether it may be done
    denied: bool | None = None  # whether somebody says no, rather than nobody yes
    reason: str | None = None  # why


class _Reviewed(Model, frozen=True):
    """An answered SubjectAccessReview."""

    status: _Verdict = _Verdict()  # the answer


class Asked(msgspec.Struct, frozen=True):
    """What somebody wants to do with a resource of this API."""

    verb: str
    version: str
    resource: str
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        what = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        where = f' in the namespace "{self.namespace}"' if self.namespace else ""
        return f'{self.verb} resource "{what}" in API group "subresources.kubevirt.io"{where}'

    def attributes(self) -> dict[str, dict[str, str]]:
        """As a SubjectAccessReview has it."""
        return {
            "resourceAttributes": {
                "verb": self.verb,
                "group": "subresources.kubevirt.io",
                "version": self.version,
                "resource": self.resource,
                "subresource": self.subresource,
                "namespace": self.namespace,
                "name": self.name,
            }
        }


async def require(client: ApiClient, user: User, asked: Asked) -> None:
    """Return where the user may. Raises Refusal: 403 where not, 503 where nobody can be asked."""
    spec = {
        "user": user.name,
        "groups": list(user.groups),
        "extra": {key: list(values) for key, values in user.extra.items()},
        **asked.attributes(),
    }
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    try:
        verdict = decode(await client.request("POST", PATH, body=body), _Reviewed).status
    except KvnodeError as error:
        raise unavailable(f"whether {user.name} may {asked} can't be asked now: {error}") from None
    if not verdict.allowed or verdict.denied:
        why = f": {verdict.reason}" if verdict.reason else ""
        raise forbidden(f'User "{user.name}" cannot {asked}{why}; a role that allows it has to be bound to the user')
