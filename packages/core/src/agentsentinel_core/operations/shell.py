"""The programs that a command line runs.

The line is read as a POSIX shell reads it, as far as that decides what runs: quotes, separators, pipes, redirections,
here-documents, comments, and substitutions at any place. What only the running shell knows, such as the value of a
variable in the place of a program, is OTHER, and so is what is beyond the limits: nothing that runs goes unreported.
"""

from __future__ import annotations

from itertools import pairwise

from agentsentinel_core.operations.vocabulary import (
    BIN_FOLDERS,
    EXECUTING_OPTIONS,
    FILTERS,
    LAUNCHERS,
    NETWORK_PROGRAMS,
    OPAQUE_LAUNCHERS,
    OTHER,
    POWERFUL_PROGRAMS,
    PROGRAM_SYNONYMS,
    PROGRAMS,
    QUIET_PROGRAMS,
    RESERVED,
    SHELL_OPTIONS,
    SHELL_VALUES,
    SHELLS,
    SUFFIXES,
    WITHOUT_PROGRAM,
    WRAPPERS,
)
from agentsentinel_core.operations.words import LONGEST_TEXT, joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_READ = 8192
"""Characters of a line that are read one by one, some milliseconds; comments, texts and documents are skipped."""
DEEPEST = 8
"""Levels of substitutions, and of lines within lines, that are read."""
_UNKNOWN = "\0"
"""Ends a word whose value only the running shell knows; no program is called so."""
_LONGEST_CLUSTER = 6
"""Characters of options behind one dash, such as `-lc`; a longer one is an option of PowerShell by its name."""
_BLANKS = " \t\r"
_ENDS_OF_WORD = " \t\r\n;|&()<>"
_SINKS = ("/dev/null", "/dev/stdout", "/dev/stderr")
_SOCKETS = ("/dev/tcp/", "/dev/udp/")
"""Files of bash that are connections."""


def programs_of_line(line: str) -> str | None:
    """Return the programs of a command line as one word; None for a line that runs nothing."""
    programs = _Programs()
    programs.read(line)
    return programs.word


def programs_of_words(words: Sequence[str]) -> str | None:
    """Return the program of a command that is given word by word, and those of the line that it hands to a shell."""
    programs = _Programs()
    programs.add(_Command([*words]))
    return programs.word


class _Command:
    """One simple command."""

    __slots__ = ("is_behind_pipe", "words", "writes")

    def __init__(self, words: list[str], *, is_behind_pipe: bool = False) -> None:
        self.words = words
        self.is_behind_pipe = is_behind_pipe
        self.writes = False
        """Whether its output goes to a file."""


class _Document:
    """A here-document whose text is still to come."""

    __slots__ = ("command", "delimiter", "is_quoted", "is_stripped")

    def __init__(self, command: _Command, delimiter: str, *, is_stripped: bool, is_quoted: bool) -> None:
        self.command = command
        """Command that it is sent to."""
        self.delimiter = delimiter
        self.is_stripped = is_stripped
        """Whether tabs before the delimiter do not count."""
        self.is_quoted = is_quoted
        """Whether nothing is substituted in it."""


class _Programs:
    """Collects programs."""

    def __init__(self) -> None:
        self._loud: list[str] = []
        self._quiet: list[str] = []
        self._level = 0
        self._budget = 2 * MOST_READ

    @property
    def word(self) -> str | None:
        return joined(self._loud or self._quiet[:1], _weight)

    def read(self, line: str) -> None:
        """Take the programs of a line."""
        known = line.replace(_UNKNOWN, "")
        if known != line:
            self.unclear()
        if self._level >= DEEPEST:
            self.unclear()
            return
        self._level += 1
        _Reader(known, self).read()
        self._level -= 1

    def afford(self, characters: int) -> int:
        """Return how many of so many characters a reader may read one by one; lines within lines are read once more."""
        granted = min(characters, MOST_READ, self._budget)
        self._budget -= granted
        return granted

    def unclear(self) -> None:
        """Take something that cannot be read."""
        self._loud.append(OTHER)

    def add(self, command: _Command) -> None:
        """Take the program of one command, past assignments and the programs that only start another."""
        words = _from_program(command.words)
        if not words:
            return
        name = program_name(words[0])
        self._add_name(name, command)
        self._add_arguments(name, words[1:])

    def send(self, command: _Command, text: str) -> None:
        """Take the programs of a text that is sent to a command, where that is a shell which reads its commands."""
        words = _from_program(command.words)
        name = program_name(words[0]) if words else ""
        if name in SHELLS and _line_of_shell(name, words[1:]) is None:
            self.read(text)

    def _add_name(self, name: str, command: _Command) -> None:
        is_dull = name in QUIET_PROGRAMS or (command.is_behind_pipe and name in FILTERS)
        (self._quiet if is_dull and not command.writes else self._loud).append(name)

    def _add_arguments(self, name: str, arguments: list[str]) -> None:
        """Take the programs that are named by the arguments of another."""
        if name in SHELLS:
            line = _line_of_shell(name, arguments)
            if line is not None:
                self._loud.pop()  # its line says what runs
                self.read(line)
        elif name == "su":
            for option, line in pairwise(arguments):
                if option in ("-c", "--command"):
                    self.read(line)
        elif name == "eval":
            self.read(" ".join(arguments))
        elif name == "trap" and arguments:
            self.read(arguments[0])
        elif name in LAUNCHERS:
            self.add(_Command(arguments[_past_options(arguments, 0, *LAUNCHERS[name]) :]))
        elif name in OPAQUE_LAUNCHERS and arguments:
            self.unclear()
        elif name in EXECUTING_OPTIONS:
            separate = [part for word in arguments for part in (word.split("=", 1) if word[:2] == "--" else [word])]
            followed = pairwise(separate)
            self._loud += [program_name(word) for option, word in followed if option in EXECUTING_OPTIONS[name]]


