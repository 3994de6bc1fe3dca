"""AgentSentinel for Amazon Bedrock's managed agents: reads the traces in an agent's answer.

    sentinel = SentinelReader(api_key="as_agt_...")
    answer = sentinel.invoke_agent(client, agentId=..., agentAliasId=..., sessionId=..., inputText="...")

These agents run at AWS, so there is nothing to hook into. With `enableTrace` their answer contains traces of what they
do: one event for the input of a tool, a later one for its output, joined by their trace id. Every event is passed on
unchanged.

An action that returns control to the application ends when the application sends its results with the next request,
perhaps in another process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from typing import Any, NamedTuple

from agentsentinel_bedrock.shapes import Invocation, Outcome, handed_in, invocation_of, outcome_of, returned_control
from agentsentinel_sdk import Monitor

__all__ = ["SentinelReader"]

MOST_WAITING = 1000
"""Limit of the invocations that are remembered while the application carries them out; the oldest are evicted."""
_NUMBERS = count()
_CUT_OFF = "the answer ended before the call did"


class SentinelReader(Monitor):
    """Reports the tool calls of a managed agent; parameters as in `agentsentinel_sdk.Monitor`.

    A call's session is Bedrock's session. With an asynchronous client, call `invoke_agent` yourself and pass the stream
    of its answer to `watch` or `awatch`.
    """

    framework = "bedrock"
    session_prefix = "bdr"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: dict[str, list[Invocation]] = {}
        """Actions that the application carries out, by Bedrock's invocation id."""

    def invoke_agent(self, client: Any, **request: Any) -> Any:
        """Call `client.invoke_agent(**request)` with traces; reading its `completion` reports the calls in it.

        Args:
            client: a boto3 client for `bedrock-agent-runtime`.
            request: the parameters of `invoke_agent`; `enableTrace` is added.
        """
        self.handed_in(request)
        answer = client.invoke_agent(**{"enableTrace": True, **request})
        answer["completion"] = self.watch(answer["completion"])
        return answer

    def handed_in(self, request: Mapping[str, Any]) -> None:
        """Report the actions whose results are in this request; `invoke_agent` calls this itself."""
        with suppress(Exception):  # the host's own data, of any shape
            state = request.get("sessionState") or {}
            waiting = self._waiting.pop(str(state.get("invocationId")), [])
            for result in state.get("returnControlInvocationResults") or ():
                self._carried_out(handed_in(result, waiting), state.get("invocationId"), request.get("sessionId"))

    def watch(self, stream: Any) -> Any:
        """Wrap the event stream of an answer, so that the calls in it are reported as it is read."""
        return _Watched(stream, _Reading(self))

    def awatch(self, stream: Any) -> AsyncIterator[Any]:
        """Wrap an event stream that is read asynchronously, such as that of aioboto3; see `watch`."""
        return _aread(stream, _Reading(self))

    def wait_for(self, invocation_id: str, invocations: list[Invocation]) -> None:
        """Remember the actions that the application has been asked to carry out, until their results are sent."""
        while len(self._waiting) >= MOST_WAITING:
            self._waiting.pop(next(iter(self._waiting), ""), None)
        self._waiting[invocation_id] = invocations

    def _carried_out(self, ended: tuple[Invocation, Outcome] | None, call_id: Any, session_id: Any) -> None:
        if ended is None:
            return
        invocation, outcome = ended
        names = {"tool_call_id": call_id, "session_id": session_id}
        if outcome.status == "denied":
            self.calls.refused(invocation.tool, invocation.arguments, outcome.output, **names)
            return
        key = ("bedrock", next(_NUMBERS))
        self.calls.start(key, invocation.tool, invocation.arguments, **names)
        if outcome.status == "ok":
            self.calls.end(key, outcome.output)
        else:
            self.calls.error(key, outcome.output)


class _Begun(NamedTuple):
    """A call that has no outcome yet."""

    step: str
    """Bedrock's trace id, which the events for a tool's input and its output share."""
    key: Hashable
    invocation: Invocation
    session_id: str | None


