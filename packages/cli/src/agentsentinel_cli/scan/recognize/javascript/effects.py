"""Recognition of the effects of a tool's body, from the calls in it and in functions of the same file that it calls."""

import re
from collections.abc import Iterable, Iterator

from tree_sitter import Node

from agentsentinel_cli.scan.catalog.effects_javascript import (
    ASKED,
    ASKING_METHODS,
    BROWSER_OWNERS,
    BROWSERS,
    BUILDERS,
    CLOUD_OWNERS,
    CLOUD_READ,
    CLOUD_WRITE,
    EVALS,
    FILE_DELETES,
    FILE_OWNERS,
    FILE_READS,
    FILE_WRITES,
    HTTP_OWNERS,
    INTERPRETER,
    KEY_READS,
    KEY_WRITES,
    MAIL_OWNERS,
    MAILERS,
    MESSAGE_OWNERS,
    MESSENGERS,
    ORM_OWNERS,
    ORM_WRITERS,
    PAYERS,
    PROCESS_MODULES,
    PROMISIFIED,
    QUOTES,
    REQUESTERS,
    REQUIRED_PROCESS,
    RUNNERS,
    SECRET_READ,
    SHELL_TEMPLATES,
    SHELLS,
    SPAWNERS,
    SQL_CALLS,
    SQL_OWNERS,
    SQL_READERS,
    SQL_WRITERS,
    STATEMENT_CALLS,
    TABLES,
    VERB_WRITE,
)
from agentsentinel_cli.scan.catalog.safeguards import JAVASCRIPT_SWITCHES, RATE_LIMIT
from agentsentinel_cli.scan.model import EffectFact, Symbol
from agentsentinel_cli.scan.recognize.effects import http_effect, limits_rate, sql_effect
from agentsentinel_cli.scan.recognize.filtered_input import (
    alphabet_left_by,
    alphabet_matched_by,
    only_calculates,
)
from agentsentinel_cli.scan.syntax.excerpt import shorten
from agentsentinel_cli.scan.syntax.javascript.nodes import (
    FUNCTIONS,
    arguments_of,
    callee_of,
    inside,
    last_word,
    place_of,
    shown,
    string_of,
    text_of,
    unwrap,
)
from agentsentinel_cli.scan.syntax.javascript.resolve import Resolver
from agentsentinel_cli.scan.syntax.javascript.scopes import SymbolTable, is_own
from agentsentinel_core.light_dataclasses import dataclass

_ASKS = {row.word: row.guard for row in JAVASCRIPT_SWITCHES if row.place == "body"}
_DEEPEST = 3
"""Most calls followed from one function of the same file to the next."""
MOST_EFFECTS = 40
MOST_CALLS = 8
"""Most functions of other files that are followed for one tool."""
Reach = tuple[int, int, Symbol]
"""Reached function of another file: (number of calls from the body to it, offset of the last call, the function)."""
_BODIES = FUNCTIONS | {"statement_block", "switch_case", "switch_default"}
"""Types of nodes whose effects are read once and reused for every body that contains them."""
_LONGEST_OWNER = 400
"""Most characters of the expression before a method that are searched; chains of calls can be long."""

_TEXT_METHODS = frozenset({"trim", "toLowerCase", "toString", "shift", "pop", "join"})


