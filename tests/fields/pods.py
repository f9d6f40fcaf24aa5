"""Guests that set what is about their Pod: its place, its name, its accounts and keys, and how it is asked."""

from __future__ import annotations

from typing import Any

_SELECTOR = {
    "matchLabels": {"app": "mill"},
    "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a"]}],
}
_NODES = {
    "matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}],
    "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node1"]}],
}
_NEIGHBOURS = {
    "labelSelector": _SELECTOR,
    "namespaces": ["works"],
    "namespaceSelector": _SELECTOR,
    "topologyKey": "kubernetes.io/hostname",
    "matchLabelKeys": ["version"],
    "mismatchLabelKeys": ["tenant"],
}
_OF_PODS = {
    "requiredDuringSchedulingIgnoredDuringExecution": [_NEIGHBOURS],
    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": _NEIGHBOURS}],
}

AFFINITY: dict[str, dict[str, Any]] = {
    "affinity": {
        "spec.affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [_NODES]},
                "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": _NODES}],
            },
            "podAffinity": _OF_PODS,
            "podAntiAffinity": _OF_PODS,
        }
    },
}

POD: dict[str, dict[str, Any]] = {
    "place": {
        "spec.nodeSelector": {"zone": "a"},
        "spec.tolerations": [
            {"key": "k", "operator": "Equal", "value": "v", "effect": "NoExecute", "tolerationSeconds": 5},
            {"key": "k", "effect": "NoSchedule"},
        ],
        "spec.topologySpreadConstraints": [
            {
                "topologyKey": "zone",
                "maxSkew": 1,
                "minDomains": 2,
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": _SELECTOR,
                "matchLabelKeys": ["version"],
                "nodeAffinityPolicy": "Honor",
                "nodeTaintsPolicy": "Honor",
            },
            {"topologyKey": "node", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": _SELECTOR},
        ],
        "spec.schedulerName": "mine",
        "spec.priorityClassName": "high",
        "spec.serviceAccountName": "mill",
    },
    "life": {
        "spec.terminationGracePeriodSeconds": 5,
        "spec.evictionStrategy": "LiveMigrate",
        "spec.startStrategy": "Paused",
    },
    "names": {
        "spec.hostname": "mill-1",
        "spec.subdomain": "works",
        "spec.dnsPolicy": "None",
        "spec.dnsConfig": {
            "nameservers": ["192.0.2.53"],
            "searches": ["a.example"],
            "options": [{"name": "ndots", "value": "2"}],
        },
    },
    "a password": {
        "spec.accessCredentials": [
            {
                "userPassword": {
                    "source": {"secret": {"secretName": "passwords"}},
                    "propagationMethod": {"qemuGuestAgent": {}},
                }
            }
        ]
    },
    **{
        f"keys by {way}": {
            "spec.accessCredentials": [
                {"sshPublicKey": {"source": {"secret": {"secretName": "keys"}}, "propagationMethod": {way: data}}}
            ],
            **more,
        }
        for way, data, more in (
            ("noCloud", {}, {}),
            ("configDrive", {}, {"spec.volumes.2": {"name": "seed", "cloudInitConfigDrive": {"userData": "x"}}}),
            ("qemuGuestAgent", {"users": ["debian"]}, {}),
        )
    },
}

_TIMES = {
    "initialDelaySeconds": 5,
    "periodSeconds": 5,
    "timeoutSeconds": 2,
    "successThreshold": 1,
    "failureThreshold": 2,
}
_WAYS: dict[str, dict[str, Any]] = {
    "exec": {"exec": {"command": ["true"]}, **_TIMES},
    "ping": {"guestAgentPing": {}},
    "HTTP": {
        "httpGet": {
            "host": "10.0.2.2",
            "port": 80,
            "path": "/",
            "scheme": "HTTP",
            "httpHeaders": [{"name": "X-Probe", "value": "yes"}],
        }
    },
    "TCP": {"tcpSocket": {"host": "10.0.2.2", "port": 80}},
}
PROBES: dict[str, dict[str, Any]] = {
    f"asked by {way}": {"spec.livenessProbe": probe, "spec.readinessProbe": probe} for way, probe in _WAYS.items()
}
