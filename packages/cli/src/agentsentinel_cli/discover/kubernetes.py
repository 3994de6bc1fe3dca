"""The Kubernetes vector: pods of the current context whose environment or image shows an agent, by `kubectl`."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agentsentinel_cli.discover.command_output import CommandError, command_output
from agentsentinel_cli.discover.containers import inspect_container, member, texts_of
from agentsentinel_cli.discover.model import DiscoveredAgent, Kind

if TYPE_CHECKING:
    from agentsentinel_cli.discover.run import Run

_COMMAND = ["kubectl", "get", "pods", "--all-namespaces", "--output", "json", "--request-timeout", "10s"]


def find_pods(run: "Run") -> None:
    """Report the containers of pods that hold an agent."""
    try:
        for agent in read_pods(command_output(_COMMAND)):
            run.add(agent)
    except CommandError as error:
        run.note(f"pods were not looked at: {error}")
        return
    run.looked()


def read_pods(output: bytes) -> Iterator[DiscoveredAgent]:
    """Yield the agents in the output of `kubectl get pods`. Raises CommandError when it is not JSON."""
    try:
        items = member(json.loads(output), "items")
    except (ValueError, RecursionError) as error:
        raise CommandError("kubectl printed something that is not JSON") from error
    for pod in items if isinstance(items, list) else []:
        # Containers that have ended, such as those of jobs, run nothing.
        if member(pod, "status", "phase") in ("Succeeded", "Failed"):
            continue
        containers = member(pod, "spec", "containers")
        for container in containers if isinstance(containers, list) else []:
            agent = _agent(pod, container)
            if agent is not None:
                yield agent


def _agent(pod: object, container: object) -> DiscoveredAgent | None:
    image = member(container, "image")
    command = [*texts_of(member(container, "command")), *texts_of(member(container, "args"))]
    values, references = _environment(member(container, "env"))
    found = inspect_container(image if isinstance(image, str) else "", command, values, references)
    if found is None:
        return None
    namespace, name = (str(member(pod, "metadata", part) or "?") for part in ("namespace", "name"))
    place = f"{namespace}/{name}/{member(container, 'name') or '?'}"
    return DiscoveredAgent(
        source="kubernetes",
        kind=Kind.AGENT,
        name=name,
        location=f"pod:{place}",
        frameworks=found.frameworks,
        provider=found.provider,
        api_keys=found.api_keys,
        is_monitored=found.is_monitored,
        container=place,
        evidence=found.evidence,
        next_step=f"kubectl describe pod {name} --namespace {namespace}",
    )


def _environment(entries: object) -> tuple[dict[str, str], dict[str, str]]:
    """Return the variables with a value in the definition, and those that come from elsewhere with where from."""
    values: dict[str, str] = {}
    references: dict[str, str] = {}
    for entry in entries if isinstance(entries, list) else []:
        name, value = member(entry, "name"), member(entry, "value")
        if not isinstance(name, str):
            continue
        if isinstance(value, str):
            values[name] = value
        elif member(entry, "valueFrom", "secretKeyRef", "name") is not None:
            references[name] = f"the secret {member(entry, 'valueFrom', 'secretKeyRef', 'name')}"
        elif member(entry, "valueFrom", "configMapKeyRef", "name") is not None:
            references[name] = f"the config map {member(entry, 'valueFrom', 'configMapKeyRef', 'name')}"
    return values, references
