"""`sentinel scan --url`: what one server is."""

import json
from pathlib import Path

import pytest

from cli.discover.servers import PRODUCTS, answering, host
from cli.scan.support import Run, sentinel


def scan(folder: Path, *arguments: str) -> Run:
    return sentinel(folder, "scan", *arguments)


def test_models_authentication_and_version_are_shown(tmp_path: Path) -> None:
    with host(answering(PRODUCTS["ollama"])) as port:
        run = scan(tmp_path, "--url", f"http://127.0.0.1:{port}")
    assert run.code == 0
    for part in ("Model: llama3.2:latest", "authentication: none", "server: Ollama 0.12.3", "lists: llama3.2:latest"):
        assert part in run.out


def test_a_server_that_wants_a_key_says_so(tmp_path: Path) -> None:
    with host(answering(PRODUCTS["openai with a key"])) as port:
        run = scan(tmp_path, "--url", f"http://127.0.0.1:{port}/v1/models", "--format", "json")
    (entry,) = json.loads(run.out)
    assert (entry["requires_auth"], entry["risk"]) == (True, "LOW")


@pytest.mark.parametrize(("level", "code"), [("CRITICAL", 0), ("HIGH", 0), ("MEDIUM", 1), ("LOW", 1)])
def test_the_gate_is_the_risk_of_the_server(tmp_path: Path, level: str, code: int) -> None:
    with host(answering(PRODUCTS["vllm"])) as port:
        assert scan(tmp_path, "--url", f"http://127.0.0.1:{port}", "--fail-on", level).code == code


def test_the_host_may_be_a_name(tmp_path: Path) -> None:
    with host(answering(PRODUCTS["a2a"])) as port:
        assert "A2A Agent" in scan(tmp_path, "--url", f"http://localhost:{port}").out


@pytest.mark.parametrize("product", ["vllm", "openai with a key", "a2a"])
def test_neither_a_password_nor_the_same_command_again_is_shown(tmp_path: Path, product: str) -> None:
    with host(answering(PRODUCTS[product])) as port:
        run = scan(tmp_path, "--url", f"http://me:s3cret-pass@127.0.0.1:{port}/?token=s3cret-pass")
    gone = scan(tmp_path, "--url", "http://me:s3cret-pass@127.0.0.1:1/?token=s3cret-pass")
    assert (run.code, gone.code) == (0, 3)
    assert "s3cret-pass" not in run.out + run.err + gone.out + gone.err
    assert f"http://127.0.0.1:{port}" in run.out
    assert "sentinel scan --url" not in run.out


@pytest.mark.parametrize("url", ["ftp://x", "javascript:alert(1)", "http://", "http://[", "http://h:99999", "x", ""])
def test_other_addresses_are_wrong_usage(tmp_path: Path, url: str) -> None:
    run = scan(tmp_path, f"--url={url}")
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("arguments", [["agent.py"], ["--pid", "1"], ["--format", "github"]])
def test_a_server_and_source_exclude_each_other(tmp_path: Path, arguments: list[str]) -> None:
    assert scan(tmp_path, "--url", "http://127.0.0.1:1", *arguments).code == 2


def test_a_server_that_does_not_answer_is_exit_code_3(tmp_path: Path) -> None:
    run = scan(tmp_path, "--url", "http://127.0.0.1:1")
    assert (run.code, "no agent, MCP server or LLM API answers" in run.err) == (3, True)


def test_a_report_that_cannot_be_written_is_exit_code_2(tmp_path: Path) -> None:
    with host(answering(PRODUCTS["vllm"])) as port:
        run = scan(tmp_path, "--url", f"http://127.0.0.1:{port}", "--output", "gone/x")
    assert (run.code, "cannot write" in run.err) == (2, True)
