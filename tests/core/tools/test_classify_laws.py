"""What holds for any name and any claim."""

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.tools import ToolClass, ToolScope, classify, is_read_only_purpose
from agentsentinel_core.tools.words import word_set

# Any code point, surrogates and NUL included.
anything = st.text(st.characters(), max_size=255)
words = st.sampled_from(
    sorted(
        word_set(
            """
        get list read and or then delete deleted run runs send email file files crm role admin bash code
        token http s3 set manage update 検索 🔥 é Query __ . webhook env secret url deploy k8s
        """
        )
    )
)
names = st.one_of(anything, st.lists(words, max_size=8).map("_".join), st.lists(words, max_size=8).map("".join))
hints = st.dictionaries(st.sampled_from(["readOnlyHint", "destructiveHint", "openWorldHint", "title"]), st.booleans())
prose = st.one_of(anything, st.lists(words, max_size=12).map(" ".join))
schemas = st.one_of(
    st.dictionaries(anything, st.none() | st.integers() | anything, max_size=3),
    st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from(["url", "body", "command", "q"]), st.none())}),
)


def is_no_lower(higher: ToolClass, lower: ToolClass) -> bool:
    return (
        higher.scope.rank >= lower.scope.rank
        and higher.is_dangerous >= lower.is_dangerous
        and higher.capabilities >= lower.capabilities
    )


@given(names)
def test_any_name_has_a_class_that_is_sound(name):
    found = classify(name)
    assert found.name == name
    assert found.reasons
    assert found.categories
    assert found.category in found.categories
    assert not (found.is_dangerous and found.scope is ToolScope.READ)


@given(names, prose, hints, schemas)
def test_claims_never_lower_a_class(name, description, annotations, schema):
    alone = classify(name)
    assert is_no_lower(classify(name, annotations=annotations), alone)
    assert is_no_lower(classify(name, description=description), alone)
    assert is_no_lower(classify(name, input_schema=schema), alone)
    assert is_no_lower(
        classify(name, description=description, annotations=annotations, input_schema=schema),
        alone,
    )


@given(
    st.lists(
        st.sampled_from(
            sorted(
                word_set(
                    """
        get list delete run send file crm role admin bash set
        """
                )
            )
        ),
        min_size=1,
        max_size=5,
    )
)
def test_spelling_does_not_change_a_class(parts):
    snake, kebab = classify("_".join(parts)), classify("-".join(parts))
    camel = classify(parts[0] + "".join(part.capitalize() for part in parts[1:]))
    assert snake.capabilities == kebab.capabilities == camel.capabilities
    assert snake.scope is kebab.scope is camel.scope


@given(prose)
def test_any_description_can_be_read(description):
    assert is_read_only_purpose(description) in (True, False)


def test_a_very_long_name_is_survived_and_not_kept():
    assert classify("delete_" * 100_000).is_dangerous
