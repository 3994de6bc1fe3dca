"""An agent managed by Amazon Bedrock monitored by AgentSentinel.

Its answer is a script, so it runs without AWS:

export AGENTSENTINEL_API_KEY=as_adm_...
python example.py
"""

from collections.abc import Iterator
from typing import Any

from agentsentinel_bedrock import SentinelReader

SCRIPT = [
    ("search_crm", {"query": "Acme"}, "Acme: renewal in March, contact anna@acme.example"),
    ("read_database", {"table": "invoices"}, "3 rows of invoices"),
    ("send_email", {"to": "anna@acme.example"}, "sent to anna@acme.example"),
]


def traced(step: dict[str, Any]) -> dict[str, Any]:
    """Wrap a step of the agent in the event that the answer's stream contains for it."""
    return {"trace": {"sessionId": "renewals", "trace": {"orchestrationTrace": step}}}


def scripted() -> Iterator[dict[str, Any]]:
    """Yield the events of a scripted answer."""
    for number, (function, arguments, output) in enumerate(SCRIPT):
        step = f"step-{number}"
        parameters = [{"name": name, "type": "string", "value": value} for name, value in arguments.items()]
        action = {"actionGroupName": "crm", "function": function, "parameters": parameters, "executionType": "LAMBDA"}
        yield traced({"invocationInput": {"traceId": step, "actionGroupInvocationInput": action}})
        yield traced({"observation": {"traceId": step, "actionGroupInvocationOutput": {"text": output}}})
    yield {"chunk": {"bytes": b"Acme has its renewal offer."}}


class ScriptedClient:
    """Stands in for `boto3.client("bedrock-agent-runtime")`."""

    def invoke_agent(self, **_: Any) -> dict[str, Any]:
        """Return the agent's answer, with a scripted stream."""
        return {"completion": scripted(), "sessionId": "renewals"}


def main() -> None:
    """Ask the agent once and print how far it can be trusted."""
    sentinel = SentinelReader(agent_name="my-bedrock-agent", verbose=True)
    answer = sentinel.invoke_agent(
        ScriptedClient(),
        agentId="AGENT12345",
        agentAliasId="ALIAS12345",
        sessionId="renewals",
        inputText="Send Acme a renewal email.",
    )
    for _ in answer["completion"]:
        pass
    sentinel.print_trust_score()


if __name__ == "__main__":
    main()