@dataclass(frozen=True, slots=True)
class Part:
    """Own effects of a function or block, with the functions and blocks that it contains or calls."""

    effects: tuple[EffectFact, ...]
    elsewhere: tuple[Reach, ...]
    within: tuple[Node, ...]
    called: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Effects of a function or block including those it contains or calls, each list up to a limit."""

    effects: tuple[EffectFact, ...]
    elsewhere: tuple[Reach, ...]


class Bodies:
    """Finder of effects. Each function and block is read once, however many others contain or call it."""

    def __init__(self, module: SymbolTable, values: Resolver) -> None:
        self._module = module
        self._values = values
        self._parts: dict[int, Part] = {}
        self._known: dict[tuple[int, int], Summary] = {}

    def effects_of(self, *bodies: Node | None) -> tuple[EffectFact, ...]:
        """Return the effects of functions or statements, without duplicates, in document order."""
        return _first_effects(effect for body in bodies if body is not None for effect in self._summary(body).effects)

    def called_elsewhere(self, *bodies: Node | None) -> tuple[Symbol, ...]:
        """Return the functions of other files that bodies call, first direct calls, then those through this file."""
        found = (one for body in bodies if body is not None for one in self._summary(body).elsewhere)
        return tuple(dict.fromkeys(symbol for _, _, symbol in found))[:MOST_CALLS]

    def _summary(self, body: Node) -> Summary:
        """Summarise a body after everything it contains or calls; iteratively, because code may be nested deeply."""
        pending = [(body, _DEEPEST)]
        while pending:
            node, depth = pending[-1]
            part = self._part(node)
            within = [(one, depth) for one in part.within]
            called = [(one, depth - 1) for one in part.called] if depth else []
            missing = [(one, left) for one, left in (*within, *called) if (one.id, left) not in self._known]
            if missing and (node.id, depth) not in self._known:
                pending += missing
                continue
            pending.pop()
            self._known[node.id, depth] = _joined(
                part,
                [self._known[one.id, left] for one, left in within],
                [self._known[one.id, left] for one, left in called],
            )
        return self._known[body.id, _DEEPEST]

    def _part(self, body: Node) -> Part:
        if body.id in self._parts:
            return self._parts[body.id]
        effects: list[EffectFact] = []
        elsewhere: list[Reach] = []
        within: list[Node] = []
        called: dict[int, Node] = {}
        stack = [body]
        while stack:
            node = stack.pop()
            if node.type in _BODIES and node.id != body.id:
                within.append(node)
                continue
            if node.type in {"call_expression", "new_expression"}:
                effects += self._effects_of_call(node)
                if (function := self._called(node)) is not None:
                    called.setdefault(function.id, function)
                if (symbol := self._called_elsewhere(callee_of(node))) is not None:
                    elsewhere.append((0, node.start_byte, symbol))
            elif node.type == "template_string" and self._is_tagged(node):
                effects += (EffectFact(kind, place_of(node), shown(node)) for kind in _sql_kinds(node))
            stack.extend(reversed(node.named_children))
        part = Part(_first_effects(effects), _first_reached(elsewhere), tuple(within), tuple(called.values()))
        self._parts[body.id] = part
        return part

    def _effects_of_call(self, call: Node) -> Iterator[EffectFact]:
        for kind in self._kinds(call):
            if kind in {"shell", "code-runner"} and (program := self._program_of_line(call)):
                text = shorten(f"{text_of(callee_of(call))}([{program!r}, ...])")
                yield EffectFact("subprocess", place_of(call), text)
            else:
                yield EffectFact(kind, place_of(call), self._shown(call, kind))

    def _program_of_line(self, call: Node) -> str:
        """Return the one program of a command line of which every other part is quoted, `rg ${quote(pattern)}`.

        "" for a line in which the caller's text could start another program.
        """
        given = arguments_of(call)
        line = self._values.node(given[0]) if given else None
        program = text_of(line).strip("`").split(maxsplit=1)[:1] if line is not None else []
        if line is None or line.type != "template_string" or not program or not program[0].isalnum():
            return ""
        holes = [one.named_children[0] for one in line.named_children if one.type == "template_substitution"]
        written = " ".join(text_of(one) for one in line.named_children if one.type == "string_fragment")
        is_bound = holes and not INTERPRETER.search(written) and all(self._is_quoted(hole) for hole in holes)
        return program[0] if is_bound else ""

    def _is_quoted(self, node: Node) -> bool:
        """Whether a part of a command line is quoted: `quote(x)`, or a list joined of such parts and plain texts."""
        node = unwrap(node) or node
        if node.type != "call_expression":
            return False
        callee = callee_of(node)
        if QUOTES.fullmatch(last_word(callee)):
            return True
        owner = callee.child_by_field_name("object") if callee is not None else None
        if last_word(callee) != "join" or owner is None:
            return False
        listed = self._values.node(owner)
        around = self._module.nearest(node, _is_function)
        added = [
            part
            for one in (inside(around) if around is not None else ())
            if one.type == "call_expression" and text_of(callee_of(one)) == f"{text_of(owner)}.push"
            for part in arguments_of(one)
        ]
        parts = [*(listed.named_children if listed is not None and listed.type == "array" else ()), *added]
        return bool(parts) and all(self._is_plain_part(part) for part in parts)

    def _is_plain_part(self, node: Node) -> bool:
        """Whether a part is a literal, a number, quoted, or a template whose holes are quoted."""
        if string_of(node) is not None or self._is_quoted(node) or text_of(node).startswith(("String(", "Number(")):
            return True
        holes = [one.named_children[0] for one in node.named_children if one.type == "template_substitution"]
        return node.type == "template_string" and all(self._is_quoted(hole) for hole in holes)

    def _called_elsewhere(self, callee: Node | None) -> Symbol | None:
        """Return the function of another file that is called, or None.

        It is imported itself, `search()`, is a member of an imported module, `api.search()`, or is a method of an
        object of an imported class.
        """
        origin = self._module.origin(callee)
        if origin is not None and is_own(origin.module) and "." not in origin.name:
            return origin
        if origin is not None or callee is None or callee.type != "member_expression":
            return None
        owner = self._values.resolve(callee.child_by_field_name("object"))
        if not isinstance(owner, Node) or owner.type != "new_expression":
            return None
        made = self._module.origin(callee_of(owner))
        if made is None or not is_own(made.module):
            return None
        return Symbol(made.module, f"{made.name}.{last_word(callee)}")

    def _shown(self, call: Node, kind: str) -> str:
        """Return the call as one short line, with the program's name as a literal when the author chose the program.

        `spawn(ADB, args)` and `execFile(findAdb(), args)` run one fixed program just like `spawn("adb", args)`.
        """
        given = arguments_of(call)
        if kind == "subprocess" and (program := _program_of_template(call)):
            return shorten(f"{text_of(callee_of(call))}([{program!r}, ...])")
        callee = callee_of(call)
        if kind == "shell" and callee is not None and "(" in text_of(callee.child_by_field_name("object")):
            # The arguments of `require("child_process")` are not those of the shell.
            return shorten(f"{last_word(callee)}({', '.join(text_of(one) for one in given)})")
        if kind != "subprocess" or not given:
            return shown(call)
        program = self._values.plain(given[0]) or self._chosen_by_author(given[0])
        if not program or string_of(unwrap(given[0])) is not None:
            return shown(call)
        rest = "".join(f", {text_of(one)}" for one in given[1:])
        return shorten(f"{text_of(callee_of(call))}({program!r}{rest})")

    def _chosen_by_author(self, node: Node) -> str:
        """Return the source text of a program's name that is a field, import or call without arguments; else ""."""
        value = self._values.resolve(node)
        if isinstance(value, Symbol):
            return "" if INTERPRETER.search(value.name) else value.name
        if value is None or INTERPRETER.search(text_of(value)) or INTERPRETER.search(text_of(node)):
            return ""
        is_field = value.type == "member_expression" and text_of(value).startswith("this.")
        is_asked = value.type == "call_expression" and not arguments_of(value) and callee_of(value) is not None
        return text_of(value) if is_field or (is_asked and last_word(callee_of(value)) not in _TEXT_METHODS) else ""

    def _called(self, call: Node) -> Node | None:
        """Return the function of this file that a call runs, or None."""
        callee = callee_of(call)
        if call.type != "call_expression" or callee is None:
            return None
        if callee.type == "identifier":
            return self._values.function(callee)
        if callee.type == "member_expression":
            owner = unwrap(callee.child_by_field_name("object"))
            if owner is not None and owner.type == "this":
                return self._values.method(text_of(callee.child_by_field_name("property")))
            if owner is not None and owner.type == "identifier":
                value = self._values.node(owner)
                if value is not None and value.type == "new_expression":
                    return self._values.method(text_of(callee.child_by_field_name("property")))
                if value is not None and value.type == "object":
                    return self._values.function(self._values.fields(value).get(last_word(callee)))
        return None

    def _kinds(self, call: Node) -> Iterator[str]:
        callee = callee_of(call)
        word = last_word(callee)
        if call.type == "call_expression" and (kind := self._template_kind(callee)) is not None:
            yield kind
            return
        if not word:
            yield from ("shell" for _ in range(text_of(callee).startswith(PROMISIFIED)))
            return
        origin = self._module.origin(callee)
        if origin is not None and origin.name not in {"default", "*"}:
            # An import under another name: `import { fetch as fetch2 }`
            word = origin.name.rpartition(".")[2]
        owner = _ends_of(callee.child_by_field_name("object")) if callee and callee.type == "member_expression" else ""
        yield from self._safeguard_kinds(callee, word)
        yield from self._process_kinds(call, word, owner)
        yield from _file_kinds(word, owner, self._imported_from(callee, "fs"))
        yield from self._http_kinds(call, word, owner)
        yield from _data_kinds(call, word, owner)
        yield from _service_kinds(word, owner)
        if word in ASKING_METHODS and ASKED.search(owner):
            yield "question"
        if (
            "process.env" in (given := [text_of(one) for one in arguments_of(call)]) and owner in {"JSON", "Object"}
        ) or "...process.env" in given:
            yield "secret-read"

    def _template_kind(self, callee: Node | None) -> str | None:
        """Return the effect of the tag of a command template: `$`, `Bun.$`, or execa's `$({ shell: true })`."""
        tag = callee
        if tag is not None and tag.type == "call_expression":
            tag = callee_of(tag)
        if tag is None or text_of(tag).rpartition(".")[2] != "$":
            return None
        origin = self._module.origin(tag)
        if text_of(tag) != "Bun.$" and (origin is None or not SHELL_TEMPLATES.search(origin.module)):
            return None
        has_shell = "shell: true" in text_of(callee) or (origin is not None and origin.module == "zx")
        return "shell" if has_shell else "subprocess"

    def _safeguard_kinds(self, callee: Node | None, word: str) -> Iterator[str]:
        """Yield what a call guards against: a person is asked, or a rate limiter."""
        if word in _ASKS:
            yield _ASKS[word]
        origin = self._module.origin(callee)
        if limits_rate(text_of(callee)[-_LONGEST_OWNER:], origin.module if origin is not None else ""):
            yield RATE_LIMIT

    def _process_kinds(self, call: Node, word: str, owner: str) -> Iterator[str]:
        origin = self._module.origin(callee_of(call))
        is_process = (
            bool(origin and PROCESS_MODULES.search(origin.module))
            or bool(REQUIRED_PROCESS.search(owner))
            or (word not in {"exec", "fork"} and owner in {"", "child_process", "cp", "Deno", "Bun"})
        )
        if (word in SHELLS and (is_process or word == "execAsync")) or self._is_promisified(call):
            yield "shell"
        elif word in SPAWNERS and (is_process or word.startswith("exec")):
            yield "subprocess"
            if any("shell: true" in text_of(one) for one in arguments_of(call)):
                yield "shell"
        elif word == "Command" and owner == "Deno":
            yield "subprocess"
        elif word == "exec" and any("Cmd:" in text_of(one) for one in arguments_of(call)):
            yield "code-runner"  # Docker's API: `container.exec({ Cmd: [...] })`
        if word in EVALS and (owner in {"", "vm", "globalThis", "window"}) and not self._is_filtered(call):
            yield "eval"
        if RUNNERS.fullmatch(word) or (
            word in {"create", "run"} and re.search(r"(?i)sandbox|interpreter|pyodide", owner)
        ):
            given = arguments_of(call)
            if not (given and self._values.plain(given[0])):  # a literal is the author's code, not the caller's
                yield "code-runner"

    def _is_filtered(self, call: Node) -> bool:
        """Whether the function around a call strips or checks a text so that only a formula remains."""
        around = self._module.nearest(call, _is_function)
        for node in inside(around) if around is not None else ():
            callee = callee_of(node) if node.type == "call_expression" else None
            word, given = last_word(callee), arguments_of(node) if callee is not None else []
            if word in {"replace", "replaceAll"} and len(given) > 1 and self._values.text(given[1]) == "":
                alphabet = alphabet_left_by(_pattern_of(given[0]))
            elif word == "test" and callee is not None:
                alphabet = alphabet_matched_by(_pattern_of(callee.child_by_field_name("object")))
            else:
                continue
            if alphabet is not None and only_calculates(alphabet):
                return True
        return False

    def _is_promisified(self, call: Node) -> bool:
        value = self._values.node(callee_of(call))
        return value is not None and value.type == "call_expression" and text_of(value).startswith(PROMISIFIED)

    def _http_kinds(self, call: Node, word: str, owner: str) -> Iterator[str]:
        given = arguments_of(call)
        if word in {"fetch", "nodeFetch", "undiciFetch"} or (word == "request" and owner in {"undici", "axios"}):
            yield self._method_kind(given[1] if len(given) > 1 else given[0] if given else None)
        elif word in {"axios", "got", "ky", "superagent"} and not owner:
            yield self._method_kind(given[-1] if given else None)
        elif HTTP_OWNERS.search(owner) and (kind := http_effect(word)) is not None and given:
            yield kind
        elif REQUESTERS.search(word):
            # A helper of the project: `request("POST", path)` or `githubRequest(url, { method: "POST" })`.
            stated = [self._values.plain(self._values.fields(one).get("method")) for one in given]
            stated += [text for one in given[:2] if (text := string_of(unwrap(one))) and text.isupper()]
            yield from dict.fromkeys(kind for text in stated if (kind := http_effect(text)) is not None)

    def _method_kind(self, options: Node | None) -> str:
        method = self._values.plain(self._values.fields(options).get("method")) if options is not None else ""
        return http_effect(method) or ("http-write" if method else "http-read")

    def _is_tagged(self, template: Node) -> bool:
        """Tell whether a template is the argument of a tag such as sql`...`."""
        around = self._module.parent(template)
        return around is not None and around.type == "call_expression"

    def _imported_from(self, callee: Node | None, module: str) -> bool:
        origin = self._module.origin(callee)
        return origin is not None and origin.module.removeprefix("node:").split("/")[0] in {module, f"{module}-extra"}


