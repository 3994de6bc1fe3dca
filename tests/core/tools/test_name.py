"""Names of tools: where the verb stands, which words act, and which only name what is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.tools.name import read_name


def acts(name):
    return [act.word for _, act in read_name(name).acts()]


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("list_runs", "list"),
        ("mcp__github__list_runs", "list"),
        ("github_list_runs", "list"),
        ("deleteFile", "delete"),
    ],
)
def test_the_verb_is_expected_after_namespace_and_service(name, verb):
    found = read_name(name)
    assert found.words[found.verb_at].base == verb


@pytest.mark.parametrize("name", ["list_deployments", "view_run_logs", "list_deleted_files", "get_blog_posts"])
def test_what_a_leading_read_verb_reads_does_not_act(name):
    assert read_name(name).leads_with_read
    assert acts(name) == []


@pytest.mark.parametrize(
    ("name", "verb"), [("get_or_create_user", "create"), ("read_write_file", "write"), ("posts_message", "post")]
)
def test_a_verb_after_a_conjunction_or_one_that_is_never_a_noun_acts(name, verb):
    assert verb in acts(name)


def test_a_name_that_reads_and_writes_states_both():
    assert read_name("read_write_file").states_reading
    assert not read_name("write_file").states_reading


def test_only_a_single_word_is_the_whole_name():
    assert read_name("shell").whole == "shell"
    assert read_name("shell_history").whole == ""


@given(st.text(max_size=60))
def test_any_text_is_a_name_and_the_verb_is_one_of_its_words(name):
    found = read_name(name)
    assert found.verb_at < max(1, len(found.words))
    assert all(0 <= at < len(found.words) for at, _ in found.acts())


@pytest.mark.parametrize("name", ["", "___", "!?", "\N{GRINNING FACE}"])
def test_a_name_without_letters_has_no_words_and_does_nothing(name):
    assert read_name(name).words == ()
    assert acts(name) == []
