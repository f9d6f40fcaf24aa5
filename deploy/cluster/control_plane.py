"""The control plane: etcd, kube-apiserver, kube-controller-manager and kube-scheduler, in a machine of their own.

etcd doesn't sync to disk: nothing here outlives the machine. The API server reaches webhooks and aggregated APIs by
their Pods' addresses (``--enable-aggregator-routing``), so it needs no kube-proxy beside it. Every request is in the
audit log, in full for nobody and with its verb, resource and user for all, which is what a test of roles reads.
"""

import json
import signal

from deploy.cluster.certificates import Authority, Pair, service_account_keys
from deploy.cluster.faults import last_lines
from deploy.cluster.kube_api import KubeApi, Refused, kubeconfig, wait_until
from deploy.cluster.layout import Layout
from deploy.cluster.machine import Machine

PKI = "/etc/kubernetes"
AUDIT_LOG = "/var/log/audit.log"
READY_TIMEOUT_S = 180.0
# An API server that is asked to end lets requests under way, watches among them, come to theirs for a minute.
STOP_TIMEOUT_S = 90.0

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


def prepare(layout: Layout, machine: Machine, authority: Authority) -> KubeApi:
    """Write every certificate and configuration of the control plane; the API as its administrator sees it.

    ``authority`` lies in the machine's /etc/kubernetes.
    """
    front_proxy = Authority.create(machine.path(f"{PKI}/front-proxy"), "kvnode-front-proxy-ca")
    front_proxy.issue("front-proxy-client")
    service_account_keys(machine.path(PKI))
    names = ["DNS:kubernetes", "DNS:kubernetes.default", "DNS:kubernetes.default.svc", "DNS:localhost"]
    names.append("DNS:kubernetes.default.svc.cluster.local")
    names += [f"IP:{address}" for address in (layout.control_address, layout.api_service_address, "127.0.0.1")]
    authority.issue("kube-apiserver", names=tuple(names))
    authority.issue("kube-apiserver-kubelet-client", groups=("system:masters",))
    for component in ("kube-controller-manager", "kube-scheduler"):
        user = f"system:{component}"
        _write_kubeconfig(layout, machine, authority, authority.issue(user), component)
    admin = authority.issue("kubernetes-admin", groups=("system:masters",))
    config = kubeconfig(layout.server, authority.pair.certificate, admin, "kubernetes-admin")
    path = layout.folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(config)
    machine.path(f"{PKI}/audit-policy.yaml").write_text(json.dumps(AUDIT_POLICY))
    return KubeApi(layout.server, authority.pair.certificate, admin)


def _write_kubeconfig(layout: Layout, machine: Machine, authority: Authority, client: Pair, component: str) -> None:
    path = machine.path(f"{PKI}/{component}.kubeconfig")
    path.touch(mode=0o600)
    path.write_text(kubeconfig(layout.server, authority.pair.certificate, client, component))


def commands(layout: Layout) -> dict[str, list[str]]:
    """Each daemon's command line, in the order in which they start."""
    return {
        "etcd": [
            "etcd",
            "--name=control",
            "--data-dir=/var/lib/etcd",
            "--listen-client-urls=http://127.0.0.1:2379",
            "--advertise-client-urls=http://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ],
        "kube-apiserver": [
            "kube-apiserver",
            f"--advertise-address={layout.control_address}",
            "--secure-port=6443",
            "--etcd-servers=http://127.0.0.1:2379",
            f"--service-cluster-ip-range={layout.service_network}",
            "--allow-privileged=true",
            "--authorization-mode=Node,RBAC",
            # The latter as on clusters that are strict about it: whoever names an owner has to be allowed to block it.
            "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
            "--enable-aggregator-routing=true",
            f"--client-ca-file={PKI}/ca.crt",
            f"--tls-cert-file={PKI}/kube-apiserver.crt",
            f"--tls-private-key-file={PKI}/kube-apiserver.key",
            f"--kubelet-certificate-authority={PKI}/ca.crt",
            f"--kubelet-client-certificate={PKI}/kube-apiserver-kubelet-client.crt",
            f"--kubelet-client-key={PKI}/kube-apiserver-kubelet-client.key",
            "--kubelet-preferred-address-types=InternalIP",
            f"--requestheader-client-ca-file={PKI}/front-proxy/ca.crt",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={PKI}/front-proxy/front-proxy-client.crt",
            f"--proxy-client-key-file={PKI}/front-proxy/front-proxy-client.key",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={PKI}/service-account.pub",
            f"--service-account-signing-key-file={PKI}/service-account.key",
            f"--audit-policy-file={PKI}/audit-policy.yaml",
            f"--audit-log-path={AUDIT_LOG}",
            "--profiling=false",
        ],
        "kube-controller-manager": [
            "kube-controller-manager",
            f"--kubeconfig={PKI}/kube-controller-manager.kubeconfig",
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            f"--root-ca-file={PKI}/ca.crt",
            f"--service-account-private-key-file={PKI}/service-account.key",
            f"--cluster-signing-cert-file={PKI}/ca.crt",
            f"--cluster-signing-key-file={PKI}/ca.key",
            f"--cluster-cidr={layout.pod_network}",
            "--allocate-node-cidrs=false",
            # Each of its controllers fetches a token first; at the usual rate that alone takes five seconds.
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            "--profiling=false",
        ],
        "kube-scheduler": [
            "kube-scheduler",
            f"--kubeconfig={PKI}/kube-scheduler.kubeconfig",
            "--leader-elect=false",
            "--profiling=false",
        ],
    }


def start_store(layout: Layout, machine: Machine) -> None:
    """Start etcd and the API server; the latter waits for the former by itself."""
    machine.path("/var/lib/etcd").mkdir(mode=0o700, exist_ok=True)
    for daemon in ("etcd", "kube-apiserver"):
        machine.start(daemon, *commands(layout)[daemon])


def await_api(machine: Machine, api: KubeApi) -> None:
    """Wait until the API server says that it is ready; ClusterError with its last words where it never does."""

    def ready() -> bool:
        for daemon in ("etcd", "kube-apiserver"):
            machine.require(daemon)
        try:
            return api.get("/readyz").get("text") == "ok"
        except Refused:
            return False

    wait_until("the API server is ready", ready, READY_TIMEOUT_S, lambda: last_lines(machine.log("kube-apiserver")))


def start_controllers(layout: Layout, machine: Machine) -> None:
    """Start the controller manager and the scheduler; the API server is ready."""
    for daemon in ("kube-controller-manager", "kube-scheduler"):
        machine.start(daemon, *commands(layout)[daemon])


def restart(layout: Layout, machine: Machine, daemon: str, signal_number: int = signal.SIGTERM) -> None:
    """End one of the daemons by a signal and start it again."""
    machine.stop(daemon, signal_number, STOP_TIMEOUT_S)
    machine.start(daemon, *commands(layout)[daemon])
