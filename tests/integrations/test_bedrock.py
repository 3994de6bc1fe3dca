"""The reader of Bedrock's managed agents, on answers that botocore itself decodes by its model of the service."""

import asyncio
import base64
import json
import struct
import uuid
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import EventStreamError
from botocore.session import Session
from contract import run_as_printed

from agentsentinel_bedrock import SentinelReader
from agentsentinel_sdk import hash_payload
from agentsentinel_sdk.testing import FakeSentinel
from conftest import Platform

REQUEST: dict[str, Any] = {"agentId": "AGENT12345", "agentAliasId": "ALIAS12345", "sessionId": "s-1"}
ASKED = {**REQUEST, "inputText": "go"}


def frame(headers: dict[str, str], payload: bytes) -> bytes:
    """One message of AWS's event stream encoding."""
    head = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + head + payload
    return message + struct.pack("!I", zlib.crc32(message))


def encoded(event: dict[str, Any]) -> bytes:
    ((name, payload),) = event.items()
    kind = "exception" if name.endswith("Exception") else "event"
    headers = {":message-type": kind, f":{kind}-type": name, ":content-type": "application/json"}
    return frame(headers, json.dumps(payload).encode())


class Raw:
    """The body of an HTTP response."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self._events = events
        self.is_closed = False

    def stream(self) -> Iterator[bytes]:
        for event in self._events:
            yield encoded(event)

    def close(self) -> None:
        self.is_closed = True


class Aws:
    """A client of botocore whose requests are answered from a script, without a network."""

    def __init__(self, *answers: list[dict[str, Any]]) -> None:
        self._answers = list(answers)
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        self.raw = Raw([])
        self.client = Session().create_client(
            "bedrock-agent-runtime",
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
            config=Config(retries={"max_attempts": 0}),
        )
        self.client.meta.events.register("before-send.bedrock-agent-runtime.InvokeAgent", self._answer)

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        self.bodies.append(json.loads(request.body))
        self.raw = Raw(self._answers.pop(0))
        headers = {"x-amzn-bedrock-agent-content-type": "application/json", "x-amz-bedrock-agent-session-id": "s-1"}
        return AWSResponse(request.url, 200, headers, self.raw)


class Conversation:
    """Requests whose calls are reported to a server in memory."""

    def __init__(self, *answers: list[dict[str, Any]]) -> None:
        self.aws = Aws(*answers)
        self.sentinel = FakeSentinel()
        self.reader = self.new_reader()

    def new_reader(self) -> SentinelReader:
        return SentinelReader(reporter=self.sentinel.reporter())

    def ask(self, **request: Any) -> list[Any]:
        answer = self.reader.invoke_agent(self.aws.client, **{**ASKED, **request})
        return list(answer["completion"])

    @property
    def ends(self) -> list[tuple[str, str]]:
        assert self.reader.flush(10)
        return [(event["tool_name"], event["status"]) for event in self.sentinel.events]


def trace(**kinds: Any) -> dict[str, Any]:
    return {"trace": {"agentId": "AGENT12345", "sessionId": "s-1", "eventTime": 1790000000, "trace": kinds}}


def asks(step: str, **given: Any) -> dict[str, Any]:
    return trace(orchestrationTrace={"invocationInput": {"traceId": step, **given}})


def observes(step: str, **given: Any) -> dict[str, Any]:
    return trace(orchestrationTrace={"observation": {"traceId": step, **given}})


def parameters(**values: str) -> list[dict[str, str]]:
    return [{"name": name, "type": "string", "value": value} for name, value in values.items()]


def action(function: str, execution: str = "LAMBDA", **values: str) -> dict[str, Any]:
    given = {"actionGroupName": "crm", "function": function, "executionType": execution}
    return {"actionGroupInvocationInput": {**given, "parameters": parameters(**values)}}


DONE = {"chunk": {"bytes": base64.b64encode(b"done").decode()}}
TIMES = {"metadata": {"startTime": 1790000001, "endTime": 1790000003, "totalTimeMs": 2000}}
API = {
    "actionGroupInvocationInput": {
        "actionGroupName": "orders",
        "verb": "post",
        "apiPath": "/orders/{id}",
        "parameters": parameters(id="7"),
        "requestBody": {"content": {"application/json": parameters(note="soon")}},
        "invocationId": "inv-1",
    }
}
CODE = {"codeInterpreterInvocationInput": {"code": "print(1)"}}
LOOKUP = {"knowledgeBaseLookupInput": {"text": "renewals", "knowledgeBaseId": "KB12345"}}
PASSED_ON = {"agentCollaboratorInvocationInput": {"agentCollaboratorName": "billing", "input": {"text": "bill Acme"}}}


@pytest.mark.parametrize(
    ("asked", "given", "tool", "status", "arguments", "output"),
    [
        (
            action("search", query="Acme"),
            {"actionGroupInvocationOutput": {"text": "3 rows"}},
            "crm.search",
            "ok",
            {"query": "Acme"},
            "3 rows",
        ),
        (
            API,
            {"actionGroupInvocationOutput": {"text": "{}"}},
            "orders.POST /orders/{id}",
            "ok",
            {"id": "7", "note": "soon"},
            "{}",
        ),
        (
            action("search", query="Acme"),
            {"repromptResponse": {"source": "ACTION_GROUP", "text": "which Acme?"}},
            "crm.search",
            "error",
            {"query": "Acme"},
            "which Acme?",
        ),
        (
            action("search"),
            {"repromptResponse": {"source": "PARSER", "text": "query is missing"}},
            "crm.search",
            "denied",
            {},
            "query is missing",
        ),
        (
            CODE,
            {"codeInterpreterInvocationOutput": {"executionOutput": "1"}},
            "code_interpreter",
            "ok",
            {"code": "print(1)"},
            "1",
        ),
        (
            CODE,
            {"codeInterpreterInvocationOutput": {"executionError": "no such file"}},
            "code_interpreter",
            "error",
            {"code": "print(1)"},
            "no such file",
        ),
        (
            CODE,
            {"codeInterpreterInvocationOutput": {"executionTimeout": True}},
            "code_interpreter",
            "error",
            {"code": "print(1)"},
            "timed out",
        ),
        (
            LOOKUP,
            {"knowledgeBaseLookupOutput": {"retrievedReferences": [{"content": {"text": "in March"}}]}},
            "knowledge_base.KB12345",
            "ok",
            {"text": "renewals"},
            [{"content": {"text": "in March"}}],
        ),
        (
            PASSED_ON,
            {"agentCollaboratorInvocationOutput": {"output": {"type": "TEXT", "text": "billed"}}},
            "collaborator.billing",
            "ok",
            {"text": "bill Acme"},
            "billed",
        ),
    ],
)
def test_what_is_asked_and_what_it_gave_are_one_event(
    asked: Any, given: Any, tool: str, status: str, arguments: Any, output: Any
) -> None:
    conversation = Conversation([asks("t-1", **asked), observes("t-1", **given), DONE])
    conversation.ask()
    assert conversation.ends == [(tool, status)]
    (event,) = conversation.sentinel.events
    assert (event["input_hash"], event["output_hash"]) == (hash_payload(arguments), hash_payload(output))
    assert (event["session_id"], event["tool_call_id"]) == ("s-1", "inv-1" if asked is API else "t-1")


def test_the_times_of_a_call_are_those_that_aws_tells() -> None:
    given = {"actionGroupInvocationOutput": {"text": "3 rows", **TIMES}}
    conversation = Conversation([asks("t-1", **action("search", query="Acme")), observes("t-1", **given), DONE])
    conversation.ask()
    assert conversation.ends == [("crm.search", "ok")]
    (event,) = conversation.sentinel.events
    assert (event["duration_ms"], event["timestamp"]) == (2000, "2026-09-21T14:13:21+00:00")


def test_every_event_is_passed_on_as_botocore_gives_it_and_traces_are_asked_for() -> None:
    answer = [asks("t-1", **LOOKUP), observes("t-1", knowledgeBaseLookupOutput={}), DONE]
    conversation = Conversation(answer, answer)
    plain = list(conversation.aws.client.invoke_agent(**ASKED, enableTrace=True)["completion"])
    assert conversation.ask() == plain
    assert plain[-1] == {"chunk": {"bytes": b"done"}}
    assert [body["enableTrace"] for body in conversation.aws.bodies] == [True, True]


def test_the_stream_can_be_closed_as_before() -> None:
    conversation = Conversation([DONE])
    conversation.reader.invoke_agent(conversation.aws.client, **ASKED)["completion"].close()
    assert conversation.aws.raw.is_closed


def test_calls_of_one_step_and_of_collaborators_are_told_apart() -> None:
    conversation = Conversation(
        [
            asks("t-1", **PASSED_ON),
            asks("t-2", **action("search", query="Acme")),
            asks("t-2", **LOOKUP),
            observes("t-2", knowledgeBaseLookupOutput={}),
            observes("t-2", actionGroupInvocationOutput={"text": "3 rows"}),
            observes("t-1", agentCollaboratorInvocationOutput={"output": {"type": "TEXT", "text": "billed"}}),
            observes("t-3", finalResponse={"text": "done"}),
            DONE,
        ]
    )
    conversation.ask()
    ends = [("knowledge_base.KB12345", "ok"), ("crm.search", "ok"), ("collaborator.billing", "ok")]
    assert conversation.ends == ends


@pytest.mark.parametrize(
    ("stopped", "status"),
    [
        (trace(failureTrace={"traceId": "t-1", "failureReason": "Lambda failed"}), "error"),
        (trace(failureTrace={"traceId": "another", "failureReason": "Lambda failed"}), "error"),
        (trace(guardrailTrace={"traceId": "g-1", "action": "INTERVENED"}), "denied"),
        (DONE, "error"),
    ],
)
def test_a_call_without_a_result_ends_with_what_stopped_it(stopped: Any, status: str) -> None:
    conversation = Conversation(
        [
            trace(guardrailTrace={"traceId": "g-0", "action": "NONE"}),
            asks("t-1", **action("search", query="Acme")),
            stopped,
            DONE,
        ]
    )
    conversation.ask()
    assert conversation.ends == [("crm.search", status)]


def test_an_exception_of_the_stream_is_an_error_of_the_call_and_passes_through() -> None:
    failed = {"dependencyFailedException": {"message": "Lambda failed"}}
    conversation = Conversation([asks("t-1", **action("search", query="Acme")), failed])
    with pytest.raises(EventStreamError, match="Lambda failed"):
        conversation.ask()
    assert conversation.ends == [("crm.search", "error")]


def test_a_call_whose_result_is_not_read_is_an_error() -> None:
    given = {"actionGroupInvocationOutput": {"text": "3 rows"}}
    conversation = Conversation([asks("t-1", **action("search", query="Acme")), observes("t-1", **given)])
    answer = conversation.reader.invoke_agent(conversation.aws.client, **ASKED)
    for _ in answer["completion"]:
        break
    assert conversation.ends == [("crm.search", "error")]


def returns_control(kind: str = "RESULT") -> list[dict[str, Any]]:
    asked = {"actionGroup": "crm", "function": "pay", "actionInvocationType": kind, "parameters": parameters(to="bob")}
    payload = {"invocationId": "inv-1", "invocationInputs": [{"functionInvocationInput": asked}]}
    return [asks("t-1", **action("pay", "RETURN_CONTROL", to="bob")), {"returnControl": payload}]


def results(**members: Any) -> dict[str, Any]:
    result = {"functionResult": {"actionGroup": "crm", "function": "pay", **members}}
    return {"sessionState": {"invocationId": "inv-1", "returnControlInvocationResults": [result]}}


BODY = {"responseBody": {"TEXT": {"body": "paid"}}}


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize(
    ("members", "status"),
    [
        (BODY, "ok"),
        ({**BODY, "responseState": "FAILURE"}, "error"),
        ({**BODY, "responseState": "REPROMPT"}, "error"),
        ({"confirmationState": "DENY"}, "denied"),
    ],
)
def test_an_action_that_returns_control_is_reported_when_its_result_is_handed_in(
    members: Any, status: str, elsewhere: bool
) -> None:
    conversation = Conversation(returns_control(), [DONE])
    conversation.ask()
    assert conversation.ends == []
    assert conversation.reader.calls.open_calls == 0
    if elsewhere:  # as in another process
        conversation.reader = conversation.new_reader()
    conversation.ask(**results(**members))
    assert conversation.ends == [("crm.pay", status)]
    (event,) = conversation.sentinel.events
    assert event["input_hash"] == hash_payload(None if elsewhere else {"to": "bob"})
    assert (event["session_id"], event["tool_call_id"]) == ("s-1", "inv-1")


def test_an_action_that_a_person_confirms_is_reported_when_aws_has_carried_it_out() -> None:
    given = {"actionGroupInvocationOutput": {"text": "paid"}}
    carried_out = [asks("t-2", **action("pay", to="bob")), observes("t-2", **given), DONE]
    conversation = Conversation(returns_control("USER_CONFIRMATION"), carried_out)
    conversation.ask()
    conversation.ask(**results(confirmationState="CONFIRM"))
    assert conversation.ends == [("crm.pay", "ok")]


def test_a_collaborator_that_returns_control_waits() -> None:
    output = {"output": {"type": "RETURN_CONTROL", "returnControlPayload": {"invocationId": "inv-1"}}}
    steps = [asks("t-1", **PASSED_ON), observes("t-1", agentCollaboratorInvocationOutput=output)]
    conversation = Conversation([*steps, returns_control()[1]])
    conversation.ask()
    assert conversation.ends == []
    assert conversation.reader.calls.open_calls == 0


@pytest.mark.parametrize("event", [None, 7, {}, {"trace": None}, {"trace": {"trace": []}}, {"returnControl": []}])
def test_an_event_of_another_shape_is_passed_on_and_harms_nobody(event: Any) -> None:
    conversation = Conversation()
    assert list(conversation.reader.watch(iter([event, DONE]))) == [event, DONE]
    assert conversation.ends == []


def test_a_stream_that_is_read_asynchronously_tells_the_same() -> None:
    conversation = Conversation()

    async def stream() -> AsyncIterator[Any]:
        yield asks("t-1", **action("search", query="Acme"))
        yield observes("t-1", actionGroupInvocationOutput={"text": "3 rows"})

    async def read() -> list[Any]:
        return [event async for event in conversation.reader.awatch(stream())]

    assert len(asyncio.run(read())) == 2
    assert conversation.ends == [("crm.search", "ok")]


def test_the_agent_does_not_notice_that_the_server_is_away() -> None:
    reader = SentinelReader("as_adm_" + "f" * 64, "http://127.0.0.1:9")
    aws = Aws([asks("t-1", **LOOKUP), observes("t-1", knowledgeBaseLookupOutput={}), DONE])
    assert len(list(reader.invoke_agent(aws.client, **ASKED)["completion"])) == 3
    assert reader.reporter.stats.accepted == 1
    reader.reporter.close()


def test_calls_reach_the_server_with_a_grant_for_each_tool(platform: Platform) -> None:
    reader = SentinelReader(platform.admin_key, platform.url, f"bedrock-{uuid.uuid4().hex}")
    aws = Aws([asks("t-1", **LOOKUP), observes("t-1", knowledgeBaseLookupOutput={}), asks("t-2", **CODE), DONE])
    list(reader.invoke_agent(aws.client, **ASKED)["completion"])
    assert reader.flush(10)
    agent_id = str(reader.reporter.agent_id())
    ends = [(event["tool_name"], event["status"]) for event in platform.events(agent_id)]
    assert ends == [("knowledge_base.KB12345", "ok"), ("code_interpreter", "error")]
    assert platform.grants(agent_id) == {"knowledge_base.KB12345", "code_interpreter"}


def test_the_lines_of_the_page_run_as_printed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Aws([asks("t-1", **LOOKUP), observes("t-1", knowledgeBaseLookupOutput={}), DONE])
    ends = run_as_printed("bedrock", platform, monkeypatch, client=aws.client, request=ASKED)
    assert ends == [("knowledge_base.KB12345", "ok")]
