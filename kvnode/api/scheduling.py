"""Where a guest's Pod may run: affinity, tolerations, spreading.

These are Kubernetes' own types and travel unchanged into the launcher's Pod: the scheduler reads them, nothing here
does. On a single machine without a cluster they have nobody to choose between.
"""

from kvnode.api.base import Int32, Int64, Model
from kvnode.api.meta import LabelSelector


class NodeSelectorRequirement(Model, frozen=True):
    """One condition on a node's label or field."""

    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


class NodeSelectorTerm(Model, frozen=True):
    """Conditions on a node that have to hold together."""

    match_expressions: tuple[NodeSelectorRequirement, ...] = ()
    match_fields: tuple[NodeSelectorRequirement, ...] = ()


class NodeSelector(Model, frozen=True):
    """Terms of which a node has to meet at least one."""

    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()


class PreferredSchedulingTerm(Model, frozen=True):
    """A wish about nodes, and how much it weighs."""

    preference: NodeSelectorTerm = NodeSelectorTerm()
    weight: Int32 = 0


class NodeAffinity(Model, frozen=True):
    """Which nodes the guest needs, and which it would rather have."""

    preferred_during_scheduling_ignored_during_execution: tuple[PreferredSchedulingTerm, ...] = ()
    required_during_scheduling_ignored_during_execution: NodeSelector | None = None


class PodAffinityTerm(Model, frozen=True):
    """A group of Pods, and the topology within which to be close to them or away from them."""

    label_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    topology_key: str = ""


class WeightedPodAffinityTerm(Model, frozen=True):
    """A wish about neighbouring Pods, and how much it weighs."""

    pod_affinity_term: PodAffinityTerm = PodAffinityTerm()
    weight: Int32 = 0


class PodAffinity(Model, frozen=True):
    """Pods that the guest should share a node, a zone or another domain with."""

    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()
    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()


class PodAntiAffinity(Model, frozen=True):
    """Pods that the guest should stay away from."""

    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()
    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()


class Affinity(Model, frozen=True):
    """All that a guest says about its place among nodes and Pods."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAntiAffinity | None = None


class Toleration(Model, frozen=True):
    """A taint of nodes that does not keep this guest away."""

    key: str | None = None
    operator: str | None = None
    effect: str | None = None
    toleration_seconds: Int64 | None = None
    value: str | None = None


class TopologySpreadConstraint(Model, frozen=True):
    """How evenly guests of one group are spread over zones, nodes or other domains."""

    label_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    max_skew: Int32 = 0
    min_domains: Int32 | None = None
    node_affinity_policy: str | None = None
    node_taints_policy: str | None = None
    topology_key: str = ""
    when_unsatisfiable: str = ""


class NodePlacement(Model, frozen=True):
    """Nodes on which a group of our own components may run."""

    affinity: Affinity | None = None
    node_selector: dict[str, str] | None = None
    tolerations: tuple[Toleration, ...] = ()
