"""The export by syslog: RFC 5424 by UDP, TCP and TLS, with real receivers on this machine."""

import asyncio
import json
import re
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agentsentinel.alerts import ocsf_syslog
from agentsentinel.alerts.destination import DeliveryError
from agentsentinel.alerts.event import FindingEvent
from agentsentinel.alerts.ocsf import detection_finding
from agentsentinel.alerts.ocsf_syslog import OcsfSyslog, syslog_message
from agentsentinel.config import check_syslog_url
from agentsentinel_core.findings import Severity
from ports import free_port
from server.alerts.events import AT, an_event
from server.alerts.receivers import stream_receiver, udp_receiver

RFC_5424 = re.compile(rb"<(\d{1,3})>1 (\S+) ([!-~]{1,255}) agentsentinel (\d+) OCSF - (\{.*\})", re.DOTALL)
"""Head of a message without structured data."""


def send(url: str, event: FindingEvent, tls: ssl.SSLContext | None = None) -> str:
    return asyncio.run(OcsfSyslog(url, "1.8.0", tls).send(event, AT))


def read(message: bytes) -> dict[str, Any]:
    found = RFC_5424.fullmatch(message)
    assert found is not None, message[:200]
    finding: dict[str, Any] = json.loads(found.group(5))
    return finding


def counted(received: bytes) -> bytes:
    """Return the message of one frame with octet counting."""
    length, _, message = received.partition(b" ")
    assert int(length) == len(message)
    return message


def test_a_datagram_is_one_message() -> None:
    event = an_event()
    with udp_receiver() as receiver:
        assert send(receiver.url, event) == "sent by UDP, which has no receipts"
        assert read(receiver.next()) == detection_finding(event, "1.8.0")


def test_a_message_by_tcp_has_its_length_before_it() -> None:
    event = an_event()
    with stream_receiver() as receiver:
        assert send(receiver.url, event) == "sent"
        assert read(counted(receiver.next())) == detection_finding(event, "1.8.0")


def test_line_breaks_and_other_alphabets_stay_within_one_line_of_ascii() -> None:
    event = an_event(message="eins\nzwei \u202e \U0001f600")
    message = syslog_message(event, "1.8.0")
    assert b"\n" not in message
    assert message.isascii()
    assert read(message)["message"] == event.finding.message


@pytest.mark.parametrize(
    ("severity", "priority"),
    [(Severity.CRITICAL, 106), (Severity.HIGH, 107), (Severity.MEDIUM, 108), (Severity.LOW, 109)],
)
def test_the_priority_is_log_audit_with_the_severity(severity: Severity, priority: int) -> None:
    assert syslog_message(an_event(severity=severity), "1.8.0").startswith(
        b"<%d>1 2026-11-30T12:00:00.123+00:00 " % priority
    )


def test_a_message_that_no_datagram_holds_is_refused_and_goes_by_tcp() -> None:
    event = an_event(message="x" * 70_000)
    with udp_receiver() as receiver, pytest.raises(DeliveryError, match="too long for UDP"):
        send(receiver.url, event)
    with stream_receiver() as receiver:
        send(receiver.url, event)
        assert read(counted(receiver.next()))["message"] == event.finding.message


@pytest.mark.parametrize("scheme", ["tcp", "udp", "tls"])
def test_a_host_that_does_not_listen_is_an_error(scheme: str) -> None:
    with pytest.raises(DeliveryError, match="syslog cannot be reached: connection refused"):
        send(f"{scheme}://127.0.0.1:{free_port()}", an_event())


def test_a_receiver_that_dies_with_the_message_is_an_error() -> None:
    with stream_receiver(resets=True) as receiver, pytest.raises(DeliveryError, match="syslog cannot be reached"):
        send(receiver.url, an_event())


def test_a_receiver_that_keeps_the_connection_has_the_message_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocsf_syslog, "CLOSE_SECONDS", 0.1)

    async def scene() -> None:
        held: list[asyncio.StreamWriter] = []
        received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            held.append(writer)
            received.set_result(await reader.read())

        server = await asyncio.start_server(hold, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        event = an_event()
        assert await OcsfSyslog(f"tcp://127.0.0.1:{port}", "1.8.0").send(event, AT) == "sent"
        assert read(counted(await received)) == detection_finding(event, "1.8.0")
        for writer in held:
            writer.close()
        server.close()

    asyncio.run(scene())


def test_a_receiver_that_does_not_answer_at_all_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocsf_syslog, "TIMEOUT_SECONDS", 0.1)
    serving = socket.create_server(("127.0.0.1", 0))  # accepts in the kernel, and never speaks TLS
    with serving, pytest.raises(DeliveryError, match="timed out"):
        send(f"tls://localhost:{serving.getsockname()[1]}", an_event())


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Make a certificate of "localhost" that signs itself."""
    path = tmp_path / "localhost.pem"
    made = tmp_path / "cert.pem"
    request = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run([*request.split(), "-keyout", path, "-out", made], check=True, capture_output=True)
    path.write_text(path.read_text() + made.read_text())
    return path


def test_tls_is_used_and_a_certificate_that_is_not_trusted_is_refused(certificate: Path) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    event = an_event()
    with stream_receiver(serving, host="localhost") as receiver:
        with pytest.raises(DeliveryError, match="syslog cannot be reached: SSLCertVerificationError"):
            send(receiver.url, event)
        assert send(receiver.url, event, trusting) == "sent"
        assert read(counted(receiver.next())) == detection_finding(event, "1.8.0")
        with pytest.raises(DeliveryError, match="SSLCertVerificationError"):
            send(receiver.url.replace("localhost", "127.0.0.1"), event, trusting)


@pytest.mark.parametrize("url", ["udp://host:514", "tcp://host", "tls://[::1]:6514", "tcp://127.0.0.1:1/"])
def test_a_transport_and_a_host_are_accepted(url: str) -> None:
    check_syslog_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host:514",
        "http://host",
        "udp://",
        "udp://host:0",
        "udp://host:x",
        "tcp://u:p@host",
        "tcp://h/x",
        "tcp://h?x",
    ],
)
def test_other_addresses_of_syslog_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="OCSF_SYSLOG must be like"):
        check_syslog_url(url)


def test_the_standard_port_is_added() -> None:
    assert [OcsfSyslog(f"{scheme}://host", "1.8.0").target for scheme in ("udp", "tcp", "tls")] == [
        "udp://host:514",
        "tcp://host:514",
        "tls://host:6514",
    ]
