"""Where a guest's Pod may run: affinity, tolerations, spreading.

These are Kubernetes' own types and travel unchanged into the launcher's Pod: the scheduler reads them, nothing here
does. On a single machine without a cluster they have nobody to choose between.
"""

from kvnode.api.base import EMPTY, ZERO, Int32, Int64, Model
from kvnode.api.meta import LabelSelector


class NodeSelectorRequirement(Model, frozen=True):
    """One condition on a node's label or field."""

    key: str = EMPTY  # the node's label or field
    # how the label is to be: `In` or `NotIn` the values, `Gt` or `Lt` a number, or whether it `Exists` or
    # `DoesNotExist`
    operator: str = EMPTY
    values: tuple[str, ...] = ()  # what it is compared with; one number for `Gt` and `Lt`


class NodeSelectorTerm(Model, frozen=True):
    """Conditions on a node that have to hold together."""

    match_expressions: tuple[NodeSelectorRequirement, ...] = ()  # conditions on labels
    # conditions on fields, of which only `metadata.name` is known
    match_fields: tuple[NodeSelectorRequirement, ...] = ()


class NodeSelector(Model, frozen=True):
    """Terms of which a node has to meet at least one."""

    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()  # alternatives, of which one has to fit


class PreferredSchedulingTerm(Model, frozen=True):
    """A wish about nodes, and how much it weighs."""

    weight: Int32 = ZERO  # from 1 to 100
    preference: NodeSelectorTerm = NodeSelectorTerm()  # which nodes are liked


class NodeAffinity(Model, frozen=True):
    """Which nodes the guest needs, and which it would rather have."""

    # which nodes will do at all; a running guest stays where it is
    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    # which of them are liked
    preferred_during_scheduling_ignored_during_execution: tuple[PreferredSchedulingTerm, ...] = ()


class PodAffinityTerm(Model, frozen=True):
    """A group of Pods, and the topology within which to be close to them or away from them."""

    label_selector: LabelSelector | None = None  # the Pods, by their labels
    match_label_keys: tuple[str, ...] = ()  # labels in which the Pods have to equal this guest's
    mismatch_label_keys: tuple[str, ...] = ()  # labels in which they have to differ from this guest's
    namespaces: tuple[str, ...] = ()  # namespaces to look for the Pods in; none means the guest's own
    namespace_selector: LabelSelector | None = None  # further namespaces, by their labels
    topology_key: str = EMPTY  # label of nodes whose value makes the domain, such as `kubernetes.io/hostname`


class WeightedPodAffinityTerm(Model, frozen=True):
    """A wish about neighbouring Pods, and how much it weighs."""

    weight: Int32 = ZERO  # from 1 to 100
    pod_affinity_term: PodAffinityTerm = PodAffinityTerm()  # the Pods and the domain


class PodAffinity(Model, frozen=True):
    """Pods that the guest should share a node, a zone or another domain with."""

    # Pods that have to be in the same domain
    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    # Pods that should be there
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()


class PodAntiAffinity(Model, frozen=True):
    """Pods that the guest should stay away from."""

    # Pods that must not be in the same domain
    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    # Pods that should not be there
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()


class Affinity(Model, frozen=True):
    """All that a guest says about its place among nodes and Pods."""

    node_affinity: NodeAffinity | None = None  # for and against nodes
    pod_affinity: PodAffinity | None = None  # towards Pods
    pod_anti_affinity: PodAntiAffinity | None = None  # away from Pods


class Toleration(Model, frozen=True):
    """A taint of nodes that does not keep this guest away."""

    key: str | None = None  # the taint; none means all of them
    operator: str | None = None  # how the taint's value is to be: `Equal` to this one, as is usual, or any (`Exists`)
    value: str | None = None  # the taint's value, for `Equal`
    # what the taint does: `NoSchedule`, `PreferNoSchedule` or `NoExecute`; none means all of them
    effect: str | None = None
    toleration_seconds: Int64 | None = None  # how long a `NoExecute` taint is borne; none means for ever


class TopologySpreadConstraint(Model, frozen=True):
    """How evenly guests of one group are spread over zones, nodes or other domains."""

    topology_key: str = EMPTY  # label of nodes whose value makes a domain
    max_skew: Int32 = ZERO  # by how many the fullest domain may be ahead of the emptiest
    min_domains: Int32 | None = None  # count as if there were at least so many domains
    when_unsatisfiable: str = EMPTY  # where that can't be had: `DoNotSchedule` waits for it, `ScheduleAnyway` doesn't
    label_selector: LabelSelector | None = None  # which Pods are counted
    match_label_keys: tuple[str, ...] = ()  # labels in which counted Pods have to equal this guest's
    node_affinity_policy: str | None = None  # whether nodes that affinity rules out count: `Honor` or `Ignore`
    node_taints_policy: str | None = None  # whether nodes with taints that aren't tolerated count: `Honor` or `Ignore`


class NodePlacement(Model, frozen=True):
    """Nodes on which a group of our own components may run."""

    node_selector: dict[str, str] | None = None  # labels that the nodes have to have
    affinity: Affinity | None = None  # further rules about nodes and Pods
    tolerations: tuple[Toleration, ...] = ()  # taints that don't keep away