def _program_of_template(call: Node) -> str:
    """Return the first word of a command template, $`git log ${x}`, or "" when the caller chooses it."""
    template = call.child_by_field_name("arguments")
    if template is None or template.type != "template_string":
        return ""
    first = text_of(template).strip("`").split(maxsplit=1)
    return first[0] if first and "${" not in first[0] else ""


def _joined(part: Part, within: list[Summary], called: list[Summary]) -> Summary:
    """Combine a body's own effects with those of what it contains and calls, up to the limits."""
    if not within and not called:
        return Summary(part.effects, part.elsewhere)
    reached = [*part.elsewhere, *(one for inner in within for one in inner.elsewhere)]
    reached += [(calls + 1, at, symbol) for summary in called for calls, at, symbol in summary.elsewhere]
    effects = [*part.effects, *(effect for summary in (*within, *called) for effect in summary.effects)]
    return Summary(_first_effects(effects), _first_reached(reached))


def _first_effects(effects: Iterable[EffectFact]) -> tuple[EffectFact, ...]:
    """Return the first effects without duplicates, in document order.

    The first effects of a combination are always among the first effects of its parts, so parts may be cut as well.
    """
    first: dict[tuple[str, str], EffectFact] = {}
    for effect in sorted(effects, key=lambda one: (one.place.line, one.place.column)):
        first.setdefault((effect.kind, effect.text), effect)
    return tuple(first.values())[:MOST_EFFECTS]


