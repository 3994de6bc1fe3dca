"""What a person at the dashboard gets, measured in a real Chromium: when it is there, how it scrolls, what it holds.

Wall-clock times depend on whatever else the machine does; so the browser's own CPU time is told beside them.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, StorageState, sync_playwright

CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SIZE: Any = {"width": 1440, "height": 900}
FRAME_MS = 1000 / 60
LATE_MS = FRAME_MS + 2
"""A frame that took longer was not there in time, whatever the clock's grain."""
SCROLLED_PIXELS = 40
"""In each frame: 2,400 a second, as fast as one can still tell rows apart."""

WATCH = """
window.bench = { row: null, idle: null };
const look = () => {
    if (document.querySelector('[role=row] a') && document.querySelector('[data-search]')) {
        // Two frames on, the row has been painted; the next task runs when the page would hear a key.
        requestAnimationFrame(() => requestAnimationFrame(() => {
            window.bench.row = performance.now();
            setTimeout(() => { window.bench.idle = performance.now(); });
        }));
    } else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
FRAMES = """
([milliseconds, pixels]) => new Promise((done) => {
    const rows = document.querySelector('[aria-label=Rows]');
    const frames = [];
    const begun = performance.now();
    let last = begun;
    let way = pixels;
    const step = (now) => {
        frames.push(now - last);
        last = now;
        if (now - begun > milliseconds) return done(frames.slice(1));
        if (rows && pixels) {
            rows.scrollTop += way;
            if (rows.scrollTop + rows.clientHeight >= rows.scrollHeight || rows.scrollTop === 0) way = -way;
        }
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})
"""
RESOURCES = """
() => performance.getEntriesByType('resource').filter((one) => one.name.includes('/api/v1/overview'))
    .map((one) => [one.requestStart, one.responseEnd, one.encodedBodySize, one.decodedBodySize])[0]
"""


@dataclass(frozen=True)
class Visit:
    """One cold load of the agents page; milliseconds since the address was entered."""

    interactive: float
    """The first row is painted and the page hears the next key."""
    asked: float
    """When the agents were asked for."""
    answered: float
    """When they had come in whole."""
    bytes_sent: int
    bytes_held: int
    """The same, unpacked."""
    cpu: float
    """Of the page's main thread until then."""


@dataclass(frozen=True)
class Frames:
    """A stretch of frames."""

    milliseconds: list[float]
    cpu: float
    """Of the page's main thread, in milliseconds a frame."""

    @property
    def p50(self) -> float:
        """The median frame."""
        return median(self.milliseconds)

    @property
    def p95(self) -> float:
        """One in twenty took longer."""
        return sorted(self.milliseconds)[int(len(self.milliseconds) * 0.95)]

    @property
    def late(self) -> float:
        """The share of frames that came late."""
        return sum(one > LATE_MS for one in self.milliseconds) / len(self.milliseconds)

    def __str__(self) -> str:
        """One line."""
        return (
            f"{len(self.milliseconds)} frames, median {self.p50:.1f} ms, p95 {self.p95:.1f} ms, over {LATE_MS:.1f} ms"
            f" {self.late:.1%}, main thread {self.cpu:.1f} ms a frame"
        )


class Visitor:
    """A browser that is signed in."""

    def __init__(self, browser: Browser, url: str, key: str) -> None:
        self._browser = browser
        self._url = url
        context = self._open(None)
        page = context.new_page()
        page.goto("/sign-in")
        page.get_by_label("Admin or readonly key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        self._signed_in: StorageState = context.storage_state()
        context.close()

    def visit(self) -> Visit:
        """Load the agents page with nothing in the cache."""
        with self.page() as (page, cdp):
            page.add_init_script(WATCH)
            page.goto("/", wait_until="commit")
            page.wait_for_function("window.bench.idle !== null", timeout=30_000)
            asked, answered, sent, held = page.evaluate(RESOURCES)
            return Visit(page.evaluate("window.bench.idle"), asked, answered, int(sent), int(held), busy(cdp))

    def search(self) -> float:
        """Milliseconds from a key pressed in the search field until the list shows what fits."""
        with self.page() as (page, _):
            page.goto("/")
            page.locator("[role=row] a").first.wait_for()
            page.locator("[data-search]").focus()
            began = time.perf_counter()
            page.keyboard.type("-0777")
            page.get_by_text("1 of ").wait_for()
            return (time.perf_counter() - began) * 1000

    def scroll(self, seconds: float) -> Frames:
        """Scroll through the agents, to the end and back."""
        with self.page() as (page, cdp):
            page.goto("/")
            page.locator("[role=row] a").first.wait_for()
            page.wait_for_timeout(500)
            return frames(page, cdp, seconds, SCROLLED_PIXELS)

    @contextmanager
    def page(self) -> Iterator[tuple[Page, CDPSession]]:
        """A window of its own."""
        context = self._open(self._signed_in)
        page = context.new_page()
        cdp = context.new_cdp_session(page)
        cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        try:
            yield page, cdp
        finally:
            context.close()

    def _open(self, state: StorageState | None) -> BrowserContext:
        # The page's policy forbids eval, which Playwright's waiting for a function needs.
        return self._browser.new_context(base_url=self._url, viewport=SIZE, storage_state=state, bypass_csp=True)


@contextmanager
def visitor(url: str, key: str) -> Iterator[Visitor]:
    """Chromium, running while the block does."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        try:
            yield Visitor(browser, url, key)
        finally:
            browser.close()


def frames(page: Page, cdp: CDPSession, seconds: float, pixels: int = 0) -> Frames:
    """The frames of so many seconds, scrolling so many pixels in each."""
    before = busy(cdp)
    taken: list[float] = page.evaluate(FRAMES, [seconds * 1000, pixels])
    return Frames(taken, (busy(cdp) - before) / len(taken))


def busy(cdp: CDPSession) -> float:
    """Milliseconds of CPU that the page's main thread has used."""
    return _metrics(cdp)["TaskDuration"] * 1000


def heap(cdp: CDPSession) -> float:
    """Megabytes of JavaScript objects in use: the least of three looks, for one may meet an answer half read."""
    return min(_heap_now(cdp) for _ in range(3))


def _heap_now(cdp: CDPSession) -> float:
    cdp.send("HeapProfiler.collectGarbage")
    return _metrics(cdp)["JSHeapUsedSize"] / 1e6


def _metrics(cdp: CDPSession) -> Mapping[str, float]:
    return {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
