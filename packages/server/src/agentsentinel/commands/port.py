"""Check whether a port is free. Standard library only: `make up` runs this file before anything is installed."""

import errno
import http.client
import json
import socket
import sys

ANSWER_SECONDS = 2.0


def explain_taken(host: str, port: int) -> str | None:
    """Explain why the server cannot listen there, and what to do; return None when the port is free, or 0."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return explain_refusal(host, port, error)
    return None


def explain_refusal(host: str, port: int, error: OSError) -> str:
    """Explain why listening failed with `error`, and what to do: choose another address, or another port."""
    if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
        return f"Cannot listen on {host}:{port} ({error.strerror}): choose an address of this machine (`--host`)"
    if is_agentsentinel(host, port):
        return (
            f"AgentSentinel already runs on http://localhost:{port}/: open that, or start another one on another port,"
            f" with another data directory (`make up PORT={port + 1} DATA_DIR=...`, `--port`, `--data-dir`)"
        )
    return f"Cannot listen on {host}:{port} ({error.strerror}): choose another port (`make up PORT=...`, `--port`)"


def is_agentsentinel(host: str, port: int) -> bool:
    """Tell whether an AgentSentinel server answers there."""
    connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=ANSWER_SECONDS)  # noqa: S104 - compared
    try:
        connection.request("GET", "/health")
        return bool(json.loads(connection.getresponse().read(4096)).get("service") == "agentsentinel")
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return False
    finally:
        connection.close()


if __name__ == "__main__" and (problem := explain_taken("127.0.0.1", int(sys.argv[1]))):
    sys.exit(f"agentsentinel: {problem}")
