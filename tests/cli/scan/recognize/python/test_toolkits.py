"""A toolkit gives its methods, under the flags that it is made with, at the place where the agent is built."""

from pathlib import Path
from typing import Any

import pytest

from cli.scan.support import sentinel, write_tree

KIT = '''
from agno.tools import Toolkit


class Stamps(Toolkit):
    def __init__(self, allow_burn: bool = False, allow_sell: bool = True, everything: bool = False, **kwargs):
        tools = [self.find]
        if allow_burn or everything:
            tools.append(self.burn)
        if allow_sell and not everything:
            tools.append(self.sell)
        super().__init__(name="stamps", tools=tools, **kwargs)

    def find(self, code: str) -> str:
        """Find a stamp."""
        return code

    def burn(self, code: str) -> str:
        """Burn a stamp."""
        return code

    def sell(self, code: str) -> str:
        """Sell a stamp."""
        return code
'''
AGENT = 'from agno.agent import Agent\ncollector = Agent(name="Collector", description="Stamps.", tools=[{}])\n'


def entries(folder: Path, files: dict[str, str]) -> list[dict[str, Any]]:
    return sentinel(write_tree(folder / "w", dict(files)), "scan", ".", "--format", "json").entries


MADE = [
    ("Stamps()", {"find", "sell"}),
    ("Stamps(allow_burn=True)", {"find", "burn", "sell"}),
    ("Stamps(True, False)", {"find", "burn"}),
    ("Stamps(everything=True)", {"find", "burn"}),
    ("Stamps(allow_burn=settings.burn)", {"find", "burn", "sell"}),
    ("Stamps(allow_sell=False)", {"find"}),
    ('Stamps(include_tools=["find"])', {"find"}),
    ('Stamps(exclude_tools=["sell"])', {"find"}),
    ('Stamps(allow_burn=True, exclude_tools=["find", "sell"])', {"burn"}),
]


@pytest.mark.parametrize(("made", "expected"), MADE)
def test_methods_behind_a_flag_that_is_off_are_not_granted(tmp_path: Path, made: str, expected: set[str]) -> None:
    (entry,) = entries(tmp_path, {"a.py": f"{KIT}\n\n{AGENT.format(made)}"})
    assert {tool["name"] for tool in entry["tools"]} == expected


@pytest.mark.parametrize(("made", "expected"), MADE)
def test_an_imported_toolkit_gives_the_same_methods(tmp_path: Path, made: str, expected: set[str]) -> None:
    (entry,) = entries(tmp_path, {"kit.py": KIT, "a.py": f"from kit import Stamps\n{AGENT.format(made)}"})
    assert {tool["name"] for tool in entry["tools"]} == expected
    assert {(tool["source"], tool["granted_at"]["file"], tool["granted_at"]["line"]) for tool in entry["tools"]} == {
        ("kit.py", "a.py", 3)
    }


def test_an_instance_of_another_file_gives_the_methods_that_it_was_made_with(tmp_path: Path) -> None:
    files = {
        "kit.py": f"{KIT}\n\nstamps = Stamps(allow_sell=False)\n",
        "a.py": f"from kit import stamps\n{AGENT.format('stamps')}",
    }
    (entry,) = entries(tmp_path, files)
    assert [tool["name"] for tool in entry["tools"]] == ["find"]


def test_a_method_that_is_registered_elsewhere_is_a_hook_and_not_a_tool(tmp_path: Path) -> None:
    kit = """
import atexit
import signal
from agno.tools import Toolkit


class Scratch(Toolkit):
    def __init__(self):
        atexit.register(self._sweep)
        self.bus.register(self.on_event)
        super().__init__(name="scratch")
        self.register(self.note)

    def _sweep(self): ...
    def on_event(self): ...
    def note(self, text: str) -> str: ...
"""
    (entry,) = entries(tmp_path, {"kit.py": kit})
    assert [tool["name"] for tool in entry["tools"]] == ["note"]


def test_the_place_of_the_grant_is_the_first_of_a_finding(tmp_path: Path) -> None:
    kit = KIT.replace("def sell", "def delete_stamp").replace("self.sell", "self.delete_stamp")
    (entry,) = entries(tmp_path, {"kit.py": kit, "z.py": f"from kit import Stamps\n{AGENT.format('Stamps()')}"})
    finding = next(found for found in entry["findings"] if found["rule_id"] == "DANGEROUS_GRANTS")
    assert [(where["file"], where["note"]) for where in finding["locations"]] == [
        ("z.py", "grant delete_stamp"),
        ("kit.py", "tool delete_stamp"),
    ]
