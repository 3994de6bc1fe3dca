"""OCSF export to a file: one JSON object a line, for the collector of a SIEM to read."""

import asyncio
import fcntl
import json
import os
import stat
from datetime import datetime
from pathlib import Path

from agentsentinel.alerts.destination import DeliveryError
from agentsentinel.alerts.event import FindingEvent
from agentsentinel.alerts.ocsf import detection_finding
from agentsentinel.config import OcsfVersion


class OcsfFile:
    """Appends each event to a file, which is opened for each line, so that rotation needs no signal."""

    name = "ocsf-file"
    takes_routes = False

    def __init__(self, path: Path, version: OcsfVersion) -> None:
        self.target = str(path)
        self._path = path
        self._version: OcsfVersion = version

    def wants(self, event: FindingEvent) -> bool:
        """Whether to export the event: all of them are."""
        return True

    async def send(self, event: FindingEvent, now: datetime) -> str:
        """Append one line, on disk when this returns. Raises DeliveryError."""
        line = json.dumps(detection_finding(event, self._version)).encode() + b"\n"
        try:
            await asyncio.to_thread(append_line, self._path, line)
        except OSError as error:
            raise DeliveryError(f"the file cannot be written: {error.strerror or type(error).__name__}") from None
        return "written"


def append_line(path: Path, line: bytes) -> None:
    """Append a line as a whole or not at all, also beside other processes. A new file is private (0600).

    Raises OSError.
    """
    # Not blocking: opening a pipe that has no reader would wait for ever.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is not a regular file")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        try:
            _write_all(descriptor, line)
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)  # a full disk takes half a line, to which the next would be appended
            raise
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, line: bytes) -> None:
    while line:
        line = line[os.write(descriptor, line) :]
