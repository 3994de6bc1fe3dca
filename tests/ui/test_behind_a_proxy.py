"""The dashboard behind real nginx: as a bare proxy_pass, as the documentation has it, and below a path."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from playwright.sync_api import Browser

from ports import free_port
from server.support import Server, new_database, running
from ui.support import aside, new_context

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
OWN_PAGE = {"X-AgentSentinel-Dashboard": "1", "Sec-Fetch-Site": "same-origin"}
CONFIG = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; {user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{bare}; location / {{ proxy_pass http://127.0.0.1:{server}; }} }}
    server {{ listen 127.0.0.1:{full}; location / {{
        proxy_pass http://127.0.0.1:{server}; proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }} }}
    server {{ listen 127.0.0.1:{below}; location /sentinel/ {{
        proxy_pass http://127.0.0.1:{server}/; proxy_set_header X-Forwarded-Host $http_host;
        proxy_set_header X-Forwarded-Prefix /sentinel;
    }} }}
    server {{ listen 127.0.0.1:{kept}; location /tools/sentinel/ {{ proxy_pass http://127.0.0.1:{server}; }} }}
}}
"""

pytestmark = pytest.mark.skipif(not Path(NGINX).exists(), reason="needs nginx (Debian: nginx-light)")


class Proxied(NamedTuple):
    """A server, and where nginx has it."""

    server: Server
    bare: str
    full: str
    below: str


@pytest.fixture(scope="module")
def proxied(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """Run a server that trusts the nginx in front of it."""
    folder = tmp_path_factory.mktemp("proxied")
    ports = {name: free_port() for name in ("bare", "full", "below", "kept")}
    settings = {"PUBLIC_URL": f"http://127.0.0.1:{ports['bare']}", "TRUSTED_PROXIES": '["127.0.0.1"]'}
    with running(new_database(postgres_dsn), folder, settings=settings) as server, nginx(server, folder, ports):
        yield Proxied(server, *(f"http://127.0.0.1:{ports[name]}" for name in ("bare", "full", "below")))


class nginx:  # noqa: N801 - a block
    """nginx in front of a server for the length of a block."""

    def __init__(self, server: Server, folder: Path, ports: dict[str, int]) -> None:
        user = "user root;" if os.geteuid() == 0 else ""
        config = folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, server=server.address[1], user=user, **ports))
        self._command = [NGINX, "-c", str(config), "-p", str(folder)]
        self._probe = f"http://127.0.0.1:{ports['bare']}/livez"

    def __enter__(self) -> None:
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                if httpx2.get(self._probe, trust_env=False).status_code == 200:
                    return
            except httpx2.HTTPError:
                time.sleep(0.05)
        raise AssertionError("nginx did not start")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)


def sign_in(address: str, server: Server, origin: str, **headers: str) -> httpx2.Response:
    """Sign in as a browser does whose page is of this origin."""
    sent = {**OWN_PAGE, "Origin": origin, **headers}
    return httpx2.post(
        f"{address}/api/v1/session", headers=sent, json={"key": server.admin_key}, trust_env=False, timeout=20
    )


def test_a_bare_proxy_pass_works_with_public_url(proxied: Proxied) -> None:
    assert sign_in(proxied.bare, proxied.server, proxied.bare).status_code == 201


def test_the_documented_proxy_works(proxied: Proxied) -> None:
    assert sign_in(proxied.full, proxied.server, proxied.full).status_code == 201


def test_the_server_itself_can_be_signed_in_to_beside_its_proxy(proxied: Proxied) -> None:
    assert sign_in(proxied.server.url, proxied.server, proxied.server.url).status_code == 201


def test_a_foreign_page_stays_out_and_the_answer_names_origin_and_host(proxied: Proxied) -> None:
    for address in (proxied.bare, proxied.full, f"{proxied.below}/sentinel", proxied.server.url):
        refused = sign_in(address, proxied.server, "https://evil.example")
        assert refused.status_code == 403
        assert "comes from https://evil.example and names the host 127.0.0.1:" in refused.json()["detail"]


