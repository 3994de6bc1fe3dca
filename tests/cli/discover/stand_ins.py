"""Stand-ins for `docker` and `kubectl` that print documented JSON, as programs on the PATH."""

import json
import sys
from pathlib import Path
from typing import Any


def stand_in(folder: Path, name: str, source: str) -> str:
    """Write a program; return a PATH with it."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!{sys.executable}\nimport sys, json, time\n{source}\n")
    program.chmod(0o755)
    return str(folder)


def docker(folder: Path, containers: list[dict[str, Any]]) -> str:
    """Write a `docker` that lists and inspects containers."""
    (folder.parent / "containers.json").write_text(json.dumps(containers))
    source = f"""
containers = json.load(open({str(folder.parent / "containers.json")!r}))
if sys.argv[1:] == ["ps", "--quiet", "--no-trunc"]:
    print("\\n".join(each["Id"] for each in containers))
elif sys.argv[1:4] == ["inspect", "--type", "container"]:
    print(json.dumps([each for each in containers if each["Id"] in sys.argv[4:]]))
else:
    sys.exit(1)
"""
    return stand_in(folder, "docker", source)


def container(name: str, image: str, *variables: str, **others: Any) -> dict[str, Any]:
    """Return a container as `docker inspect` shows it, with the members that are of interest."""
    return {
        "Id": (name.encode().hex() * 64)[:64],
        "Name": f"/{name}",
        "State": {"Status": "running", "Pid": others.get("pid", 0)},
        "Config": {"Image": image, "Env": ["PATH=/bin", *variables], "Cmd": others.get("command"), "Entrypoint": None},
        "NetworkSettings": {"Ports": others.get("ports", {})},
    }


def pod(name: str, *containers: dict[str, Any], phase: str = "Running") -> dict[str, Any]:
    """Return a pod as `kubectl get pods -o json` shows it."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "agents"},
        "spec": {"containers": list(containers)},
        "status": {"phase": phase},
    }
