"""What a real shell runs is reported: random scripts, run by bash with programs that only note their names."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from agentsentinel_core.operations.shell import programs_of_line

BASH = shutil.which("bash")
LONGEST_SECONDS = 2
PROGRAMS = ["curl", "git", "ls", "make", "nc"]
SEPARATORS = ["; ", " | ", " && ", " || ", "\n", ";", "|", "&&", " |& "]
ARGUMENTS = [
    *("x", "-n", "--", "a=b", "]]", "for", "# c '", "a#b", "\\'", '\\"', "'; nc'", '"; nc \\" \' "', "$'a\\'b'"),
    *("$((1+2))", "${x:-a}", "${x:-}}", "${x:-'a}'}", '${x:-"b"}', "${x:-$(curl)}", '"${x:-\'}"', '"\\\\"', "<<< x"),
    *(">f", "2>&1", "</dev/null", "&>f", "$(git)", "`nc`", '"a $(ls; nc) b"', "<(curl)", "<(git | nc)"),
]
PREFIXES = ["", "", "", "A=1 ", "A=$(ls) ", "! ", "time ", "command ", "exec ", ">f ", "2>&1 "]
BODIES = ["x", "$(curl)", "`nc`", "'", '"', "a\\", " E", "E ", "$x ${y", "\\$(curl)", "; git"]
FRAMES = [
    *(
        "{{ {0}; }}",
        "( {0} )",
        "if {0}; then {1}; fi",
        "for a in 1 2; do {0}; done",
        "f() {{ {0}; }}; f",
        "echo $({0})",
    ),
    *('echo "$({0})" "{1}"', "case x in x) {0};; y) {1};; esac", "eval '{0}'", "bash -c '{0}'", 'bash -ec "{0}"'),
    *("echo `{0}`", "cat <({0})", "while {0}; do {1}; break; done", "trap '{0}' EXIT; {1}", "bash <<'E'\n{0}\nE\n"),
]
ODDITIES = ["'", '"', "`", "$(", ")", "\\", "#", "\n", ";", "}", "<<E\n", "$", "(", " ", "&"]


class Author:
    """Writes scripts."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)

    def program(self) -> str:
        name = self.chance.choice(PROGRAMS)
        spellings = [name, name, name, f'"{name}"', f"\\{name}", f"{name[0]}''{name[1:]}", f"{name[0]}\\\n{name[1:]}"]
        return self.chance.choice(spellings)

    def command(self) -> str:
        arguments = self.chance.choices(ARGUMENTS, k=self.chance.randint(0, 3))
        return self.chance.choice(PREFIXES) + " ".join([self.program(), *arguments])

    def document(self) -> str:
        sign = self.chance.choice(["E", "'E'", '"E"', "\\E", "-E"])
        end = "\tE" if sign == "-E" else "E"
        return f"{self.program()} <<{sign}\n{self.chance.choice(BODIES)}\n{end}\n{self.command()}"

    def script(self, depth: int) -> str:
        kind = self.chance.random()
        if depth == 0 or kind < 0.3:
            return self.command()
        if kind < 0.55:
            return self.chance.choice(SEPARATORS).join([self.script(depth - 1), self.script(depth - 1)])
        if kind < 0.7:
            return self.document()
        return self.chance.choice(FRAMES).format(self.script(depth - 1), self.script(depth - 1))

    def odd_script(self) -> str:
        """Write a script, one in three with a sign at a random place."""
        line = self.script(3)
        place = self.chance.randrange(len(line) + 1)
        return line[:place] + self.chance.choice(ODDITIES) + line[place:] if self.chance.random() < 0.3 else line


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder of programs that note their names."""
    folder = tmp_path / "bin"
    folder.mkdir()
    stub = folder / "stub"
    stub.write_text('#!/bin/sh\necho "${0##*/}" >> "$NOTES"\n')
    stub.chmod(0o755)
    for name in PROGRAMS:
        (folder / name).symlink_to(stub)
    (folder / "bash").symlink_to(BASH or "")
    return folder


def run(line: str, programs: Path, notes: Path) -> set[str]:
    """Run a script, and return the programs that it ran."""
    notes.touch()
    command = [str(BASH), "--norc", "-c", line]
    environment = {"PATH": str(programs), "NOTES": str(notes)}
    with suppress(subprocess.TimeoutExpired):  # a loop without an end has run its programs by then
        subprocess.run(
            command,
            cwd=notes.parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    return set(notes.read_text().split())


@pytest.mark.skipif(BASH is None or os.name != "posix", reason="there is no bash")
@pytest.mark.parametrize("seed", range(4))
def test_every_program_that_a_shell_runs_is_reported_or_shows_as_other(seed: int, programs: Path) -> None:
    author, seen = Author(seed), 0
    for number in range(100):
        line = author.odd_script()
        ran = run(line, programs, programs.parent / f"{number}")
        reported = set((programs_of_line(line) or "").split("+"))
        assert ran <= reported or "other" in reported, line
        seen += bool(ran) and "other" not in reported
    assert seen > 20
