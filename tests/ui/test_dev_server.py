"""`npm run dev` with a key: the dev server adds it to the requests of its own page, and reveals it to no client."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from patience import PATIENCE_SECONDS
from ports import free_port
from server.support import Server

UI = Path(__file__).parents[2] / "ui"
VITE = UI / "node_modules" / "vite" / "bin" / "vite.js"
NODE = next((path for path in (UI / "node_modules" / ".node" / "node", Path("/usr/bin/node")) if path.exists()), None)

pytestmark = pytest.mark.skipif(
    NODE is None or not VITE.exists() or sys.platform == "win32", reason="needs Node and ui/node_modules (`make ui`)"
)


@pytest.fixture(scope="module")
def dev_url(server: Server) -> Iterator[str]:
    """Run the dev server of the dashboard's sources, in front of a server elsewhere."""
    port = free_port()
    env = {**os.environ, "VITE_API_KEY": server.admin_key, "SENTINEL_URL": server.url}
    command = [str(NODE), str(VITE), "--port", str(port), "--host", "127.0.0.1"]
    with subprocess.Popen(command, cwd=UI, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                httpx2.get(url, trust_env=False)
                break
            except httpx2.HTTPError:
                time.sleep(0.1)
        yield url
        process.terminate()


def ask(url: str, **headers: str) -> int:
    return httpx2.get(f"{url}/api/v1/agents", headers=headers, trust_env=False, timeout=PATIENCE_SECONDS).status_code


def test_requests_of_its_own_page_carry_the_key(dev_url: str) -> None:
    assert ask(dev_url, **{"Sec-Fetch-Site": "same-origin"}) == 200
    assert ask(dev_url, Origin=dev_url) == 200


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_requests_of_other_pages_do_not(dev_url: str, headers: dict[str, str]) -> None:
    assert ask(dev_url, **headers) == 401


def test_signing_in_works_though_the_server_is_at_another_host(dev_url: str, server: Server) -> None:
    answer = httpx2.post(
        f"{dev_url}/api/v1/session", headers={"Origin": dev_url}, json={"key": server.admin_key}, trust_env=False
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("path", ["/", "/src/main.tsx", "/src/lib/base.ts", "/src/api/client.ts", "/@vite/client"])
def test_nothing_the_page_loads_holds_the_key(dev_url: str, server: Server, path: str) -> None:
    loaded = httpx2.get(dev_url + path, trust_env=False, timeout=PATIENCE_SECONDS)
    assert loaded.status_code == 200
    assert server.admin_key not in loaded.text
