"""OCSF export by syslog: RFC 5424 over UDP (RFC 5426), TCP with octet counting (RFC 6587) or TLS (RFC 5425)."""

import asyncio
import contextlib
import json
import os
import socket
import ssl
from datetime import datetime
from urllib.parse import urlsplit

from agentsentinel.alerts.destination import DeliveryError
from agentsentinel.alerts.event import FindingEvent
from agentsentinel.alerts.ocsf import detection_finding
from agentsentinel.alerts.posting import reason
from agentsentinel.config import OcsfVersion, check_syslog_url

TIMEOUT_SECONDS = 5.0
REFUSAL_SECONDS = 0.05
"""Time in which a host that has no such UDP port answers so, on the same machine or network."""
CLOSE_SECONDS = 1.0
"""Time in which a receiver by TCP closes the connection. One that does not has the message all the same."""
PORTS = {"udp": 514, "tcp": 514, "tls": 6514}
"""Standard port of each transport."""
MAX_DATAGRAM = 65_507
"""Most bytes that UDP carries over IPv4."""
FACILITY = 13
"""Facility "log audit"."""
LEVELS = {5: 2, 4: 3, 3: 4, 2: 5}
"""Severities of syslog (critical, error, warning, notice) by OCSF's; any other is informational (6)."""


class OcsfSyslog:
    """Sends each event as one message. Syslog has no receipts: over UDP a message may be lost unseen."""

    name = "ocsf-syslog"
    takes_routes = False

    def __init__(self, url: str, version: OcsfVersion, tls: ssl.SSLContext | None = None) -> None:
        check_syslog_url(url)
        parts = urlsplit(url)
        self._scheme, self._host = parts.scheme, parts.hostname or ""
        self._port = parts.port or PORTS[parts.scheme]
        self.target = f"{self._scheme}://{self._host}:{self._port}"
        self._version: OcsfVersion = version
        self._tls = (tls or ssl.create_default_context()) if self._scheme == "tls" else None

    def wants(self, event: FindingEvent) -> bool:
        """Whether to export the event: all of them are."""
        return True

    async def send(self, event: FindingEvent, now: datetime) -> str:
        """Send one message, over a connection of its own unless by UDP. Raises DeliveryError."""
        message = syslog_message(event, self._version)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if self._scheme == "udp":
                    return await self._send_datagram(message)
                return await self._send_stream(message)
        except (OSError, TimeoutError) as error:
            raise DeliveryError(f"syslog cannot be reached: {reason(error)}") from None

    async def _send_datagram(self, message: bytes) -> str:
        if len(message) > MAX_DATAGRAM:
            raise DeliveryError("the event is too long for UDP: use tcp:// or tls://")
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as link:
            link.setblocking(False)
            link.connect(address)
            link.send(message)
            await asyncio.sleep(REFUSAL_SECONDS)
            refusal = link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if refusal:
            raise OSError(refusal, os.strerror(refusal))
        return "sent by UDP, which has no receipts"

    async def _send_stream(self, message: bytes) -> str:
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        try:
            writer.write(b"%d %s" % (len(message), message))
            await writer.drain()
            if self._tls is None:
                writer.write_eof()
                # Most receivers close when they have read all; one that died meanwhile resets the connection.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(), CLOSE_SECONDS)
        finally:
            writer.close()
        await writer.wait_closed()
        return "sent"


def syslog_message(event: FindingEvent, version: OcsfVersion) -> bytes:
    """Build the message of RFC 5424. JSON is in ASCII, so that it needs no byte order mark."""
    finding = detection_finding(event, version)
    priority = FACILITY * 8 + LEVELS.get(finding["severity_id"], 6)
    moment = event.at.isoformat(timespec="milliseconds")
    head = f"<{priority}>1 {moment} {_host_name()} agentsentinel {os.getpid()} OCSF - "
    return (head + json.dumps(finding)).encode()


def _host_name() -> str:
    printable = "".join(letter for letter in socket.gethostname() if "!" <= letter <= "~")
    return printable[:255] or "-"