def _first_reached(reached: Iterable[Reach]) -> tuple[Reach, ...]:
    first: dict[Symbol, Reach] = {}
    for one in sorted(reached, key=lambda one: one[:2]):
        first.setdefault(one[2], one)
    return tuple(first.values())[:MOST_CALLS]


def _ends_of(node: Node | None) -> str:
    """Return the source text of an expression; of a long one only its beginning and its end."""
    text = text_of(node)
    half = _LONGEST_OWNER // 2
    return text if len(text) <= _LONGEST_OWNER else f"{text[:half]}\n{text[-half:]}"


def _file_kinds(word: str, owner: str, is_imported: bool) -> Iterator[str]:
    if not (is_imported or FILE_OWNERS.search(owner)) and word not in {"readFileSync", "writeFileSync", "unlinkSync"}:
        return
    if word in FILE_READS:
        yield "file-read"
    elif word in FILE_WRITES:
        yield "file-write"
    elif word in FILE_DELETES:
        yield "file-delete"


def _data_kinds(call: Node, word: str, owner: str) -> Iterator[str]:
    if word in SQL_WRITERS:
        yield "sql-write"
    elif word in SQL_READERS:
        yield "sql-read"
    elif (word in ORM_WRITERS and TABLES.search(owner)) or (
        word in ORM_WRITERS and (ORM_OWNERS.search(owner) or BUILDERS.search(owner))
    ):
        yield "sql-write"
    elif word == "select" and BUILDERS.search(owner):
        yield "sql-read"
    elif word in SQL_CALLS:
        for given in arguments_of(call)[:1]:
            kinds = list(_sql_kinds(given))
            yield from kinds
            if not kinds and word in STATEMENT_CALLS and SQL_OWNERS.search(owner) and _is_open(given):
                yield "sql-write"
    if re.search(r"(?i)redis(?:client)?$", owner) and word.lower() in KEY_WRITES | KEY_READS:
        yield "sql-write" if word.lower() in KEY_WRITES else "sql-read"


