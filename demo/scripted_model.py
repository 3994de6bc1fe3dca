"""A model that needs no network: it plays six prepared conversations through the interface of Anthropic's client.

The model is stateless. It reads from the messages which conversation it is in, and how far it has come, as a real model
does; so it exercises the same loop and the same code.

Together the conversations call each of the five tools exactly six times. That matters for the numbers of a first run:
five first calls at 0.9 and twenty-five repeats at 0.7 have the mean 22/30 = 0.7333, hence a behaviour score of 26.67.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

MODEL_NAME = "scripted"
"""Name that the inventory shows as the agent's model."""

Arguments = dict[str, str]
Turn = tuple[tuple[str, Arguments], ...]
"""The tool calls of one reply: name and arguments of each."""


@dataclass(frozen=True)
class TextBlock:
    """A text of the model, in the shape of Anthropic's `TextBlock`."""

    text: str
    type: Literal["text"] = "text"


@dataclass(frozen=True)
class ToolUseBlock:
    """A tool call that the model asks for, in the shape of Anthropic's `ToolUseBlock`."""

    name: str
    input: Arguments
    id: str = field(default_factory=lambda: f"toolu_{uuid.uuid4().hex[:24]}")
    type: Literal["tool_use"] = "tool_use"


@dataclass(frozen=True)
class Reply:
    """One answer of the model, with the members of Anthropic's `Message` that the loop reads."""

    content: Sequence[TextBlock | ToolUseBlock]
    stop_reason: Literal["tool_use", "end_turn"]


@dataclass(frozen=True)
class Conversation:
    """A prompt, the turns in which the model calls tools, and its closing words."""

    prompt: str
    turns: tuple[Turn, ...]
    closing: str


def _crm(query: str) -> tuple[str, Arguments]:
    return "search_crm", {"query": query}


def _database(query: str) -> tuple[str, Arguments]:
    return "read_database", {"query": query}


def _fetch(url: str) -> tuple[str, Arguments]:
    return "http_fetch", {"url": url}


def _mail(to: str, subject: str, body: str) -> tuple[str, Arguments]:
    return "send_email", {"to": to, "subject": subject, "body": body}


def _file(path: str, content: str) -> tuple[str, Arguments]:
    return "write_file", {"path": path, "content": content}


CONVERSATIONS = (
    Conversation(
        "Who are our top 5 enterprise accounts by MRR?",
        (
            (_crm("enterprise"),),
            (_database("SELECT account, mrr FROM revenue ORDER BY mrr DESC LIMIT 5"),),
            (_crm("customer 0908"), _database("SELECT * FROM revenue WHERE account = 'Customer 0908'")),
        ),
        "By MRR: Customer 0908 (48,200), 0417 (41,750), 0762 (33,900), 0233 (29,400) and 0151 (27,100), all in EUR.",
    ),
    Conversation(
        "Compare our list price with three competitors and send the sales team a short briefing.",
        (
            (
                _fetch("https://alpha.example.com/pricing"),
                _fetch("https://beta.example.com/pricing"),
                _fetch("https://gamma.example.com/pricing"),
            ),
            (_database("SELECT avg(mrr / seats) FROM revenue"),),
            (_file("briefings/pricing.md", "# Pricing\n\nAll three list 39 EUR per seat with a trial of 14 days.\n"),),
            (_mail("sales-team@example.com", "Pricing briefing", "The new briefing is in briefings/pricing.md."),),
        ),
        "All three list 39 EUR per seat. The briefing is in briefings/pricing.md, and the sales team has the link.",
    ),
    Conversation(
        "Which accounts might leave us this quarter? Write a rescue plan and mail it to their owners.",
        (
            (_crm("health below 60"), _database("SELECT account, open_tickets FROM revenue WHERE open_tickets > 5")),
            (_crm("customer 0151"),),
            (_file("plans/customer-0151.md", "# Customer 0151\n\nHealth 38, 14 open tickets: call this week.\n"),),
            (_mail("team-south@example.com", "Customer 0151 is at risk", "Plan: plans/customer-0151.md"),),
        ),
        "Customer 0151 is at risk: health 38 and 14 open tickets. The plan is written and team-south has it.",
    ),
    Conversation(
        "Prepare the weekly pipeline report, with a CSV in US dollars, and mail it to the managers.",
        (
            (_database("SELECT * FROM revenue ORDER BY renews_in_days"), _fetch("https://rates.example.com/eur-usd")),
            (
                _file("reports/pipeline.csv", "account,mrr_usd\nCustomer 0417,45925\nCustomer 0908,53020\n"),
                _file("reports/pipeline.md", "# Pipeline\n\nTwo renewals fall due within a fortnight.\n"),
            ),
            (_mail("managers@example.com", "Weekly pipeline", "See reports/pipeline.md and reports/pipeline.csv."),),
        ),
        "The report and its CSV are in reports/, at 1.10 USD per EUR, and the managers have been told.",
    ),
    Conversation(
        "Draft the renewal quote for Customer 0417 at today's list price and mail it to their owner.",
        (
            (_crm("customer 0417"), _database("SELECT * FROM revenue WHERE account = 'Customer 0417'")),
            (_fetch("https://www.example.com/pricing.json"),),
            (_file("quotes/customer-0417.md", "# Renewal quote\n\n12 months at 41,750 EUR per month.\n"),),
            (_mail("team-north@example.com", "Quote for Customer 0417", "Please check quotes/customer-0417.md."),),
        ),
        "The quote is in quotes/customer-0417.md: 12 months at 41,750 EUR. team-north has been asked to check it.",
    ),
    Conversation(
        "Remind every account whose renewal is due within two weeks, and keep a log of the reminders.",
        (
            (_crm("*"), _fetch("https://www.example.com/renewal-terms.json")),
            (
                _mail("customer-0417@example.com", "Your renewal", "Your contract renews in 6 days."),
                _mail("customer-0908@example.com", "Your renewal", "Your contract renews in 12 days."),
            ),
            (_file("logs/reminders.md", "- Customer 0417: 6 days\n- Customer 0908: 12 days\n"),),
        ),
        "Two reminders went out, to Customer 0417 and Customer 0908; they are logged in logs/reminders.md.",
    ),
)

PROMPTS = tuple(conversation.prompt for conversation in CONVERSATIONS)
"""The six business prompts; a real model gets the same prompts."""

_BY_PROMPT = {conversation.prompt: conversation for conversation in CONVERSATIONS}


class ScriptedMessages:
    """Stands in for `anthropic.Anthropic().messages`."""

    def create(self, *, messages: Sequence[dict[str, Any]], **_: Any) -> Reply:
        """Return the next reply of the conversation that `messages` opens with.

        Raises `KeyError` for an unknown prompt.
        """
        conversation = _BY_PROMPT[messages[0]["content"]]
        turns_taken = sum(message["role"] == "assistant" for message in messages)
        if turns_taken == len(conversation.turns):
            return Reply([TextBlock(conversation.closing)], "end_turn")
        calls = conversation.turns[turns_taken]
        return Reply([ToolUseBlock(name, dict(arguments)) for name, arguments in calls], "tool_use")


class ScriptedModel:
    """Stands in for `anthropic.Anthropic`."""

    def __init__(self) -> None:
        self.messages = ScriptedMessages()
