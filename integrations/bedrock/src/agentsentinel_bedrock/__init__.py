"""AgentSentinel for Amazon Bedrock's managed agents: reads the traces in an agent's answer.

    sentinel = SentinelReader(api_key="as_agt_...")
    answer = sentinel.invoke_agent(client, agentId=..., agentAliasId=..., sessionId=..., inputText="...")

These agents run at AWS, so there is nothing to hook into. With `enableTrace` their answer tells what they do: one event
for what a tool is asked, a later one for what it gave, joined by their trace id. Every event is passed on unchanged.

An action that returns control to the application is over when the application hands its results in with the next
request, perhaps in another process.
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
"""Actions that are remembered while the application carries them out."""
_NUMBERS = count()
_CUT_OFF = "the answer ended before the call did"


class SentinelReader(Monitor):
    """Reports what a managed agent calls; parameters as in `agentsentinel_sdk.Monitor`.

    A call's session is Bedrock's. For a client whose calls are awaited, `watch` and `awatch` take the stream alone.
    """

    framework = "bedrock"
    session_prefix = "bdr"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: dict[str, list[Invocation]] = {}
        """Actions that the application carries out, by Bedrock's id of the invocation."""

    def invoke_agent(self, client: Any, **request: Any) -> Any:
        """`client.invoke_agent(**request)` with traces, whose `completion` reports what it tells when it is read.

        Args:
            client: of boto3, for `bedrock-agent-runtime`.
            request: as `invoke_agent` takes it; `enableTrace` is added.
        """
        self.handed_in(request)
        answer = client.invoke_agent(**{"enableTrace": True, **request})
        answer["completion"] = self.watch(answer["completion"])
        return answer

    def handed_in(self, request: Mapping[str, Any]) -> None:
        """Report the actions whose results a request hands in; `invoke_agent` does so itself."""
        with suppress(Exception):  # the host's own data, of any shape
            state = request.get("sessionState") or {}
            waiting = self._waiting.pop(str(state.get("invocationId")), [])
            for result in state.get("returnControlInvocationResults") or ():
                self._carried_out(handed_in(result, waiting), state.get("invocationId"), request.get("sessionId"))

    def watch(self, stream: Any) -> Any:
        """The stream of an answer, with what it tells reported as it is read."""
        return _Watched(stream, _Reading(self))

    def awatch(self, stream: Any) -> AsyncIterator[Any]:
        """`watch` for a stream that is read asynchronously, as that of aioboto3."""
        return _aread(stream, _Reading(self))

    def wait_for(self, invocation_id: str, invocations: list[Invocation]) -> None:
        """Remember what the application has been asked to carry out."""
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
    """A call without an outcome."""

    step: str
    """Bedrock's trace id, which what a tool is asked and what it gave have in common."""
    key: Hashable
    invocation: Invocation
    session_id: str | None


class _Reading:
    """The calls that one answer tells of."""

    def __init__(self, sentinel: SentinelReader) -> None:
        self._sentinel = sentinel
        self._begun: list[_Begun] = []
        self._returns_control = False

    def take(self, event: Any) -> None:
        """Look at one event; never raises."""
        with suppress(Exception):
            if "returnControl" in event:
                self._returned(event["returnControl"])
            elif "trace" in event:
                self._traced(event["trace"])

    def close(self, error: object = _CUT_OFF) -> None:
        """The answer is over. What has not ended waits for the application, or will not be heard of."""
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
        """The oldest call of this step, of this kind where the outcome tells one."""
        for call in self._begun:
            if call.step == step and kind in (None, call.invocation.kind):
                self._begun.remove(call)
                return call
        return None

    def _stopped(self, trace: Mapping[str, Any], status: str, reason: object) -> None:
        """End the calls of the step that was stopped, or all where none is of that step."""
        of_step = [call for call in self._begun if call.step == trace.get("traceId")]
        for call in of_step or list(self._begun):
            self._begun.remove(call)
            if status == "denied":
                self._sentinel.calls.denied(call.key, reason)
            else:
                self._sentinel.calls.error(call.key, reason)


class _Watched:
    """A stream that gives the events of another; all else that it can do is that one's own."""

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