def _is_open(node: Node) -> bool:
    """Tell whether an SQL statement is passed in from outside: a name, a member or a subscript, also with a cast."""
    value = unwrap(node)
    return value is not None and value.type in {"identifier", "member_expression", "subscript_expression"}


def _sql_kinds(node: Node) -> Iterator[str]:
    node = unwrap(node) or node
    text = string_of(node)
    if text is None and node.type == "template_string":
        text = text_of(node).strip("`")
    if text is not None and (kind := sql_effect(text)) is not None:
        yield kind


def _service_kinds(word: str, owner: str) -> Iterator[str]:
    if word in MAILERS or (word == "send" and MAIL_OWNERS.search(owner)):
        yield "email-send"
    elif word in MESSENGERS or _sends_message(word, owner):
        yield "message-send"
    elif word in BROWSERS and BROWSER_OWNERS.search(owner):
        yield "browser"
    if SECRET_READ.match(word):
        yield "secret-read"
    elif CLOUD_WRITE.match(word):
        yield "cloud-write"
    elif CLOUD_READ.match(word):
        yield "cloud-read"
    elif word != "send" and CLOUD_OWNERS.search(owner) and VERB_WRITE.match(word):
        yield "cloud-write"
    if word == "create" and PAYERS.search(owner):
        yield "payment"


