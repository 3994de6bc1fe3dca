"""What an agent says of itself: its name, its model and its purpose."""

import pytest

from agentsentinel_cli.scan.model import PURPOSE_ELSEWHERE, Symbol
from agentsentinel_cli.scan.recognize.python import extract_python
from cli.scan.recognize.python.support import agents


def test_a_role_and_a_goal_describe_an_agent() -> None:
    (agent,) = agents('from crewai import Agent\na = Agent(role="Clerk", goal="File letters", backstory="Old.")\n')
    assert (agent.name, agent.description) == ("Clerk", "Clerk: File letters")


def test_a_model_is_found_inside_its_client() -> None:
    (agent,) = agents(
        """
from autogen_agentchat.agents import AssistantAgent
client = OpenAIChatCompletionClient(model="gpt-4.1")
AssistantAgent("helper", model_client=client, tools=[])
"""
    )
    assert (agent.name, agent.model) == ("helper", "gpt-4.1")


@pytest.mark.parametrize(
    "purpose",
    [
        'instructions=["You write reports.", "You save them."]',
        'instructions=("You write reports.", f"You save them on {day}.")',
        "instructions=said",
        'instructions=lambda context: "You write reports."',
        'config=self.agents_config["writer"]',
    ],
)
def test_a_purpose_is_seen_in_a_list_a_function_and_a_configuration(purpose: str) -> None:
    (agent,) = agents(
        f"""
from agno.agent import Agent
def said(context):
    return f"You write reports on {{context.topic}}."
def save(path: str): ...
a = Agent(name="Writer", tools=[save], {purpose})
"""
    )
    assert isinstance(agent.description, str)
    assert "write reports" in agent.description or "'writer'" in agent.description


@pytest.mark.parametrize(
    "call",
    [
        'client.embeddings.create(model="text-embedding-3-large", input=x)',
        'client.audio.speech.create(model="gpt-4o-mini-tts", input=x)',
        'OpenAIEmbeddings(model="some-model")',
        'cohere.rerank(model="rank-me-3", query=x)',
        'client.moderations.create(model="omni", input=x)',
        'SentenceTransformer(model_name="bge-small-en")',
    ],
)
def test_a_model_that_does_not_chat_is_not_the_model_of_the_file(call: str) -> None:
    before = "from openai import OpenAI\nclient = OpenAI()\ndef f(x: str): ...\n"
    after = 'answer = client.chat.completions.create(model="gpt-5", tools=[f])\n'
    assert extract_python("a.py", f"{before}y = {call}\n{after}".encode()).model == "gpt-5"
    assert extract_python("a.py", f'{before}Agent(name="a", tools=[f])\ny = {call}\n'.encode()).model is None


@pytest.mark.parametrize(
    ("prompt", "purpose"),
    [
        ("system_prompt=SOME['prompt']", PURPOSE_ELSEWHERE),
        ("system_prompt=load()", PURPOSE_ELSEWHERE),
        ("system_prompt='Be {}.'.format(kind)", PURPOSE_ELSEWHERE),
        ("system_prompt=PROMPT", Symbol("prompts", "PROMPT")),
        ("description='Mails.', system_prompt=PROMPT", "Mails."),
        ("system_prompt=None", None),
        ("system_prompt=' '", None),
        ("name='a'", None),
    ],
)
def test_a_prompt_whose_text_is_not_in_the_file_still_states_a_purpose(
    prompt: str, purpose: str | Symbol | None
) -> None:
    (agent,) = agents(f"from strands import Agent\nfrom prompts import PROMPT\nAgent(tools=[send], {prompt})")
    assert agent.description == purpose


@pytest.mark.parametrize(
    ("messages", "purpose"),
    [
        ("[{'role': 'system', 'content': 'Helps.'}, {'role': 'user', 'content': q}]", "Helps."),
        ("[{'role': 'developer', 'content': load()}]", PURPOSE_ELSEWHERE),
        ("[{'role': 'user', 'content': 'Go'}]", None),
        ("history", PURPOSE_ELSEWHERE),
    ],
)
def test_the_system_message_of_a_request_states_its_purpose(messages: str, purpose: str | None) -> None:
    (agent,) = agents(
        "import openai\nTOOL = {'type': 'function', 'function': {'name': 'send'}}\n"
        f"def ask(history, q):\n    openai.chat.completions.create(model='m', messages={messages}, tools=[TOOL])\n"
    )
    assert agent.description == purpose