def test_the_host_that_a_trusted_proxy_names_is_believed(proxied: Proxied, postgres_dsn: str, tmp_path: Path) -> None:
    """Caddy and Apache send these headers by themselves."""
    public = "https://sentinel.example.com"
    caddy = {"X-Forwarded-Host": "sentinel.example.com", "X-Forwarded-Proto": "https"}
    signed_in = sign_in(proxied.server.url, proxied.server, public, **caddy)
    assert signed_in.status_code == 201
    assert "Secure" in signed_in.headers["set-cookie"]
    made_up = {**caddy, "X-Forwarded-Host": "sentinel.example.com, other.example"}
    assert sign_in(proxied.server.url, proxied.server, public, **made_up).status_code == 403
    with running(aside(lambda: new_database(postgres_dsn)), tmp_path) as untrusting:
        assert sign_in(untrusting.url, untrusting, public, **caddy).status_code == 403


def test_below_a_path_the_cookie_and_the_next_page_stay_below_it(proxied: Proxied) -> None:
    below = f"{proxied.below}/sentinel"
    answer = sign_in(below, proxied.server, proxied.below)
    assert "Path=/sentinel;" in answer.headers["set-cookie"] + ";"
    for _ in range(2):
        proxied.server.new_agent()
    key = {"X-API-Key": proxied.server.admin_key}
    page = httpx2.get(f"{below}/api/v1/audit?limit=1", headers=key, trust_env=False)
    assert page.headers["link"].startswith("</sentinel/api/v1/audit?")


@pytest.mark.parametrize("path", ["/", "/agents/x", "/a/b/c/nothing"])
def test_below_a_path_every_page_finds_its_assets(proxied: Proxied, browser: Browser, path: str) -> None:
    failed: list[str] = []
    context = new_context(browser, proxied.server)
    page = context.new_page()
    page.on(
        "response",
        lambda answer: failed.append(answer.url) if answer.status >= 400 and "/assets/" in answer.url else None,
    )
    page.goto(f"{proxied.below}/sentinel{path}")
    page.get_by_role("textbox").first.wait_for()
    assert page.url.startswith(f"{proxied.below}/sentinel/sign-in")
    assert [url for url in failed if "/assets/" in url or "favicon" in url] == []
    context.close()


def test_below_a_path_one_can_sign_in_and_walk_about(proxied: Proxied, browser: Browser) -> None:
    proxied.server.new_agent(name="seen-below-a-path")
    context = new_context(browser, proxied.server)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{proxied.below}/sentinel/")
    page.get_by_role("textbox").first.fill(proxied.server.admin_key)
    page.keyboard.press("Enter")
    page.get_by_text("seen-below-a-path").first.wait_for()
    page.get_by_role("link", name="Events").first.click()
    page.wait_for_url(f"{proxied.below}/sentinel/events*")
    page.reload()
    page.get_by_role("heading", name="Events").first.wait_for()
    assert errors == []
    context.close()


def test_a_prefix_that_the_proxy_keeps_is_taken_off_by_public_url(postgres_dsn: str, tmp_path: Path) -> None:
    ports = {name: free_port() for name in ("bare", "full", "below", "kept")}
    public = f"http://127.0.0.1:{ports['kept']}/tools/sentinel"
    with running(aside(lambda: new_database(postgres_dsn)), tmp_path, settings={"PUBLIC_URL": public}) as server:
        with nginx(server, tmp_path, ports):
            assert httpx2.get(f"{public}/livez", trust_env=False).status_code == 200
            page = httpx2.get(f"{public}/agents/x", trust_env=False)
            assert (page.status_code, 'src="../assets/' in page.text) == (200, True)
            signed_in = sign_in(public, server, public.removesuffix("/tools/sentinel"))
            assert signed_in.status_code == 201
            assert "Path=/tools/sentinel" in signed_in.headers["set-cookie"]
        assert f"{public}/sign-in#" in server.log.read_text()