def program_name(word: str) -> str:
    """Return the listed name of a program, without its folder, suffix and version; OTHER for any that is not listed."""
    folder, slash, name = word.lower().replace("\\", "/").rpartition("/")
    if slash and folder.rpartition("/")[2] not in BIN_FOLDERS:
        return OTHER
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    unversioned = name.rstrip("0123456789.")
    names = (PROGRAM_SYNONYMS.get(one, one) for one in (name, unversioned, unversioned.removesuffix("-")))
    return next((one for one in names if one in PROGRAMS), OTHER)


def _weight(name: str) -> int:
    return 2 if name in NETWORK_PROGRAMS else 1 if name in POWERFUL_PROGRAMS else 0


def _from_program(words: list[str]) -> list[str]:
    """Return the words of a command from its program on; empty without a program."""
    at, wrapped = 0, ""
    while at < len(words):
        word = words[at]
        wrapper = word.rpartition("/")[2]
        if wrapper == "command" and words[at + 1 : at + 2] in (["-v"], ["-V"]):
            return [wrapper]  # only says where a program is
        if wrapper in WRAPPERS:
            at, wrapped = _past_options(words, at + 1, *WRAPPERS[wrapper]), wrapper
        elif _is_assignment(word) or (word in RESERVED and not wrapped):
            at += 1
        elif word == "function" and not wrapped:
            at += 2
        elif word in WITHOUT_PROGRAM and not wrapped:
            return []
        else:
            return words[at:]
    return [wrapped] if wrapped else []


def _past_options(words: list[str], at: int, with_value: str, positional: int) -> int:
    """Return where the program begins that a wrapper starts."""
    valued = with_value.split()
    while at < len(words) and words[at].startswith("-"):
        at += 1 + (words[at] in valued)
    while at < len(words) and _is_assignment(words[at]):
        at += 1
    return at + positional


def _is_assignment(word: str) -> bool:
    head, sign, _ = word.partition("=")
    return bool(sign) and head.rstrip("+").partition("[")[0].isidentifier()


def _line_of_shell(name: str, arguments: list[str]) -> str | None:
    """Return the command line that a shell is to run; None when it runs a file or what it is sent."""
    at = 0
    while at < len(arguments) and (arguments[at][:1] in ("-", "+") or name == "cmd"):
        option = arguments[at].lower()
        rest = arguments[at + 1 :]
        is_cluster = option[:1] == "-" and "c" in option and option.isascii() and len(option) <= _LONGEST_CLUSTER
        if rest and (option in SHELL_OPTIONS or (is_cluster and option[1:].isalpha())):
            return " ".join(rest) if name in ("cmd", "powershell", "pwsh") else rest[0]
        at += 1 + (option in SHELL_VALUES)
    return None


