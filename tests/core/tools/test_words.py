"""How names come apart."""

import pytest

from agentsentinel_core.tools.words import Form, namespace_and_tool, read, reductions, split


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("search_crm", ["search", "crm"]),
        ("search-crm.v2", ["search", "crm", "v", "2"]),
        ("deleteUserAccount", ["delete", "user", "account"]),
        ("HTTPFetch", ["http", "fetch"]),
        ("getURLs", ["get", "urls"]),
        ("getIDsOfUsers", ["get", "ids", "of", "users"]),
        ("k8sApply", ["k", "8", "s", "apply"]),
        ("dropDownOptions", ["dropdown", "options"]),
        ("run_time", ["runtime"]),
        ("ｄｅｌｅｔｅ＿ｆｉｌｅ", ["delete", "file"]),
        ("del\u200bete_file", ["delete", "file"]),
        ("löschen_Öl", ["löschen", "öl"]),
        ("顧客_検索", ["顧客", "検索"]),
        ("🔥delete🔥", ["delete"]),
        ("", []),
        ("__--..", []),
        ("\x00\ud800", []),
    ],
)
def test_a_name_comes_apart_at_marks_and_camel_case_and_digits(name, words):
    assert split(name) == words


@pytest.mark.parametrize(
    ("word", "base", "form"),
    [
        ("files", "file", Form.PLURAL),
        ("databases", "database", Form.PLURAL),
        ("queries", "query", Form.PLURAL),
        ("patches", "patch", Form.PLURAL),
        ("deleted", "delete", Form.PARTICIPLE),
        ("dropping", "drop", Form.PARTICIPLE),
        ("copied", "copy", Form.PARTICIPLE),
        ("executing", "execute", Form.PARTICIPLE),
        ("running", "run", Form.PARTICIPLE),
    ],
)
def test_a_form_is_brought_back_to_its_base(word, base, form):
    assert (base, form) in reductions(word)


@pytest.mark.parametrize(
    "word", ["settings", "setting", "address", "aws", "ecs", "string", "posting", "sender", "editor"]
)
def test_a_noun_that_looks_like_a_form_stays(word):
    verbs = frozenset({"set", "add", "aw", "ec", "post", "send", "edit", "str"})
    assert [found.base for found in read([word], verbs)] == [word]


def test_what_follows_the_last_namespace_mark_is_the_tool():
    assert namespace_and_tool("mcp__github__list_runs") == (["mcp", "github"], ["list", "runs"])
    assert namespace_and_tool("files.delete") == (["files"], ["delete"])


def test_a_name_that_ends_in_a_mark_is_all_tool():
    assert namespace_and_tool("delete.") == ([], ["delete"])
