"""Beyond loopback the shim listens with a token and TLS, or not at all."""

import os
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest

from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_shim.command import parse
from shim.support import API_KEY, http_greeter, shim

TOKEN = "0123456789abcdef"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


class Certificate(NamedTuple):
    chain: Path
    key: Path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a self-signed certificate for localhost."""
    if shutil.which("openssl") is None and not os.environ.get("AGENTSENTINEL_TEST_ALL"):
        pytest.skip("openssl makes the certificate, and is not installed")
    folder = tmp_path_factory.mktemp("tls")
    made = Certificate(folder / "cert.pem", folder / "key.pem")
    options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", *options, *names, "-keyout", str(made.key), "-out", str(made.chain)]
    subprocess.run(command, check=True, capture_output=True)
    return made


def options_of(*words: str) -> object:
    return parse(["--upstream-url", "http://x/mcp", "--agent-name", "n", "--api-key", API_KEY, *words], "shim")


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["--host", "0.0.0.0"], ["--token", "--tls-cert", "--tls-key", "--allow-host"]),
        (["--host", "::"], ["--token", "--tls-cert", "--tls-key", "--allow-host"]),
        (["--host", "192.0.2.1"], ["--token", "--tls-cert", "--tls-key"]),
        (["--host", "shim.internal", "--token", TOKEN], ["--tls-cert", "--tls-key"]),
        (["--host", "0.0.0.0", "--tls-cert", "c", "--tls-key", "k", "--allow-host", "a"], ["--token"]),
        (["--host", "0.0.0.0", "--token", TOKEN, "--tls-cert", "c", "--allow-host", "a"], ["--tls-key"]),
    ],
)
def test_what_is_missing_to_listen_beyond_loopback_is_said_in_one_sentence(
    words: list[str], missing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AGENTSENTINEL_SHIM_TOKEN", raising=False)
    with pytest.raises(ValueError, match="is open to other machines: it needs") as refused:
        options_of(*words)
    said = str(refused.value).partition("it needs")[2]
    assert {name for name in ["--token", "--tls-cert", "--tls-key", "--allow-host"] if name in said} == set(missing)
    assert "\n" not in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--tls-cert", "c"], "go together"),
        (["--tls-key", "k"], "go together"),
        (["--token", "short"], "16 or more"),
        (["--tls-cert", "/no/such", "--tls-key", "/no/such"], "cannot be used: No such file"),
        (["--tls-cert", __file__, "--tls-key", __file__], "cannot be used"),
    ],
)
def test_what_cannot_be_used_is_said(words: list[str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        options_of(*words)


def test_a_key_that_needs_a_password_is_refused_and_not_asked_for(certificate: Certificate, tmp_path: Path) -> None:
    locked = tmp_path / "locked.pem"
    command = ["openssl", "ec", "-in", str(certificate.key), "-aes256", "-passout", "pass:secret", "-out", str(locked)]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(ValueError, match="cannot be used"):
        options_of("--tls-cert", str(certificate.chain), "--tls-key", str(locked))


def test_with_a_token_and_tls_it_listens_everywhere_and_answers_those_who_have_the_token(
    certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTSENTINEL_SHIM_TOKEN", TOKEN)
    tls = ["--tls-cert", str(certificate.chain), "--tls-key", str(certificate.key)]
    trusted = ssl.create_default_context(cafile=str(certificate.chain))
    headers = {"accept": "application/json, text/event-stream"}
    with (
        FakeSentinel().serve() as sentinel,
        http_greeter() as direct,
        shim(
            ["--upstream-url", direct, "--host", "0.0.0.0", "--allow-host", "localhost", *tls], sentinel, tmp_path / "o"
        ) as (address, _),
        httpx2.Client(verify=trusted, headers=headers) as client,
    ):
        url = address.replace("http://127.0.0.1", "https://localhost") + "/mcp"
        refused = client.post(url, json=INITIALIZE)
        answered = client.post(url, json=INITIALIZE, headers={"X-AgentSentinel-Token": TOKEN})
        with pytest.raises(httpx2.TransportError):
            client.post(url.replace("https", "http"), json=INITIALIZE)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (
        401,
        'X-AgentSentinel-Token realm="sentinel shim"',
    )
    assert answered.status_code == 200
    assert "greeter" in answered.text
    said = (tmp_path / "o").read_text()
    assert "https://0.0.0.0:" in said
    assert TOKEN not in said
