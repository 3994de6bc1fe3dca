"""The bar of a long scan shows how far it is and leaves nothing behind."""

from collections.abc import Callable
from io import StringIO

import pytest

from agentsentinel_cli.report import progress


class Clock:
    """A time that only the test moves."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def bar(stream: StringIO, *, is_wanted: bool = True) -> Callable[[int, int], None]:
    return progress.progress(stream, is_wanted=is_wanted)


def test_a_short_scan_shows_nothing(clock: Clock) -> None:
    stream = StringIO()
    show = bar(stream)
    clock.now += 0.6
    show(5, 10)
    show(10, 10)
    assert stream.getvalue() == ""


def test_half_of_the_files_fill_half_of_the_bar(clock: Clock) -> None:
    stream = StringIO()
    show = bar(stream)
    clock.now += 1
    show(5, 10)
    assert stream.getvalue() == "\r  reading " + "█" * 12 + "░" * 12 + " 5/10 files"


def test_the_bar_is_drawn_ten_times_a_second_at_most(clock: Clock) -> None:
    stream = StringIO()
    show = bar(stream)
    for step in range(100):
        clock.now = 101 + step / 64
        show(step, 1000)
    assert 10 <= stream.getvalue().count("\r") <= 16


def test_the_end_wipes_the_bar_away(clock: Clock) -> None:
    stream = StringIO()
    show = bar(stream)
    clock.now += 1
    show(9, 10)
    drawn = stream.getvalue()
    show(10, 10)
    wiped = stream.getvalue().removeprefix(drawn)
    assert wiped.strip("\r ") == ""
    assert wiped.endswith("\r")
    assert wiped.count(" ") >= len(drawn.strip("\r"))


def test_no_terminal_gets_no_bar(clock: Clock) -> None:
    stream = StringIO()
    show = bar(stream, is_wanted=False)
    clock.now += 1
    show(5, 10)
    assert stream.getvalue() == ""


def test_a_scan_of_no_files_divides_by_nothing(clock: Clock) -> None:
    stream = StringIO()
    show = bar(stream)
    clock.now += 1
    show(0, 0)
    assert stream.getvalue().strip() == ""


def test_other_work_is_named_as_what_it_is(clock: Clock) -> None:
    stream = StringIO()
    show = progress.progress(stream, is_wanted=True, verb="connecting", unit="ports")
    clock.now += 1
    show(1, 2)
    assert stream.getvalue().startswith("\r  connecting ")
    assert stream.getvalue().endswith(" 1/2 ports")
