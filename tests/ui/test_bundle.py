"""What is shipped: no key, no foreign host, small enough to be there at once, and a policy that browsers enforce."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from playwright.sync_api import Page, expect

from agentsentinel.dashboard.files import BUILT, read_files
from patience import PATIENCE_SECONDS

KILOBYTE = 1000
INITIAL_BUDGET = 250 * KILOBYTE
"""Compressed JavaScript that runs before the agents are shown."""
ENTRY_BUDGET = 130 * KILOBYTE
"""Compressed JavaScript that the page names and what that imports at once: the shell, without any page in it."""
SOURCES = Path(__file__).parents[2] / "ui/src"
LONGEST_COMPONENT = 250


def test_the_scripts_of_the_first_page_stay_within_their_budget(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    files = read_files()
    scripts = {url.partition("/assets/")[2] for url in asked if url.endswith(".js")}
    sizes = {name: len(files[f"assets/{name}"].gzipped or files[f"assets/{name}"].body) for name in scripts}
    assert sizes
    assert sum(sizes.values()) <= INITIAL_BUDGET, sizes


def test_the_shell_stays_within_its_budget() -> None:
    files = read_files()
    names = set(re.findall(r"assets/[\w.-]+\.js", files["index.html"].body.decode()))
    waiting = list(names)
    while waiting:
        imported = re.findall(r"""(?:from|import)\s*"\./([\w.-]+\.js)\"""", files[waiting.pop()].body.decode())
        new = {f"assets/{name}" for name in imported} - names
        names |= new
        waiting += new
    sizes = {name: len(files[name].gzipped or files[name].body) for name in names}
    assert sizes
    assert sum(sizes.values()) <= ENTRY_BUDGET, sizes


def test_the_bundle_holds_no_key_and_asks_no_other_host() -> None:
    for path in BUILT.rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"as_(adm|agt|ro)_[0-9A-Za-z]{8}", text), path
        assert "VITE_" not in text, path
        fetched = re.findall(r"""(?:src|href|url\(|import\()\s*[=(]?\s*["']?(https?://[^"')\s]+)""", text)
        assert fetched == [], path


def test_the_policy_blocks_inline_scripts_and_foreign_requests(page: Page) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.goto("/")
    page.evaluate(
        """() => {
            const inline = document.createElement("script");
            inline.textContent = "window.isInlineRun = true";
            document.head.append(inline);
            document.body.insertAdjacentHTML("beforeend", '<img src="data:," onerror="window.isHandlerRun = true">');
            const frame = document.createElement("iframe");
            frame.src = "http://127.0.0.1:9/";
            document.body.append(frame);
            return fetch("http://127.0.0.1:9/leak").catch(() => null);
        }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("[window.isInlineRun, window.isHandlerRun]") == [None, None]
    assert len([text for text in refused if "Content Security Policy" in text]) >= 3, refused


def test_no_component_of_a_page_is_long() -> None:
    lengths = {str(path.relative_to(SOURCES)): len(path.read_text().splitlines()) for path in SOURCES.rglob("*.tsx")}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > LONGEST_COMPONENT} == {}


def test_no_source_sets_raw_html_or_follows_a_foreign_address() -> None:
    for path in [*SOURCES.rglob("*.tsx"), *SOURCES.rglob("*.ts")]:
        text = path.read_text()
        assert "dangerouslySetInnerHTML" not in text, path
        assert "innerHTML" not in text, path
        assert not re.search(r"href=\{(?!`?/)", text), path


def test_the_kept_types_are_those_of_the_kept_document(tmp_path: Path) -> None:
    made = tmp_path / "schema.d.ts"
    node = shutil.which("node", path=f"{SOURCES.parent}/node_modules/.node:{os.environ['PATH']}") or "node"
    command = [
        node,
        "node_modules/openapi-typescript/bin/cli.js",
        "../docs/openapi.json",
        "--default-non-nullable",
        "false",
        "-o",
        str(made),
    ]
    subprocess.run(command, cwd=SOURCES.parent, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    assert made.read_text() == (SOURCES / "api/schema.d.ts").read_text(), "make api"


def test_the_lock_file_names_no_host() -> None:
    assert '"resolved"' not in (SOURCES.parent / "package-lock.json").read_text()
