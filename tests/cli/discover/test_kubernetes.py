"""Pods, by a stand-in for `kubectl`."""

import json
from pathlib import Path
from typing import Any

import pytest

from agentsentinel_cli.discover.command_output import CommandError
from agentsentinel_cli.discover.kubernetes import read_pods
from agentsentinel_cli.discover.run import Plan, Run
from cli.discover.stand_ins import pod, stand_in
from cli.discover.support import made_up_key

KEY = made_up_key("sk-proj-")


def reference(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {kind: {"name": "llm", "key": "key"}}}


PODS = [
    pod("crew", {"name": "main", "image": "acme/app", "env": [{"name": "OPENAI_API_KEY", "value": KEY}]}),
    pod("safe", {"name": "main", "image": "acme/app", "env": [reference("OPENAI_API_KEY", "secretKeyRef")]}),
    pod("map", {"name": "main", "image": "acme/app", "env": [reference("GROQ_API_KEY", "configMapKeyRef")]}),
    pod("models", {"name": "sidecar", "image": "envoy"}, {"name": "vllm", "image": "vllm/vllm-openai"}),
    pod("web", {"name": "nginx", "image": "nginx", "env": [{"name": "A", "value": "b"}]}),
    pod("job", {"name": "old", "image": "mcp/time"}, phase="Succeeded"),
]


def test_pods_with_keys_or_images_of_agents_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pods.json").write_text(json.dumps({"kind": "List", "items": PODS}))
    source = f"print(open({str(tmp_path / 'pods.json')!r}).read() if sys.argv[1:3] == ['get', 'pods'] else '')"
    monkeypatch.setenv("PATH", stand_in(tmp_path / "bin", "kubectl", source))
    discovery = Run(Plan(has_processes=False, has_network=False, has_kubernetes=True)).execute()
    found = {agent.location: (agent.risk.value, agent.frameworks, agent.evidence) for agent in discovery.agents}
    assert found == {
        "pod:agents/crew/main": ("CRITICAL", (), ()),
        "pod:agents/safe/main": ("UNKNOWN", (), ("OPENAI_API_KEY comes from the secret llm",)),
        "pod:agents/map/main": ("UNKNOWN", (), ("GROQ_API_KEY comes from the config map llm",)),
        "pod:agents/models/vllm": ("UNKNOWN", ("vLLM",), ("image vllm/vllm-openai",)),
    }
    assert discovery.agents[0].next_step == "kubectl describe pod crew --namespace agents"
    assert KEY not in repr(discovery)


@pytest.mark.parametrize(
    "document", ["null", "[]", '{"items": 1}', '{"items": [null, {}, {"spec": {"containers": [1]}}]}']
)
def test_documents_of_another_shape_hold_no_agent(document: str) -> None:
    assert list(read_pods(document.encode())) == []


@pytest.mark.parametrize("output", [b"", b"error: no cluster", b"[" * 100_000])
def test_output_that_is_not_json_is_an_error(output: bytes) -> None:
    with pytest.raises(CommandError):
        list(read_pods(output))