class _Reader:
    """Reads one line. `_at` is the place of the next character; each loop moves it on, so that the time is bounded.

    `_end` is how far it may read: what is skipped at once is added.
    """

    def __init__(self, text: str, programs: _Programs, level: int = 0) -> None:
        self._programs = programs
        self._text = text[:LONGEST_TEXT]
        self._is_cut = len(text) > LONGEST_TEXT
        self._end = programs.afford(len(self._text))
        self._at = 0
        self._level = level
        self._documents: list[_Document] = []
        """Here-documents that begin after the current line."""

    def read(self) -> None:
        """Read commands to the end."""
        self._commands(is_nested=False)
        self._finish()

    # --- commands -------------------------------------------------------------------------------------------------

    def _commands(self, *, is_nested: bool) -> None:
        """Read commands to the end, or to the parenthesis that closes them and past it."""
        if self._level >= DEEPEST:
            self._give_up()
            return
        self._level += 1
        opened, is_behind_pipe, is_closed = 0, False, False
        while not is_closed and self._at < self._end:
            command = _Command([], is_behind_pipe=is_behind_pipe)
            sign = self._command(command)
            if is_nested and "case" in command.words:
                self._programs.unclear()  # the parentheses of its patterns are not told from the closing one
            self._programs.add(command)
            is_behind_pipe = sign == "|" or (is_behind_pipe and sign == "\n" and not command.words)
            is_closed = is_nested and sign == ")" and opened == 0
            opened += (sign == "(") - (sign == ")")
        self._level -= 1
        if is_nested and not is_closed:
            self._programs.unclear()

    def _command(self, command: _Command) -> str:
        """Read one command, and return the separator behind it; "" at the end."""
        while self._at < self._end:
            sign = self._text[self._at]
            if sign in _BLANKS:
                self._at += 1
            elif self._text.startswith("\\\n", self._at):
                self._at += 2
            elif sign == "#":
                self._skip_to("\n")
            elif sign in "<>" or self._text.startswith("&>", self._at):
                self._redirect(command)
            elif sign in ";|&\n()":
                return self._separator(command)
            else:
                self._word_of(command)
        return ""

    def _separator(self, command: _Command) -> str:
        """Read a separator, and return what it is: one of `;` `|` `&` newline and parentheses."""
        sign = self._text[self._at]
        if not command.words and self._text.startswith("((", self._at):
            self._nested_text("((", "))")
            return ";"
        self._at += 1
        if sign == "\n":
            self._skip_documents()
        elif sign in "|&" and self._text.startswith(sign, self._at):
            self._at += 1
            return ";"
        elif sign == "|" and self._text.startswith("&", self._at):
            self._at += 1
        return sign

    def _word_of(self, command: _Command) -> None:
        word = self._word()
        follows = self._text[self._at : self._at + 1]
        if not (word.isdigit() and follows and follows in "<>"):  # `2` in `2>&1`
            command.words.append(word)

    # --- redirections ---------------------------------------------------------------------------------------------

    def _redirect(self, command: _Command) -> None:
        begin = self._at
        while self._at < self._end and self._text[self._at] in "<>&|":
            self._at += 1
            if self._text.startswith("(", self._at):
                self._at += 1
                self._commands(is_nested=True)  # a process substitution
                command.words.append(_UNKNOWN)
                return
        sign = self._text[begin : self._at]
        is_stripped = sign == "<<" and self._text.startswith("-", self._at)
        self._at += is_stripped
        while self._at < self._end and self._text[self._at] in _BLANKS:
            self._at += 1
        begin = self._at
        target = self._word().replace(_UNKNOWN, "")
        if sign == "<<":
            is_quoted = any(mark in self._text[begin : self._at] for mark in "'\"\\")
            self._documents.append(_Document(command, target, is_stripped=is_stripped, is_quoted=is_quoted))
        elif sign == "<<<":
            self._programs.send(command, target)
        elif target.startswith(_SOCKETS):
            self._programs.unclear()
        elif ">" in sign and target and not target.startswith(_SINKS) and not (target.isdigit() or target == "-"):
            command.writes = True

    def _skip_documents(self) -> None:
        """Read past the here-documents of the line that has ended."""
        documents, self._documents = self._documents, []
        for document in documents:
            end = self._end_of_document(document.delimiter, is_stripped=document.is_stripped)
            text = self._text[self._at : end]
            self._programs.send(document.command, text)
            if not document.is_quoted:
                if text.endswith("\\\n"):
                    self._programs.unclear()  # the shell joins the last line to the one before, and reads on
                if "$" in text or "`" in text:
                    _Reader(text, self._programs, self._level).read_text()
            self._skip(end)
            self._skip_to("\n")
            self._skip(self._at + 1)

    def _end_of_document(self, delimiter: str, *, is_stripped: bool) -> int:
        """Return where the line begins that ends a here-document; the end of the text where there is none."""
        at = self._at
        while at < len(self._text):
            end = self._text.find("\n", at)
            end = len(self._text) if end < 0 else end
            line = self._text[at:end]
            if (line.lstrip("\t") if is_stripped else line) == delimiter:
                return at
            at = end + 1
        return len(self._text)

    def read_text(self) -> None:
        """Read text in which only substitutions run anything."""
        self._text_up_to("")
        self._finish()

    # --- words ----------------------------------------------------------------------------------------------------

    def _word(self) -> str:
        """Read one word as the shell sees it; _UNKNOWN is in one with a part that is substituted."""
        parts: list[str] = []
        while self._at < self._end:
            sign = self._text[self._at]
            if sign in _ENDS_OF_WORD:
                break
            if sign == "\\":
                parts.append(self._text[self._at + 1 : self._at + 2].strip("\n"))
                self._at += 2
            elif sign == "'":
                parts.append(self._single_quoted())
            elif sign == '"':
                self._at += 1
                self._double_quoted(parts)
            elif sign in "$`":
                parts.append(self._substitution(is_quoted=False))
            else:
                parts.append(sign)
                self._at += 1
        return "".join(parts)

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            self._give_up()
            return _UNKNOWN
        quoted = self._text[self._at + 1 : end]
        self._skip(end + 1)
        return quoted

    def _double_quoted(self, parts: list[str]) -> None:
        while self._at < self._end:
            sign = self._text[self._at]
            if sign == '"':
                self._at += 1
                return
            if sign in "$`":
                parts.append(self._substitution(is_quoted=True))
            else:
                is_escape = sign == "\\" and self._text[self._at + 1 : self._at + 2] in ("$", "`", '"', "\\", "\n")
                self._at += is_escape
                parts.append(self._text[self._at : self._at + 1])
                self._at += 1
        self._give_up()

    def _substitution(self, *, is_quoted: bool) -> str:
        """Read past a variable or a substitution, and take the programs in it; return it as it is written, marked."""
        begin = self._at
        if self._text[begin] == "`":
            self._backquoted()
        elif self._text.startswith("$((", begin):
            self._nested_text("$((", "))")
        elif self._text.startswith("$(", begin):
            self._at += 2
            self._commands(is_nested=True)
        elif self._text.startswith("${", begin):
            self._nested_text("${", "}")
        elif self._text.startswith("$'", begin) and not is_quoted:
            self._ansi_quoted()
        else:
            self._at += 1
        return self._text[begin : self._at] + _UNKNOWN

    def _backquoted(self) -> None:
        begin = self._at = self._at + 1
        while self._at < self._end and self._text[self._at] != "`":
            self._at += 1 + (self._text[self._at] == "\\")
        if self._at >= self._end:
            self._give_up()
            return
        inner = self._text[begin : self._at]
        self._at += 1
        self._programs.read(inner.replace("\\`", "`").replace("\\$", "$"))

    def _ansi_quoted(self) -> None:
        self._at += 2
        while self._at < self._end and self._text[self._at] != "'":
            self._at += 1 + (self._text[self._at] == "\\")
        self._at += 1

    def _nested_text(self, opening: str, closing: str) -> None:
        """Read past text between two signs, such as that of an arithmetic expression."""
        if self._level >= DEEPEST:
            self._give_up()
            return
        self._at += len(opening)
        self._level += 1
        self._text_up_to(closing)
        self._level -= 1

    def _text_up_to(self, closing: str) -> None:
        """Read past text that ends with `closing`, or with the line for "", and take the programs substituted in it."""
        while self._at < self._end:
            sign = self._text[self._at]
            if closing and self._text.startswith(closing, self._at):
                self._at += len(closing)
                return
            if sign in "$`":
                self._substitution(is_quoted=True)
            else:
                if closing and sign in "'\"":
                    self._programs.unclear()  # quotes may hide the end
                self._at += 1 + (sign == "\\")
        if closing:
            self._give_up()

    # --- helpers --------------------------------------------------------------------------------------------------

    def _skip_to(self, sign: str) -> None:
        found = self._text.find(sign, self._at)
        self._skip(len(self._text) if found < 0 else found)

    def _skip(self, place: int) -> None:
        """Go on at a later place at no cost."""
        place = min(place, len(self._text))
        self._end = min(self._end + place - self._at, len(self._text))
        self._at = place

    def _finish(self) -> None:
        """Say so if there was more than may be read."""
        if self._is_cut or self._end < len(self._text):
            self._programs.unclear()

    def _give_up(self) -> None:
        """Stop reading: what follows cannot be read."""
        self._programs.unclear()
        self._at = self._end
