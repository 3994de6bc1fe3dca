"""Parse the shapes of Bedrock's `invoke_agent` into calls: pure functions of dicts as boto3 returns them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from agentsentinel_sdk import CallStatus

ACTION, CODE, KNOWLEDGE, COLLABORATOR = "action", "code", "knowledge", "collaborator"


class Invocation(NamedTuple):
    """A tool and the arguments that it is called with."""

    kind: str
    tool: str
    arguments: object
    call_id: str | None = None
    is_carried_out_here: bool = False
    """Whether the application carries the call out and sends its result, and not AWS."""
    needs_confirmation_only: bool = False
    """Whether AWS carries the call out once a person confirms it; the next answer then contains its traces."""


class Outcome(NamedTuple):
    """The outcome of a call."""

    status: CallStatus | None
    """How the call ended; None while it waits for the application."""
    output: object
    kind: str | None = None
    begun_at: float | None = None
    """Unix time of the start; None when AWS does not report it."""
    duration_seconds: float | None = None


def invocation_of(given: Mapping[str, Any]) -> Invocation | None:
    """Parse an `InvocationInput`; None for a kind that is not known."""
    if "actionGroupInvocationInput" in given:
        action = given["actionGroupInvocationInput"]
        is_here = action.get("executionType") == "RETURN_CONTROL"
        tool = _action(action.get("actionGroupName"), action.get("function"), action.get("verb"), action.get("apiPath"))
        return Invocation(ACTION, tool, _arguments(action), action.get("invocationId"), is_here)
    if "codeInterpreterInvocationInput" in given:
        return Invocation(CODE, "code_interpreter", _without(given["codeInterpreterInvocationInput"]))
    if "knowledgeBaseLookupInput" in given:
        lookup = given["knowledgeBaseLookupInput"]
        return Invocation(KNOWLEDGE, f"knowledge_base.{lookup.get('knowledgeBaseId')}", {"text": lookup.get("text")})
    if "agentCollaboratorInvocationInput" in given:
        asked = given["agentCollaboratorInvocationInput"]
        return Invocation(COLLABORATOR, f"collaborator.{asked.get('agentCollaboratorName')}", asked.get("input"))
    return None


def outcome_of(observation: Mapping[str, Any]) -> Outcome | None:
    """Parse an `Observation`; None when it is not about a call."""
    if "actionGroupInvocationOutput" in observation:
        ended = observation["actionGroupInvocationOutput"]
        return Outcome("ok", ended.get("text"), ACTION, *_times(ended))
    if "codeInterpreterInvocationOutput" in observation:
        ended = observation["codeInterpreterInvocationOutput"]
        problem = ended.get("executionError") or ("timed out" if ended.get("executionTimeout") else None)
        output = ended.get("executionOutput") if problem is None else problem
        return Outcome("ok" if problem is None else "error", output, CODE, *_times(ended))
    if "knowledgeBaseLookupOutput" in observation:
        ended = observation["knowledgeBaseLookupOutput"]
        return Outcome("ok", ended.get("retrievedReferences"), KNOWLEDGE, *_times(ended))
    if "agentCollaboratorInvocationOutput" in observation:
        ended = observation["agentCollaboratorInvocationOutput"]
        output = ended.get("output") or {}
        is_waiting = output.get("type") == "RETURN_CONTROL"
        return Outcome(None if is_waiting else "ok", output.get("text"), COLLABORATOR, *_times(ended))
    if "repromptResponse" in observation:
        asked = observation["repromptResponse"]  # the model is to try again
        return Outcome("denied" if asked.get("source") == "PARSER" else "error", asked.get("text"))
    return None


def returned_control(payload: Mapping[str, Any]) -> list[Invocation]:
    """Parse the calls that a `ReturnControlPayload` asks the application to carry out."""
    found = []
    for member in payload.get("invocationInputs") or ():
        asked = member.get("apiInvocationInput") or member.get("functionInvocationInput") or {}
        is_confirmation = asked.get("actionInvocationType") == "USER_CONFIRMATION"
        found.append(
            Invocation(
                ACTION,
                _tool(asked),
                _arguments(asked),
                payload.get("invocationId"),
                is_carried_out_here=True,
                needs_confirmation_only=is_confirmation,
            )
        )
    return found


def handed_in(result: Mapping[str, Any], waiting: list[Invocation]) -> tuple[Invocation, Outcome] | None:
    """Parse an `InvocationResultMember` into a call and its outcome; None when AWS has yet to carry the call out.

    Args:
        waiting: the calls that this invocation asked for, if this process has seen it; a call that is found is removed.
    """
    given = result.get("apiResult") or result.get("functionResult") or {}
    tool = _tool(given)
    invocation = next((one for one in waiting if one.tool == tool), Invocation(ACTION, tool, None))
    if invocation in waiting:
        waiting.remove(invocation)
    body = given.get("responseBody")
    if given.get("confirmationState") == "DENY":
        return invocation, Outcome("denied", "refused by a person")
    if invocation.needs_confirmation_only or (given.get("confirmationState") == "CONFIRM" and body is None):
        return None
    return invocation, Outcome("error" if given.get("responseState") else "ok", body)


def _tool(given: Mapping[str, Any]) -> str:
    return _action(given.get("actionGroup"), given.get("function"), given.get("httpMethod"), given.get("apiPath"))


def _action(group: object, function: object, verb: object, path: object) -> str:
    return f"{group}.{function}" if function is not None else f"{group}.{str(verb).upper()} {path}"


def _arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the parameters and the members of a request's body, by name."""
    content = (given.get("requestBody") or {}).get("content") or {}
    arguments = _named(given.get("parameters"))
    for body in content.values():
        arguments |= _named(body.get("properties") if isinstance(body, Mapping) else body)
    return arguments


def _named(parameters: Iterable[Mapping[str, Any]] | None) -> dict[str, Any]:
    return {str(one.get("name")): one.get("value") for one in parameters or ()}


def _without(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value}


def _times(ended: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Return the Unix time of the start and the duration in seconds; None for both unless AWS reports start and end."""
    metadata = ended.get("metadata") or {}
    begun, over = metadata.get("startTime"), metadata.get("endTime")
    if not isinstance(begun, datetime) or not isinstance(over, datetime):
        return None, None
    return begun.timestamp(), max((over - begun).total_seconds(), 0.0)
