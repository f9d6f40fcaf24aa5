"""Conditions: statements about an object, one for each type.

The kinds that a guest's program reads (VirtualMachineInstance, VirtualMachine, KubeVirt) have conditions of their own
in their modules. All others share these two: KubeVirt's, and the one that Kubernetes recommends to new kinds. Which
types there are is said where a kind has its conditions.
"""

from kvnode.api.base import EMPTY, Int64, Model, Time


class Condition(Model, frozen=True):
    """One statement about an object, and since when it holds."""

    type: str = EMPTY  # what the statement is about
    status: str = EMPTY  # whether it holds: `True`, `False` or `Unknown`
    reason: str | None = None  # why, as one word in CamelCase
    message: str | None = None  # why, as a sentence
    last_probe_time: Time | None = None  # when it was last looked at
    last_transition_time: Time | None = None  # when the status last changed


class StandardCondition(Model, frozen=True):
    """One statement about an object in the form that Kubernetes recommends (metav1.Condition)."""

    type: str = EMPTY  # what the statement is about
    status: str = EMPTY  # whether it holds: `True`, `False` or `Unknown`
    reason: str = EMPTY  # why, as one word in CamelCase
    message: str = EMPTY  # why, as a sentence; may be empty
    observed_generation: Int64 | None = None  # the object's generation that it was found of
    last_probe_time: Time | None = None  # when it was last looked at
    last_transition_time: Time | None = None  # when the status last changed
