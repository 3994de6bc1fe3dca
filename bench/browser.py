"""Measure the dashboard in a real Chromium: time until it is interactive, scrolling, memory.

Wall-clock times depend on whatever else the machine does; so the browser's own CPU time is reported beside them.
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
"""Duration above which a frame is late, with a margin for the clock's resolution."""
SCROLLED_PIXELS = 40
"""Pixels scrolled in each frame: 2,400 per second, the fastest at which rows can still be told apart."""

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
    """When the first row was painted and the page could handle the next key."""
    asked: float
    """When the page requested the agents."""
    answered: float
    """When the agents' response was complete."""
    bytes_sent: int
    bytes_held: int
    """Size of the responses after decompression."""
    cpu: float
    """CPU time of the page's main thread until the page was interactive."""


@dataclass(frozen=True)
class Frames:
    """Consecutive frames of one measurement."""

    milliseconds: list[float]
    cpu: float
    """CPU time of the page's main thread, in milliseconds per frame."""

    @property
    def p50(self) -> float:
        """Median frame time in milliseconds."""
        return median(self.milliseconds)

    @property
    def p95(self) -> float:
        """95th percentile of the frame times in milliseconds."""
        return sorted(self.milliseconds)[int(len(self.milliseconds) * 0.95)]

    @property
    def late(self) -> float:
        """Share of frames that took longer than `LATE_MS`, 0..1."""
        return sum(one > LATE_MS for one in self.milliseconds) / len(self.milliseconds)

    def __str__(self) -> str:
        """Format the figures in one line."""
        return (
            f"{len(self.milliseconds)} frames, median {self.p50:.1f} ms, p95 {self.p95:.1f} ms, over {LATE_MS:.1f} ms"
            f" {self.late:.1%}, main thread {self.cpu:.1f} ms a frame"
        )


class Visitor:
    """A browser that is signed in to the dashboard."""

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
        """Return the milliseconds from a key pressed in the search field until the list shows the matches."""
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
        """Open a page in a new window, closed after the block."""
        context = self._open(self._signed_in)
        page = context.new_page()
        cdp = context.new_cdp_session(page)
        cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        try:
            yield page, cdp
        finally:
            context.close()

    def _open(self, state: StorageState | None) -> BrowserContext:
        # The page's policy forbids eval, which Playwright's wait_for_function needs.
        return self._browser.new_context(base_url=self._url, viewport=SIZE, storage_state=state, bypass_csp=True)


@contextmanager
def visitor(url: str, key: str) -> Iterator[Visitor]:
    """Run a signed-in Chromium for the duration of the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        try:
            yield Visitor(browser, url, key)
        finally:
            browser.close()


def frames(page: Page, cdp: CDPSession, seconds: float, pixels: int = 0) -> Frames:
    """Record the frames of `seconds`, scrolling by `pixels` in each frame."""
    before = busy(cdp)
    taken: list[float] = page.evaluate(FRAMES, [seconds * 1000, pixels])
    return Frames(taken, (busy(cdp) - before) / len(taken))


def busy(cdp: CDPSession) -> float:
    """Return the milliseconds of CPU that the page's main thread has used."""
    return _metrics(cdp)["TaskDuration"] * 1000


def heap(cdp: CDPSession) -> float:
    """Return the megabytes of JavaScript objects in use.

    The least of three samples, since a sample may include a response that is only half read.
    """
    return min(_heap_now(cdp) for _ in range(3))


def _heap_now(cdp: CDPSession) -> float:
    cdp.send("HeapProfiler.collectGarbage")
    return _metrics(cdp)["JSHeapUsedSize"] / 1e6


def _metrics(cdp: CDPSession) -> Mapping[str, float]:
    return {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
