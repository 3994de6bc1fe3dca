"""`sentinel discover` as people run it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from agentsentinel_cli.app import main
from agentsentinel_cli.commands.discover import FORMATS, discover_parser
from cli.discover.servers import PRODUCTS, answering, host
from cli.discover.stand_ins import container, docker
from cli.discover.support import COMMAND, discover, environment, made_up_key, running, stub_package, waiting
from cli.scan.support import SALES_AGENT, write_tree
from patience import PATIENCE_SECONDS
from ports import free_port

KEY = made_up_key("sk-proj-")
SERVER = """
import http.server, json, sys
import mcp_types

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        about = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "own", "version": "1"}}
        result = about if message["method"] == "initialize" else {"tools": []}
        body = json.dumps({"jsonrpc": "2.0", "id": message.get("id"), "result": result}).encode()
        self.send_response(200 if self.path == "/mcp" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("ready", flush=True)
server.serve_forever()
"""


def entries_of(*arguments: str, path: str | None = None) -> list[dict[str, Any]]:
    run = discover(*arguments, "--format", "json", variables={"PATH": path} if path else {})
    assert run.returncode in (0, 1), run.stderr
    found: list[dict[str, Any]] = json.loads(run.stdout)
    return found


def test_a_process_that_listens_is_one_agent_with_its_key(tmp_path: Path) -> None:
    stub_package(tmp_path / "installed", "mcp_types")
    (tmp_path / "tool_server.py").write_text(SERVER)
    port = free_port()
    variables = {"PYTHONPATH": str(tmp_path / "installed"), "OPENAI_API_KEY": KEY}
    with running([sys.executable, "tool_server.py", str(port)], folder=tmp_path, variables=variables) as process:
        found = [
            entry
            for entry in entries_of("--ports", str(port))
            if entry["pid"] == process.pid or f"127.0.0.1:{port}" in entry["endpoints"]
        ]
        run = discover("--ports", str(port), "--verbose")
    (agent,) = found
    assert (agent["source"], agent["name"], agent["kind"]) == ("process", "tool-server", "mcp-server")
    assert (agent["framework"], agent["provider"], agent["risk"]) == ("MCP", "OpenAI", "CRITICAL")
    assert (agent["transport"], agent["url"]) == ("streamable-http", f"http://127.0.0.1:{port}/mcp")
    assert agent["next_step"] == f"sentinel scan --pid {process.pid}"
    assert run.returncode == 1
    assert f"OPENAI_API_KEY={KEY[:8]}...{KEY[-4:]}" in run.stdout


@pytest.mark.parametrize("format_", FORMATS)
def test_a_key_is_printed_in_no_format(tmp_path: Path, format_: str) -> None:
    stub_package(tmp_path / "installed", "crewai")
    (tmp_path / "crew.py").write_text(waiting("import crewai"))
    variables = {"PYTHONPATH": str(tmp_path / "installed"), "OPENAI_API_KEY": KEY}
    command = [sys.executable, "crew.py", "--token", KEY, f"--password={KEY}"]
    with running(command, folder=tmp_path, variables=variables) as process:
        run = discover("--no-network", "--format", format_, "--verbose")
    assert str(process.pid) in run.stdout
    assert run.returncode == 1
    assert KEY[8:-4] not in run.stdout + run.stderr


def test_servers_without_authentication_do_not_set_the_exit_code() -> None:
    with ExitStack() as stack:
        ports = [stack.enter_context(host(answering(PRODUCTS[name]))) for name in ("agentsentinel", "ollama", "vllm")]
        run = discover("--no-process", "--ports", ",".join(map(str, ports)))
    assert run.returncode == 0
    assert "3 agents found · 2 MEDIUM · 1 LOW" in run.stdout
    assert f"→ sentinel scan --connect http://127.0.0.1:{ports[0]}" in run.stdout


def test_a_subnet_is_scanned_beside_the_own_ports() -> None:
    with host(answering(PRODUCTS["openai"]), "127.66.0.9") as port:
        arguments = ["--no-process", "--no-network", "--subnet", "127.66.0.0/24", "--ports", str(port)]
        run = discover(*arguments)
        (entry,) = entries_of(*arguments)
    assert "SUBNET SCAN" in run.stdout
    assert "Scanning: subnet (127.66.0.0/24)" in run.stdout
    assert "Subnet scan: 127.66.0.0/24 — 254 hosts · 1 open port · " in run.stdout
    assert (entry["source"], entry["location"]) == ("subnet", f"127.66.0.9:{port}")


def test_containers_and_files_are_vectors_too(tmp_path: Path) -> None:
    path = docker(tmp_path / "bin", [container("crew", "acme/app", f"OPENAI_API_KEY={KEY}")])
    folder = write_tree(tmp_path / "w", {"sales.py": SALES_AGENT})
    arguments = ["--no-process", "--no-network", "--docker", "--path", str(folder)]
    found = entries_of(*arguments, path=path)
    assert [(entry["source"], entry["risk"]) for entry in found] == [("docker", "CRITICAL"), ("file", "MEDIUM")]
    run = discover(*arguments, variables={"PATH": path})
    assert run.returncode == 1
    assert "FILE SCAN" in run.stdout
    assert "DOCKER SCAN" in run.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--subnet", "10.0.0.0/8"],
        ["--subnet", "10.0.0.0/24x"],
        ["--subnet", "300.1.1.1"],
        ["--subnet", "::/0"],
        ["--ports", "0"],
        ["--ports", "9-1"],
        ["--ports", "a-b"],
        ["--path", "no-such-folder"],
        ["--no-process", "--no-network", "--no-clients"],
        ["--baseline", "no-such-file"],
        ["--ignore-file", "no-such-file"],
        ["--output", "no-such-folder/x", "--no-process", "--ports", "1"],
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: list[str], tmp_path: Path) -> None:
    run = discover(*arguments, folder=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("sentinel discover: ")
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--format", "xml"], ["--watch", "0"], ["--watch", "x"], ["agent.py"]])
def test_options_that_cannot_be_parsed_are_exit_code_2(arguments: list[str]) -> None:
    assert discover(*arguments).returncode == 2


def test_known_agents_do_not_set_the_exit_code(tmp_path: Path) -> None:
    path = docker(tmp_path / "bin", [container("crew", "acme/app", f"OPENAI_API_KEY={KEY}")])
    arguments = ["--no-process", "--no-network", "--docker"]
    run = discover(*arguments, "--write-baseline", "known.json", folder=tmp_path, variables={"PATH": path})
    assert (run.returncode, "1 agent written to known.json as known" in run.stderr) == (1, True)
    run = discover(*arguments, "--baseline", "known.json", folder=tmp_path, variables={"PATH": path})
    assert (run.returncode, "known: in known.json" in run.stdout) == (0, True)
    (tmp_path / ".sentinelignore").write_text("AGENT crew a demo without rights\n")
    run = discover(*arguments, folder=tmp_path, variables={"PATH": path})
    assert (run.returncode, "known: a demo without rights" in run.stdout) == (0, True)


def test_an_agent_line_is_no_obstacle_for_sentinel_scan(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "w", {"sales.py": SALES_AGENT, ".sentinelignore": "AGENT sales a demo\n"})
    run = subprocess.run([COMMAND, "scan", ".", "--fail-on", "HIGH"], cwd=folder, capture_output=True, check=False)
    assert run.returncode == 1


def test_the_report_can_be_a_file(tmp_path: Path) -> None:
    run = discover("--no-process", "--ports", "1", "--format", "cyclonedx", "--output", "a.json", folder=tmp_path)
    assert (run.returncode, run.stdout) == (0, "")
    assert json.loads((tmp_path / "a.json").read_text())["specVersion"] == "1.7"


@pytest.mark.parametrize(
    ("missing", "arguments", "code", "why"),
    [
        ("psutil", ["--no-network", "--no-clients"], 3, "processes were not looked at: psutil is not installed"),
        (
            "h11",
            ["--no-process", "--no-clients", "--ports", "1"],
            3,
            "the network was not looked at: h11 is not installed",
        ),
        (
            "h11",
            ["--no-process", "--no-network", "--no-clients", "--subnet", "127.0.0.1"],
            3,
            "the subnet was not looked at",
        ),
        ("agentsentinel_shim", ["--no-process", "--ports", "1"], 3, "agentsentinel-shim is not installed"),
        ("psutil", ["--ports", "1"], 0, "processes were not looked at"),
    ],
)
def test_without_the_extra_a_vector_is_skipped_and_said(
    missing: str, arguments: list[str], code: int, why: str
) -> None:
    program = (
        "import sys; sys.modules[sys.argv[1]] = None\n"
        "from agentsentinel_cli.app import main; sys.exit(main(['discover', *sys.argv[2:]]))"
    )
    command = [sys.executable, "-c", program, missing, *arguments]
    run = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert (run.returncode, why in run.stderr) == (code, True), run.stderr
    assert 'pip install --find-links dist "agentsentinel-cli[discover]"' in run.stderr


def test_ctrl_c_shows_what_was_found_until_then() -> None:
    asked: list[tuple[str, str, dict[str, str]]] = []
    with socket.socket() as silent, ExitStack() as stack:
        port = stack.enter_context(host(answering(PRODUCTS["openai"], asked), "127.55.0.1"))
        silent.bind(("0.0.0.0", 0))
        silent.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", silent.getsockname()[1]))
        ports = f"{port},{silent.getsockname()[1]}"
        command: list[Any] = [COMMAND, "discover", "--no-process", "--no-network", "--subnet", "127.55.0.0/17"]
        process = stack.enter_context(
            subprocess.Popen(
                [*command, "--ports", ports, "--force"], env=environment(), stdout=subprocess.PIPE, text=True
            )
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "/v1/models" not in {path for _, path, _ in asked} and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(3)  # until its answer has been read
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert f"llm-api@127.55.0.1:{port}" in shown
    assert "Interrupted: this is what was found until then." in shown


def test_watching_shows_what_changes() -> None:
    port = free_port()
    command: list[Any] = [COMMAND, "discover", "--no-process", "--ports", str(port), "--watch", "1"]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "0 agents found" in line:
                break
        with host(answering(PRODUCTS["openai"]), port=port):
            appeared = process.stdout.readline()
        gone = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert f"+ MEDIUM  llm-api@127.0.0.1:{port}" in appeared
    assert f"- MEDIUM  llm-api@127.0.0.1:{port}" in gone
    assert process.returncode == 130


def test_the_help_names_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["discover", "--help"])
    shown = capsys.readouterr().out
    assert all(f"  {code} " in shown for code in (0, 1, 2, 3, 130))


def test_a_reader_that_closes_the_pipe_ends_it_quietly() -> None:
    read, written = os.pipe()
    os.close(read)
    with os.fdopen(written, "w") as closed:
        run = subprocess.run(
            [COMMAND, "discover", "--no-process", "--ports", "1"],
            env=environment(), stdout=closed, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
    assert "Traceback" not in run.stderr


def test_the_page_documents_every_option_and_no_other() -> None:
    page = (Path(__file__).parents[3] / "docs" / "discover.md").read_text(encoding="utf-8")
    table = page.partition("\n## Options\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {option for row in rows for option in re.findall(r"`(--[a-z-]+)`", row)}
    options = {text for action in discover_parser()._actions for text in action.option_strings if text.startswith("--")}
    assert named == options - {"--help", "--version"}


@pytest.mark.parametrize(
    "program",
    [
        "{script}",
        "-m {module}",
    ],
)
def test_the_next_step_for_a_process_works(tmp_path: Path, program: str) -> None:
    stub_package(tmp_path / "installed", "langchain_core.tools", "tool = lambda function: function\n")
    (tmp_path / "sales.py").write_text(waiting(SALES_AGENT))
    words = program.format(script="sales.py", module="sales").split()
    with running(
        [sys.executable, *words], folder=tmp_path, variables={"PYTHONPATH": str(tmp_path / "installed")}
    ) as process:
        (entry,) = [entry for entry in entries_of("--no-network") if entry["pid"] == process.pid]
        step = entry["next_step"].split()
        run = subprocess.run([COMMAND, *step[1:]], env=environment(), capture_output=True, text=True, check=False)
    assert entry["risk"] == "MEDIUM"
    assert run.returncode == 0
    assert "EXFILTRATION_PATH" in run.stdout


@pytest.mark.parametrize("product", ["openai", "a2a", "agents"])
def test_the_next_step_for_a_server_works(product: str) -> None:
    with host(answering(PRODUCTS[product])) as port:
        (entry,) = entries_of("--no-process", "--ports", str(port))
        step = entry["next_step"].split()
        run = subprocess.run([COMMAND, *step[1:]], env=environment(), capture_output=True, text=True, check=False)
    assert run.returncode == 0
    assert entry["name"] in run.stdout
