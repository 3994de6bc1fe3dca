"""The pages that document the API are served only where that was asked for."""

import pytest

from server.support import Server, assert_refused


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"])
def test_the_documentation_routes_are_off_unless_asked_for(own_server: Server, path: str) -> None:
    assert_refused(own_server.request("GET", path), 404)