def _sends_message(word: str, owner: str) -> bool:
    """Tell whether a call sends a message: `channel.send()`, `twilio.messages.create()`.

    `resend.webhooks.create()` does not, it only configures messages.
    """
    if not MESSAGE_OWNERS.search(owner):
        return False
    return word == "send" or (word == "create" and re.search(r"(?i)(?:messages?|calls?)$", owner) is not None)


def _plain_word(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


class Dispatch:
    """Index of the code that handles a tool by name: `case "name":`, `if (name === "name")`, `{name: handler}`."""

    def __init__(self, module: SymbolTable, values: Resolver) -> None:
        self._bodies: dict[str, list[Node]] = {}
        self._by_word: dict[str, Node] | None = None
        self._values = values
        for case in module.cases:
            self._add_case(case)
        for condition in module.conditions:
            self._add_condition(condition)
        for table in module.objects:
            self._add_table(table)

    def of(self, name: str) -> Iterable[Node]:
        """Return the nodes that handle calls of a tool, else the function with a name like the tool's."""
        return self._bodies.get(name) or self._named_alike(name)

    def _named_alike(self, name: str) -> list[Node]:
        """Return the function named like a tool: `kubectlGet` or `handleKubectlGet` for "kubectl_get"; else none."""
        word = _plain_word(name)
        functions = self._functions()
        return next(
            ([functions[key]] for key in (word, f"handle{word}", f"{word}handler", f"{word}tool") if key in functions),
            [],
        )

    def _functions(self) -> dict[str, Node]:
        if self._by_word is None:
            self._by_word = {
                _plain_word(name): value
                for name, declared in self._values.module.declarations.items()
                if (value := declared[0].value).type in FUNCTIONS
            }
        return self._by_word

    def _add_case(self, case: Node) -> None:
        name = self._values.plain(case.child_by_field_name("value"))
        body: Node | None = case
        while body is not None and len(body.named_children) <= 1:
            # `case "a": case "b": ...` share the statements that follow.
            body = body.next_named_sibling
        if name and body is not None:
            self._bodies.setdefault(name, []).append(body)

    def _add_condition(self, condition: Node) -> None:
        test = unwrap(condition.child_by_field_name("condition"))
        body = condition.child_by_field_name("consequence")
        if test is None or body is None or test.type != "binary_expression":
            return
        if text_of(test.child_by_field_name("operator")) in {"===", "=="}:
            for side in ("left", "right"):
                if name := self._values.plain(test.child_by_field_name(side)):
                    self._bodies.setdefault(name, []).append(body)

    def _add_table(self, table: Node) -> None:
        for name, value in self._values.fields(table).items():
            function = self._values.function(value) if value.type != "object" else None
            if function is not None:
                self._bodies.setdefault(name, []).append(function)


def _is_function(_: SymbolTable, node: Node) -> bool:
    return node.type in FUNCTIONS


def _pattern_of(node: Node | None) -> str:
    """Return the pattern of a regular expression literal, without slashes and flags; "" for other nodes."""
    return text_of(node.child_by_field_name("pattern")) if node is not None and node.type == "regex" else ""
