"""(d) How long a start takes when much is stored: from the start of the process until /health says ok."""

from statistics import median

from bench.lab import Lab
from bench.report import Row, Section

STARTS = 3
MAX_SECONDS = 5.0
ABOUT = (
    "From the start of the process until `/health` answers ok, the embedded database included, after an orderly stop;"
    " the slowest start counts. The platform has been started before: Python has kept its bytecode, and the operating"
    " system the files."
)


def measure(lab: Lab) -> Section:
    """Stop and start the platform with the most events."""
    store = lab.store(lab.pace.many_events)
    lab.keep()
    seconds = []
    for _ in range(STARTS):
        seconds.append(lab.product(store.name).start_seconds)
        lab.stop(store.name)
    slowest, typical = max(seconds), median(seconds)
    target = f"< {MAX_SECONDS:.0f} s"
    rows = [
        Row(f"start with {store.events:,} stored", f"{slowest:.2f} s", target=target, is_met=slowest < MAX_SECONDS),
        Row("    median", f"{typical:.2f} s"),
    ]
    return Section(
        f"(d) Start with {store.events:,} events stored", rows, [f"start: {one:.2f} s" for one in seconds], ABOUT
    )
