"""What a daemon counts and times, for Prometheus, under the names that the field's dashboards already know.

Every daemon has one `Metrics` with a registry of its own, so that two of them fit in one process and a test starts
from nothing. Labels are names of ours (a controller, a verb), never a name that a user chose: those have no bound.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

# From a reconcile that finds nothing to do (0.1 ms) to one that waits for a slow server.
SECONDS = (0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The counters of one daemon, and the registry that a daemon's own ones join."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        self.requests = Counter(
            "rest_client_requests", "Calls to the API server", ["method", "code"], registry=registry
        )
        self.reconciles = Counter(
            "controller_runtime_reconcile",
            "Reconciles by how they ended: success, requeue, error",
            ["controller", "result"],
            registry=registry,
        )
        self.reconcile_seconds = Histogram(
            "controller_runtime_reconcile_time_seconds",
            "Time that a reconcile takes",
            ["controller"],
            buckets=SECONDS,
            registry=registry,
        )
        self.queue_seconds = Histogram(
            "workqueue_queue_duration_seconds",
            "Time from an object's being due to its reconcile",
            ["name"],
            buckets=SECONDS,
            registry=registry,
        )
        self.depth = Gauge("workqueue_depth", "Objects that are due and wait for a worker", ["name"], registry=registry)
        self.retries = Counter(
            "workqueue_retries", "Reconciles that failed and are repeated", ["name"], registry=registry
        )
        self.lists = Counter("informer_lists", "Whole lists that were read", ["resource"], registry=registry)
        self.events = Counter("informer_events", "Events of watches", ["resource", "type"], registry=registry)
        self.objects = Gauge("informer_objects", "Objects that are known", ["resource"], registry=registry)
        self.undecodable = Gauge("informer_undecodable", "Objects that can't be read", ["resource"], registry=registry)
        self.leader = Gauge("leader_election_master_status", "1 while this replica leads", ["name"], registry=registry)
        self.dropped_events = Counter(
            "event_recorder_dropped", "Events that were not written, by why", ["why"], registry=registry
        )

    def exposition(self) -> bytes:
        """Everything in Prometheus's text format."""
        return generate_latest(self.registry)
