"""The Docker vector: running containers whose environment or image shows an agent, by `docker inspect`."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agentsentinel_cli.discover.command_output import CommandError, command_output
from agentsentinel_cli.discover.connections import plain_address
from agentsentinel_cli.discover.containers import inspect_container, member, texts_of, variables_of
from agentsentinel_cli.discover.model import DiscoveredAgent, Kind

if TYPE_CHECKING:
    from agentsentinel_cli.discover.run import Run

_BATCH = 200
"""Containers per call; a command line has a limit."""


def find_containers(run: "Run") -> None:
    """Report the running containers that hold an agent."""
    try:
        ids = command_output(["docker", "ps", "--quiet", "--no-trunc"]).decode("utf-8", "replace").split()
        for start in range(0, len(ids), _BATCH):
            output = command_output(["docker", "inspect", "--type", "container", *ids[start : start + _BATCH]])
            for agent in read_containers(output):
                run.add(agent)
    except CommandError as error:
        run.note(f"containers were not looked at: {error}")
        return
    run.looked()


def read_containers(output: bytes) -> Iterator[DiscoveredAgent]:
    """Yield the agents in the output of `docker inspect`. Raises CommandError when it is not JSON."""
    try:
        documents = json.loads(output)
    except (ValueError, RecursionError) as error:
        raise CommandError("docker printed something that is not JSON") from error
    for document in documents if isinstance(documents, list) else []:
        agent = _agent(document)
        if agent is not None:
            yield agent


def _agent(document: object) -> DiscoveredAgent | None:
    image = member(document, "Config", "Image")
    command = [*texts_of(member(document, "Config", "Entrypoint")), *texts_of(member(document, "Config", "Cmd"))]
    environment = variables_of(member(document, "Config", "Env"))
    found = inspect_container(image if isinstance(image, str) else "", command, environment, {})
    if found is None:
        return None
    name = str(member(document, "Name") or member(document, "Id") or "?").lstrip("/")
    # A port is published on IPv4 and IPv6, and leads to the same container.
    endpoints = tuple(dict.fromkeys(_published(member(document, "NetworkSettings", "Ports"))))
    pid = member(document, "State", "Pid")
    return DiscoveredAgent(
        source="docker",
        kind=Kind.AGENT,
        name=name,
        location=f"container:{name}",
        frameworks=found.frameworks,
        provider=found.provider,
        api_keys=found.api_keys,
        is_monitored=found.is_monitored,
        # Docker Desktop runs containers in a virtual machine, whose process ids mean nothing here; the process vector
        # knows those that are on this host.
        pid=pid if isinstance(pid, int) and pid > 0 else None,
        container=str(member(document, "Id") or name)[:12],
        endpoints=endpoints,
        url=f"http://{endpoints[0]}" if endpoints else None,
        evidence=found.evidence,
        next_step=f"docker top {name}",
    )


def _published(ports: object) -> Iterator[str]:
    """Yield the addresses of this host that lead into the container."""
    bindings = [each for each in ports.values() if isinstance(each, list)] if isinstance(ports, dict) else []
    for binding in (one for each in bindings for one in each if isinstance(one, dict)):
        address, port = binding.get("HostIp"), binding.get("HostPort")
        if isinstance(port, str) and port.isdigit():
            host = plain_address(address) if isinstance(address, str) and address else "127.0.0.1"
            host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
            yield f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
