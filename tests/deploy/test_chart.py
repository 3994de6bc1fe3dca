"""The Helm chart, rendered by Helm's own engine and held to the schemas of Kubernetes."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from helm_python import Chart, HelmError

from agentsentinel.config import Settings

CHART = Path(__file__).parents[2] / "deploy" / "helm" / "agentsentinel"
OLDEST, NEWEST = "1.27", "1.37"
GIVEN: dict[str, Any] = {
    "image": {"repository": "registry.example.com/agentsentinel"},
    "secret": {"databaseUrl": "postgresql://u:p@db/a", "redisUrl": "redis://:p@redis:6379/0", "secretKey": "s" * 64},
}
EVERYTHING: dict[str, Any] = {
    **GIVEN,
    "imagePullSecrets": [{"name": "registry"}],
    "settings": {"EVENT_RETENTION_DAYS": "183"},
    "api": {"nodeSelector": {"disk": "fast"}, "tolerations": [{"operator": "Exists"}]},
    "worker": {"autoscaling": {"enabled": True}},
    "serviceMonitor": {"enabled": True},
}
NOTHING_OPTIONAL: dict[str, Any] = {
    "image": GIVEN["image"],
    "secret": {"existing": "of-mine"},
    "api": {"autoscaling": {"enabled": False}},
    "podDisruptionBudget": {"enabled": False},
    "ingress": {"enabled": False},
    "networkPolicy": {"enabled": False},
}


def rendered(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects that Helm would send to Kubernetes."""
    with Chart.load(CHART) as chart:
        files = chart.render(values, name="prod", namespace="sentinel")
    texts = [text for name, text in files.items() if name.endswith(".yaml")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def of_kind(documents: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [document for document in documents if document["kind"] == kind]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("values", [GIVEN, EVERYTHING, NOTHING_OPTIONAL], ids=["defaults", "everything", "little"])
def test_every_object_fits_the_schema_of_kubernetes(values: dict[str, Any], version: str) -> None:
    documents = rendered(values)
    for document in documents:
        if document["kind"] != "PodMonitor":  # of the Prometheus Operator
            kubernetes_validate.validate(document, version, strict=True)
    assert len({(document["kind"], document["metadata"]["name"]) for document in documents}) == len(documents)


def test_the_chart_makes_servers_workers_and_what_keeps_them_available() -> None:
    documents = rendered(GIVEN)
    assert sorted(document["kind"] for document in documents) == [
        "Deployment",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Ingress",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "PodDisruptionBudget",
        "Secret",
        "Service",
    ]


def test_workers_scale_with_the_lag_of_the_stream() -> None:
    autoscalers = of_kind(rendered(EVERYTHING), "HorizontalPodAutoscaler")
    (worker,) = [one for one in autoscalers if one["spec"]["scaleTargetRef"]["name"].endswith("-worker")]
    (metric,) = worker["spec"]["metrics"]
    assert metric["external"]["metric"]["name"] == "agentsentinel_stream_lag"


def test_selectors_find_the_pods_of_their_role_and_no_others() -> None:
    documents = rendered(EVERYTHING)
    pods = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["labels"]
        for one in of_kind(documents, "Deployment")
    }
    (service,) = of_kind(documents, "Service")
    found = [name for name, labels in pods.items() if service["spec"]["selector"].items() <= labels.items()]
    assert found == ["prod-agentsentinel-api"]
    for budget in of_kind(documents, "PodDisruptionBudget"):
        selector = budget["spec"]["selector"]["matchLabels"]
        found = [name for name, labels in pods.items() if selector.items() <= labels.items()]
        assert found == [budget["metadata"]["name"]]


def test_pods_run_without_privileges_and_end_in_order() -> None:
    for deployment in of_kind(rendered(GIVEN), "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
        assert pod["terminationGracePeriodSeconds"] > 5 + 8 + 8  # preStop, then drain and grace of the server


def test_every_setting_of_the_chart_is_one_of_the_server() -> None:
    documents = rendered(EVERYTHING)
    (secret,) = of_kind(documents, "Secret")
    names = set(secret["stringData"])
    for deployment in of_kind(documents, "Deployment"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        names |= {variable["name"] for variable in container["env"]}
    assert [name for name in names if name.lower() not in Settings.model_fields] == []


def test_a_port_and_capitals_of_the_address_do_not_reach_the_ingress() -> None:
    (ingress,) = of_kind(rendered({**GIVEN, "publicUrl": "https://Sentinel.Example.com:8443"}), "Ingress")
    assert ingress["spec"]["rules"][0]["host"] == "sentinel.example.com"


def test_more_replicas_than_the_autoscaler_may_start_raise_its_limit() -> None:
    (autoscaler,) = of_kind(rendered({**GIVEN, "api": {"replicas": 9}}), "HorizontalPodAutoscaler")
    assert (autoscaler["spec"]["minReplicas"], autoscaler["spec"]["maxReplicas"]) == (9, 9)


def test_a_single_replica_has_no_budget_that_would_hold_up_its_node() -> None:
    budgets = of_kind(rendered({**GIVEN, "worker": {"replicas": 1}}), "PodDisruptionBudget")
    assert [one["metadata"]["name"] for one in budgets] == ["prod-agentsentinel-api"]


def test_an_image_may_be_named_by_its_digest() -> None:
    digest = f"sha256:{'0' * 64}"
    (first, _) = of_kind(rendered({**GIVEN, "image": {"repository": "r/a", "digest": digest}}), "Deployment")
    assert first["spec"]["template"]["spec"]["containers"][0]["image"] == f"r/a@{digest}"


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"secret": GIVEN["secret"]}, "repository"),
        ({"image": GIVEN["image"]}, "secret"),
        ({**GIVEN, "secret": {**GIVEN["secret"], "secretKey": "short"}}, "secretKey"),
        ({**GIVEN, "secret": {**GIVEN["secret"], "databaseUrl": "mysql://db/a"}}, "databaseUrl"),
        ({**GIVEN, "settings": {"EVENT_RETENTION_DAYS": 183}}, "EVENT_RETENTION_DAYS"),
        ({**GIVEN, "settings": {"SECRET_KEY": "s" * 64}}, "SECRET_KEY"),
        ({**GIVEN, "settings": {"PUBLIC_URL": "https://a.example.com"}}, "PUBLIC_URL"),
        ({**GIVEN, "publicUrl": "https://192.0.2.1"}, "publicUrl"),
        ({**GIVEN, "trustedProxies": ["nonsense"]}, "trustedProxies"),
        ({**GIVEN, "networkPolicy": {"egressPorts": [70_000]}}, "egressPorts"),
        ({**GIVEN, "image": {"repository": "r/a", "tag": "@sha256:abc"}}, "tag"),
        ({**GIVEN, "replicaCount": 3}, "replicaCount"),
    ],
)
def test_values_that_cannot_work_are_refused_by_name(values: dict[str, Any], word: str) -> None:
    with Chart.load(CHART) as chart, pytest.raises(HelmError, match=word):
        chart.render(values, name="prod", namespace="sentinel")
