"""Reading where a connection goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.posture.address import parse


@pytest.mark.parametrize(
    ("url", "scheme", "host"),
    [
        ("http://example.com/mcp", "http", "example.com"),
        ("HTTPS://Example.COM.:8443/mcp", "https", "example.com"),
        ("http://[::1]:8002/sse", "http", "::1"),
        ("http://localhost@evil.example/x", "http", "evil.example"),
        ("http://a@b@evil.example", "http", "evil.example"),
        ("http:\\\\evil.example\\x", "http", "evil.example"),
        ("  http://example.com", "http", "example.com"),
        ("example.com", "", ""),
        ("", "", ""),
    ],
)
def test_scheme_and_host_are_those_a_client_would_use(url, scheme, host):
    address = parse(url)
    assert (address.scheme, address.host) == (scheme, host)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "api.localhost", "127.0.0.1", "127.8.9.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_the_own_machine_is_loopback(host):
    assert parse(f"http://{host}:8002/mcp").is_loopback


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.5",
        "0.0.0.0",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "xlocalhost",
        "[fe80::1]",
        "2130706433",
    ],
)
def test_any_other_machine_is_not(host):
    assert not parse(f"http://{host}/mcp").is_loopback


def test_what_may_be_secret_is_not_shown():
    assert parse("http://user:pw@Host.example:80/mcp?token=abc#x").shown == "http://host.example:80/mcp"


@given(st.text(st.characters()))
def test_any_text_is_survived(text):
    for url in (text, f"http://{text}", f"http://[{text}"):
        assert parse(url).is_loopback in (True, False)
