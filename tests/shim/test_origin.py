"""A web page elsewhere can send requests here; the relay answers none of them."""

import pytest

from agentsentinel_shim.origin import LOOPBACK, OriginCheck


@pytest.mark.parametrize(
    ("host", "origin", "is_refused"),
    [
        ("127.0.0.1:8002", None, False),
        ("localhost", "http://localhost:3000", False),
        ("[::1]:8002", None, False),
        ("shim.internal:8002", None, False),
        ("LOCALHOST:8002", None, False),
        ("evil.example", None, True),
        ("127.0.0.1.evil.example", None, True),
        ("localhost", "http://evil.example", True),
        ("localhost", "null", True),
        ("localhost", "http://[broken", True),
        ("", None, True),
        ("user@localhost", None, False),
    ],
)
def test_only_own_names_are_answered(host: str, origin: str | None, is_refused: bool) -> None:
    check = OriginCheck([*LOOPBACK, "shim.internal"])
    given = [(b"Host", host.encode())] + ([(b"Origin", origin.encode())] if origin is not None else [])
    assert (check.refusal(given) is not None) is is_refused
