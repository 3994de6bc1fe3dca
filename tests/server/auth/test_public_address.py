"""Behind a proxy, a request becomes what it would be without it, and only a trusted proxy's word counts."""

from ipaddress import ip_network

import pytest
from starlette.types import Scope

from agentsentinel.auth.public_address import PublicAddress, base_path

PROXY, STRANGER = "192.0.2.1", "198.51.100.7"


def request(path: str, sender: str = PROXY, **headers: str) -> Scope:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "path": path, "client": (sender, 1), "headers": pairs}


def restored(scope: Scope, url: str | None = None) -> tuple[str, str, str]:
    """Return path, prefix and host of a request as the routes see it."""
    found = PublicAddress(url, [ip_network(PROXY)]).restore(scope)
    return found["path"], base_path(found), dict(found["headers"])[b"host"].decode()


@pytest.mark.parametrize(
    ("path", "seen"),
    [("/sentinel/agents", "/agents"), ("/agents", "/agents"), ("/sentinel", "/"), ("/sentinels", "/sentinels")],
)
def test_the_public_prefix_is_taken_off_where_the_proxy_left_it(path: str, seen: str) -> None:
    scope = request(path, host="platform.example.com")
    assert restored(scope, "https://platform.example.com/sentinel") == (seen, "/sentinel", "platform.example.com")


def test_a_page_of_the_public_address_is_believed_about_the_host_that_it_called() -> None:
    scope = request("/agents", STRANGER, host="upstream:9000", origin="https://platform.example.com")
    assert restored(scope, "https://platform.example.com/sentinel") == ("/agents", "/sentinel", "platform.example.com")


def test_a_trusted_proxy_names_host_and_prefix() -> None:
    scope = request("/a/agents", host="upstream", x_forwarded_host="public.example.com", x_forwarded_prefix="/a/")
    assert restored(scope) == ("/agents", "/a", "public.example.com")


def test_another_client_cannot_name_them() -> None:
    scope = request("/agents", STRANGER, host="upstream", x_forwarded_host="evil.example.com", x_forwarded_prefix="/a")
    assert restored(scope) == ("/agents", "", "upstream")


def test_of_several_entries_the_nearest_proxys_counts() -> None:
    scope = request("/agents", host="upstream", x_forwarded_host="evil.example.com, public.example.com")
    assert restored(scope) == ("/agents", "", "public.example.com")


def test_a_prefix_that_is_not_a_path_is_ignored() -> None:
    assert restored(request("/agents", host="upstream", x_forwarded_prefix="//evil.example.com"[2:]))[1] == ""


def test_a_request_without_a_proxy_stays_as_it_is() -> None:
    assert restored(request("/agents", STRANGER, host="localhost:9000")) == ("/agents", "", "localhost:9000")
