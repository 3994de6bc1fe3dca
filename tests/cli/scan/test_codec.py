"""Facts survive the way to disk and back, and nothing else is read as facts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_cli.scan.codec import decode, encode
from agentsentinel_cli.scan.model import (
    AgentFact,
    EffectFact,
    FileFacts,
    GrantFact,
    GrantKind,
    Place,
    PoisonFact,
    SecretFact,
    ServerFact,
    Symbol,
    ToolFact,
)

text = st.text(st.characters(), max_size=12)
places = st.builds(Place, st.integers(1, 9999), st.integers(1, 99), st.none() | st.integers(1, 9999))
symbols = st.builds(Symbol, text, text)
effects = st.builds(EffectFact, text, places, text)
tools = st.builds(
    ToolFact,
    st.none() | text | symbols,
    places,
    text,
    text,
    symbol=st.none() | text,
    description=text,
    parameters=st.lists(text, max_size=2).map(tuple),
    annotations=st.lists(st.tuples(text, st.booleans()), max_size=2).map(tuple),
    effects=st.lists(effects, max_size=2).map(tuple),
    implementation=st.none() | symbols,
)
grants = st.builds(GrantFact, st.sampled_from(GrantKind), text | symbols, places)
agents = st.builds(
    AgentFact,
    text,
    places,
    text,
    grants=st.lists(grants, max_size=2).map(tuple),
    servers=st.lists(st.builds(ServerFact, text, text, places), max_size=2).map(tuple),
    runs_code=st.none() | places,
)
file_facts = st.builds(
    FileFacts,
    tools=st.lists(tools, max_size=3).map(tuple),
    agents=st.lists(agents, max_size=2).map(tuple),
    secrets=st.lists(st.builds(SecretFact, text, text, places, st.booleans()), max_size=1).map(tuple),
    poison=st.lists(st.builds(PoisonFact, text, text, text, places), max_size=1).map(tuple),
    ignores=st.lists(st.tuples(st.integers(1, 99), st.lists(text, max_size=2).map(tuple), text), max_size=2).map(tuple),
    functions=st.dictionaries(text, tools, max_size=2),
    lists=st.dictionaries(text, st.lists(grants, max_size=2).map(tuple), max_size=2),
    constants=st.dictionaries(text, text, max_size=2),
    forwards=st.dictionaries(text, symbols, max_size=2),
    problem=st.none() | text,
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | text, lambda inner: st.lists(inner) | st.dictionaries(text, inner)
)


@given(file_facts)
def test_facts_come_back_as_they_were(facts: FileFacts) -> None:
    assert decode(encode(facts)) == facts


@given(plain)
def test_any_other_json_is_refused(content: Any) -> None:
    with pytest.raises(ValueError, match="facts"):
        decode(json.dumps(content))
