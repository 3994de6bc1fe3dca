"""One request to its end: what is retried, for how long, and what never is. Time is simulated."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_sdk import (
    ApiError,
    ConnectionFailed,
    InvalidRequest,
    Overloaded,
    SentinelError,
    Unavailable,
    UnexpectedAnswer,
)
from agentsentinel_sdk._http import LONGEST_PAUSE_SECONDS, MOST_ATTEMPTS, Call, Sender
from agentsentinel_sdk.testing import problem

READ = Call("GET", "/agents")
CREATE = Call("POST", "/agents", {"name": "a"}, repeatable=False)
DEADLINE = 10.0

Step = httpx2.Response | Exception


class Clock:
    """A clock that only moves when the code under test sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Line:
    """A scripted server: each request takes the next step; the last step repeats."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[httpx2.Request] = []
        self.clock = Clock()
        http = httpx2.Client(base_url="http://s.test/api/v1", transport=httpx2.MockTransport(self._answer))
        self.sender = Sender(http, DEADLINE, clock=lambda: self.clock.now, sleep=self.clock.sleep)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return step


def answer(status: int, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json=problem(status, "on purpose"), headers=headers)


def fine() -> httpx2.Response:
    return httpx2.Response(200, json={"fine": True})


@pytest.mark.parametrize("hindrance", [answer(429), answer(503), httpx2.ConnectError("refused")])
def test_what_the_server_did_not_take_is_tried_again_even_when_twice_would_be_wrong(hindrance: Step) -> None:
    line = Line(hindrance, hindrance, fine())
    assert line.sender.send(CREATE) == {"fine": True}
    assert len(line.requests) == 3


@pytest.mark.parametrize(
    "doubt", [answer(502), answer(504), httpx2.ReadTimeout("slow"), httpx2.RemoteProtocolError("hung up")]
)
def test_what_the_server_may_have_taken_is_tried_again_only_where_twice_is_once(doubt: Step) -> None:
    assert Line(doubt, fine()).sender.send(READ) == {"fine": True}
    line = Line(doubt, fine())
    with pytest.raises(SentinelError):
        line.sender.send(CREATE)
    assert len(line.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422, 500, 501])
def test_a_refusal_is_raised_at_once(status: int) -> None:
    line = Line(answer(status), fine())
    with pytest.raises(ApiError, match="on purpose"):
        line.sender.send(READ)
    assert (len(line.requests), line.clock.pauses) == (1, [])


def test_pauses_double_are_random_in_their_upper_half_and_end() -> None:
    line = Line(answer(503))
    with pytest.raises(Unavailable):
        line.sender.send(READ)
    assert len(line.requests) == MOST_ATTEMPTS
    for pause, ceiling in zip(line.clock.pauses, (0.2, 0.4, 0.8), strict=True):
        assert ceiling / 2 <= pause <= ceiling <= LONGEST_PAUSE_SECONDS


def test_retry_after_replaces_the_pause() -> None:
    line = Line(answer(429, **{"Retry-After": "3"}), fine())
    line.sender.send(READ)
    assert line.clock.pauses == [3.0]


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=4), usegmt=True)
    line = Line(answer(503, **{"Retry-After": date}), fine())
    line.sender.send(READ)
    assert 2 < line.clock.pauses[0] <= 4


@pytest.mark.parametrize("header", ["60", "1000000000", "9" * 4000, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_beyond_the_deadline_is_not_waited_for(header: str) -> None:
    line = Line(answer(429, **{"Retry-After": header}), fine())
    with pytest.raises(Overloaded) as raised:
        line.sender.send(READ)
    assert line.clock.pauses == []
    assert (raised.value.retry_after or 0) >= 60


@pytest.mark.parametrize("header", ["-1", "soon", "1e9", "", "0x10", "Fri, 99 Foo 2026"])
def test_a_nonsense_wait_falls_back_on_the_own_pause(header: str) -> None:
    line = Line(answer(429, **{"Retry-After": header.encode().decode("latin-1")}), fine())
    line.sender.send(READ)
    assert line.clock.pauses[0] <= 0.2


def test_a_wait_in_the_past_is_no_wait() -> None:
    line = Line(answer(503, **{"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}), fine())
    line.sender.send(READ)
    assert line.clock.pauses == [0.0]


@given(st.text(st.characters(codec="latin-1")))
def test_no_retry_after_header_whatever_breaks_the_client(header: str) -> None:
    line = Line(httpx2.Response(429, headers=[(b"Retry-After", header.encode("latin-1"))]), fine())
    with contextlib.suppress(Overloaded):
        line.sender.send(READ)
    assert line.clock.now <= 1000 + DEADLINE


def test_the_deadline_holds_over_all_attempts() -> None:
    line = Line(answer(503, **{"Retry-After": "4"}))
    with pytest.raises(Unavailable):
        line.sender.send(READ)
    assert line.clock.now - 1000 <= DEADLINE
    assert len(line.requests) == 3


def test_a_server_that_drips_its_answer_is_cut_at_the_deadline() -> None:
    line = Line(fine())

    def drip() -> Iterator[bytes]:
        while True:
            line.clock.now += 1
            yield b" "

    line.steps = [httpx2.Response(200, content=drip())]
    with pytest.raises(ConnectionFailed, match="too long"):
        line.sender.send(READ)


def test_an_answer_without_end_is_cut_at_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentsentinel_sdk._http.LARGEST_ANSWER_BYTES", 1000)
    with pytest.raises(UnexpectedAnswer, match="over 1000 bytes"):
        Line(httpx2.Response(200, content=b" " * 1001)).sender.send(READ)


@pytest.mark.parametrize("content", [b"<p>It works!</p>", b"\xff\xfe", b"", b"[" * 200_000])
def test_an_answer_that_is_no_json_is_unexpected(content: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="not JSON"):
        Line(httpx2.Response(200, content=content)).sender.send(READ)


def test_an_answer_that_cannot_be_unpacked_is_unexpected() -> None:
    packed = httpx2.Response(200, stream=httpx2.ByteStream(b"no gzip"), headers={"Content-Encoding": "gzip"})
    with pytest.raises(UnexpectedAnswer, match="compressed"):
        Line(packed).sender.send(READ)


def test_a_redirect_is_not_followed_and_names_where_it_points() -> None:
    line = Line(httpx2.Response(301, headers={"Location": "https://elsewhere.test/"}), fine())
    with pytest.raises(UnexpectedAnswer, match=r"elsewhere\.test"):
        line.sender.send(READ)
    assert len(line.requests) == 1


def test_lost_connections_end_in_one_error_that_says_why() -> None:
    line = Line(httpx2.ConnectError("[Errno 111] Connection refused"))
    with pytest.raises(ConnectionFailed, match=r"http://s\.test.*Connection refused"):
        line.sender.send(READ)
    assert len(line.requests) == MOST_ATTEMPTS


def test_text_no_encoding_can_carry_is_left_for_the_server_to_refuse() -> None:
    line = Line(answer(422))
    with pytest.raises(InvalidRequest):
        line.sender.send(Call("POST", "/agents", {"name": "\ud800"}))
    assert json.loads(line.requests[0].content) == {"name": "\ud800"}
