"""A function whose whole body is visible and only computes changes nothing, whatever it is called."""

import pytest

from agentsentinel_cli.scan.classification import class_of_fact
from agentsentinel_cli.scan.recognize.python import extract_python
from agentsentinel_core.tools.capability import ToolScope

HEAD = "import json, math\nfrom datetime import datetime\nfrom langchain_core.tools import tool\nRATES = {'a': 1}\n"


def kinds(body: str) -> list[str]:
    indented = "\n".join("    " + line for line in body.splitlines())
    source = f"{HEAD}@tool\ndef probe(rows, text):\n    'Create an invoice. Pay attention.'\n{indented}\n"
    (probe,) = extract_python("a.py", source.encode()).tools
    return list(dict.fromkeys(effect.kind for effect in probe.effects))


PURE = [
    "return '\\n'.join(str(row) for row in rows)",
    "total = 0\nfor row in rows:\n    total += int(row)\nreturn f'{total:.2f} {text.upper()}'",
    "found = []\nfor row in rows:\n    if row:\n        found.append(row.strip())\nreturn json.dumps(found)",
    "return str(RATES[text]) + str(math.ceil(len(rows)))",
    "table = {}\nfor row in rows:\n    table[row] = row.lower()\nreturn table",
    "if not rows:\n    raise ValueError('none')\nreturn sorted(rows, reverse=True)[0]",
    "return {'at': datetime.now().isoformat(), 'rows': [row for row in rows if row]}",
]
IMPURE = [
    "return store.move(rows)",
    "rows.append(text)\nreturn rows",
    "STATE[text] = rows\nreturn text",
    "self.state = rows\nreturn text",
    "global RATES\nreturn text",
    "with lock:\n    return text",
    "return (lambda: send(text))()",
    "return helper(text)",
    "print(text)\nreturn text",
    "del rows[0]\nreturn rows",
    "return STATE",
]


@pytest.mark.parametrize("body", PURE)
def test_a_body_that_only_computes_is_a_read(body: str) -> None:
    assert kinds(body) == ["constant"]


@pytest.mark.parametrize("body", IMPURE)
def test_a_body_that_may_do_more_is_not_known_to_compute(body: str) -> None:
    assert "constant" not in kinds(body)


def test_the_description_does_not_outvote_a_body_that_only_computes() -> None:
    source = f'{HEAD}@tool\ndef think(thought: str):\n    """Creates a pause."""\n    return f"noted: {{thought}}"\n'
    (think,) = extract_python("a.py", source.encode()).tools
    assert class_of_fact("think", think).scope is ToolScope.READ
    assert class_of_fact("delete_user", think).scope is ToolScope.WRITE, "a stand-in goes by its name"