class _Reading:
    """Reads the events of one answer and reports the calls in them."""

    def __init__(self, sentinel: SentinelReader) -> None:
        self._sentinel = sentinel
        self._begun: list[_Begun] = []
        self._returns_control = False

    def take(self, event: Any) -> None:
        """Process one event; never raises."""
        with suppress(Exception):
            if "returnControl" in event:
                self._returned(event["returnControl"])
            elif "trace" in event:
                self._traced(event["trace"])

    def close(self, error: object = _CUT_OFF) -> None:
        """End the reading of the answer, and with it the calls that are still open.

        They wait for the application when the answer returned control to it; otherwise they end with `error`, since no
        later event will say how they ended.
        """
        for call in self._begun:
            if self._returns_control:
                self._sentinel.calls.suspended(call.key)
            else:
                self._sentinel.calls.error(call.key, error)
        self._begun = []

    def _returned(self, payload: Mapping[str, Any]) -> None:
        self._returns_control = True
        self._sentinel.wait_for(str(payload.get("invocationId")), returned_control(payload))

    def _traced(self, part: Mapping[str, Any]) -> None:
        trace = part["trace"]
        step = trace.get("orchestrationTrace") or trace.get("routingClassifierTrace") or {}
        failure, guardrail = trace.get("failureTrace"), trace.get("guardrailTrace")
        if failure is not None:
            self._stopped(failure, "error", failure.get("failureReason"))
        elif guardrail is not None and guardrail.get("action") == "INTERVENED":
            self._stopped(guardrail, "denied", "a guardrail intervened")
        elif "invocationInput" in step:
            self._asked(step["invocationInput"], part.get("sessionId"))
        elif "observation" in step:
            self._observed(step["observation"])

    def _asked(self, given: Mapping[str, Any], session_id: str | None) -> None:
        invocation = invocation_of(given)
        if invocation is None or invocation.is_carried_out_here:
            return
        call = _Begun(str(given.get("traceId")), ("bedrock", next(_NUMBERS)), invocation, session_id)
        self._begun.append(call)
        self._sentinel.calls.start(
            call.key,
            invocation.tool,
            invocation.arguments,
            tool_call_id=invocation.call_id or given.get("traceId"),
            session_id=session_id,
        )

    def _observed(self, observation: Mapping[str, Any]) -> None:
        outcome = outcome_of(observation)
        call = None if outcome is None else self._take(str(observation.get("traceId")), outcome.kind)
        if outcome is None or call is None:
            return
        calls, begun_at = self._sentinel.calls, outcome.begun_at
        if outcome.status is None:
            calls.suspended(call.key)
        elif outcome.status == "denied":
            calls.denied(call.key, outcome.output)
        elif begun_at is not None and outcome.duration_seconds is not None:
            calls.suspended(call.key)
            calls.record(
                call.invocation.tool,
                call.invocation.arguments,
                outcome.output,
                outcome.status,
                begun_at=begun_at,
                duration_seconds=outcome.duration_seconds,
                tool_call_id=call.invocation.call_id or call.step,
                session_id=call.session_id,
            )
        elif outcome.status == "ok":
            calls.end(call.key, outcome.output)
        else:
            calls.error(call.key, outcome.output)

    def _take(self, step: str, kind: str | None) -> _Begun | None:
        """Remove and return the oldest open call of this step, of this kind unless `kind` is None; None without one."""
        for call in self._begun:
            if call.step == step and kind in (None, call.invocation.kind):
                self._begun.remove(call)
                return call
        return None

    def _stopped(self, trace: Mapping[str, Any], status: str, reason: object) -> None:
        """End the calls of the step that was stopped, or all open calls when none belongs to that step."""
        of_step = [call for call in self._begun if call.step == trace.get("traceId")]
        for call in of_step or list(self._begun):
            self._begun.remove(call)
            if status == "denied":
                self._sentinel.calls.denied(call.key, reason)
            else:
                self._sentinel.calls.error(call.key, reason)


class _Watched:
    """A wrapper of a stream that reads its events as they pass; other attributes are those of the wrapped stream."""

    def __init__(self, stream: Any, reading: _Reading) -> None:
        self._stream = stream
        self._reading = reading

    def __iter__(self) -> Iterator[Any]:
        try:
            for event in self._stream:
                self._reading.take(event)
                yield event
        except Exception as error:
            self._reading.close(error)
            raise
        finally:
            self._reading.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


async def _aread(stream: Any, reading: _Reading) -> AsyncIterator[Any]:
    try:
        async for event in stream:
            reading.take(event)
            yield event
    except Exception as error:
        reading.close(error)
        raise
    finally:
        reading.close()
