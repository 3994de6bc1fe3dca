"""Recognition of the effects of a tool's body, from the calls in it and in helpers of the same file that it calls."""

import ast
import re

from agentsentinel_cli.scan.catalog.effects_python import (
    ANY_HTTP,
    ANY_PROGRAM,
    ANY_SHELL,
    ANY_SQL,
    ASKED,
    ASKING_METHODS,
    BROWSER_DATA,
    BROWSER_MODULES,
    BROWSERS,
    BY_NAME,
    BY_PREFIX,
    BY_WORD,
    CLIENTS,
    CLOUD,
    CLOUD_READ,
    CLOUD_WRITE,
    CODE_RUNNERS,
    COMMAND_MODULES,
    COMMAND_RUNS,
    COPIES,
    HTTP_MODULES,
    MAIL_MODULES,
    MAIL_SENDS,
    MESSAGE_MODULES,
    MESSAGE_SENDS,
    ONLY_WITH_ARGUMENTS,
    OPENS,
    ORM_EFFECTS,
    ORM_WRITES,
    PATHS,
    PROGRAM_MODULES,
    SEARCH_RUNS,
    SEARCHES,
    SESSION,
    SQL_CALLS,
    SQL_DATABASE_RUNS,
    SQL_MODULES,
)
from agentsentinel_cli.scan.catalog.safeguards import (
    APPROVAL,
    LIMITER_PACKAGES,
    PYTHON_SWITCHES,
    QUESTIONS_AT_TERMINALS,
    RATE_LIMIT,
)
from agentsentinel_cli.scan.model import EffectFact, Symbol
from agentsentinel_cli.scan.recognize.effects import (
    HTTP_READS,
    HTTP_WRITES,
    file_mode_effect,
    http_effect,
    limits_rate,
    sql_effect,
)
from agentsentinel_cli.scan.recognize.python.filtered_input import is_filtered
from agentsentinel_cli.scan.recognize.python.frameworks import framework_of
from agentsentinel_cli.scan.syntax.excerpt import shorten
from agentsentinel_cli.scan.syntax.python.resolve import ClassRef, Expression, FunctionRef, ParameterRef, Resolver
from agentsentinel_cli.scan.syntax.python.scopes import (
    BindingKind,
    Function,
    Scope,
    ScopeKind,
    SymbolTable,
    dotted,
    keyword,
    last_word,
)
from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.light_dataclasses import replace

_DEEPEST_HELPER = 3
_MOST_EFFECTS = 24
"""Most effects of one tool; the first of each kind matter, further ones add no information."""

_SETTLED = {ANY_SQL: "sql-write", ANY_HTTP: "http-write", ANY_PROGRAM: "subprocess", ANY_SHELL: "shell"}
_DATABASES = lazy_compile(r"cur|\bcon\b|conn|db|engine|session|sql|database")
"""Words in the name of an object that runs SQL."""
_ASKS = {row.word: row for row in PYTHON_SWITCHES if row.place == "body"}
_OF_PARAMETER = {"subprocess": ANY_PROGRAM, "shell": ANY_SHELL}


class Bodies:
    """Finder of the effects of functions in one module; each function is read once."""

    def __init__(self, module: SymbolTable, values: Resolver) -> None:
        self._module = module
        self._values = values
        self._runs_programs = any(name.partition(".")[0] in PROGRAM_MODULES for name in module.imported_modules)
        self._has_limiters = any(name.partition(".")[0] in LIMITER_PACKAGES for name in module.imported_modules)
        self._own: dict[int, list[EffectFact]] = {}
        self._helpers: dict[int, list[tuple[Scope, ast.Call]]] = {}

    def effects_of(self, *scopes: Scope | None, are_helpers: bool = False) -> tuple[EffectFact, ...]:
        """Return the effects of functions, followed by those of the helpers they call; at most _MOST_ACTS."""
        seen: set[int] = set()
        effects: list[EffectFact] = []
        todo = [(scope, 0) for scope in scopes if scope is not None]
        while todo:
            scope, depth = todo.pop(0)
            if id(scope) in seen:
                continue
            seen.add(id(scope))
            own, helpers = self._read(scope)
            effects += [settled for effect in own if (settled := _settle(effect, is_helper=are_helpers or depth > 0))]
            if depth < _DEEPEST_HELPER:
                todo += [(helper, depth + 1) for helper, _ in helpers]
                effects += self._effects_asked_of(helpers)
        return tuple(dict.fromkeys(effects))[:_MOST_EFFECTS]

    def effects_between(self, scope: Scope, first: int, last: int) -> tuple[EffectFact, ...]:
        """Return the effects of the lines of one branch, and of the helpers they call."""
        effects: list[EffectFact] = []
        helpers: list[tuple[Scope, ast.Call]] = []
        for call, where in self._calls(scope):
            if first <= call.lineno <= last:
                found = self._effects_of_call(call, where)
                effects += [settled for effect in found if (settled := _settle(effect, is_helper=False))]
                helpers += [(helper, call) for helper in self._called_scopes(call, where)]
        effects += self._effects_asked_of(helpers)
        inside = self.effects_of(*(helper for helper, _ in helpers), are_helpers=True)
        return tuple(dict.fromkeys([*effects, *inside]))[:_MOST_EFFECTS]

    def _effects_asked_of(self, helpers: "list[tuple[Scope, ast.Call]]") -> list[EffectFact]:
        """Return the effects that helpers have with the arguments of these calls: `_run(["git", "log"])`.

        The caller determines which program the helper starts.
        """
        return [
            EffectFact(_SETTLED[effect.kind], self._module.place(call), shorten(self._module.text(call)))
            for helper, call in helpers
            for effect in self._read(helper)[0]
            if effect.kind in {ANY_PROGRAM, ANY_SHELL}
        ]

    def _read(self, scope: Scope) -> tuple[list[EffectFact], list[tuple[Scope, ast.Call]]]:
        known = self._own.get(id(scope))
        if known is None:
            known, helpers = self._safeguards_of(scope), []
            for call, where in self._calls(scope):
                known += self._effects_of_call(call, where)
                helpers += [(helper, call) for helper in self._called_scopes(call, where)]
            self._own[id(scope)], self._helpers[id(scope)] = known, helpers
        return known, self._helpers[id(scope)]

    def _safeguards_of(self, scope: Scope) -> list[EffectFact]:
        """Return the limits of a function's rate, by a decorator or a context manager."""
        marks = getattr(scope.node, "decorator_list", [])
        return [
            EffectFact(RATE_LIMIT, self._module.place(node), shorten(self._module.text(node)))
            for node in (*marks, *scope.entered)
            if limits_rate(self._name_of(node), self._package_of(node, scope))
        ]

    def _name_of(self, node: ast.expr) -> str:
        """Return the dotted name of a limiter that is called, decorates or is entered."""
        func = node.func if isinstance(node, ast.Call) else node
        name = dotted(func)
        return name if isinstance(node, ast.Call) else f"{name}.__aenter__"

    def _package_of(self, node: ast.expr, scope: Scope) -> str:
        """Return the package of a limiter; "" in files that import none, which are nearly all."""
        if not self._has_limiters:
            return ""
        holder = self._values.holder(node.func if isinstance(node, ast.Call) else node, scope)
        return holder.module.partition(".")[0] if isinstance(holder, Symbol) else ""

    def _calls(self, scope: Scope) -> "list[tuple[ast.Call, Scope]]":
        found: list[tuple[ast.Call, Scope]] = []
        stack = [scope]
        while stack:
            current = stack.pop()
            found += [(call, current) for call in current.calls]
            stack += current.children
        found.sort(key=lambda item: (item[0].lineno, item[0].col_offset))
        return found

    def _called_scopes(self, call: ast.Call, scope: Scope) -> list[Scope]:
        """Return the functions of this file that a call runs or receives; of a class, its `__init__`."""
        found: list[Scope] = []
        for node in [call.func, *call.args]:
            if isinstance(node, (ast.Name, ast.Attribute)):
                meaning = self._values.resolve(node, scope)
                if isinstance(meaning, FunctionRef):
                    found.append(meaning.scope)
                elif isinstance(meaning, ClassRef) and node is call.func:
                    start = self._values.member(meaning.scope, "__init__")
                    if start is not None and start.scope.kind is ScopeKind.FUNCTION:
                        found.append(start.scope)
        return found

    def _effects_of_call(self, call: ast.Call, scope: Scope) -> list[EffectFact]:
        if last_word(call.func) in ONLY_WITH_ARGUMENTS and not (call.args or call.keywords):
            return []
        if self._runs_programs and (program := self._program_of(call, scope)):
            text = f"{dotted(call.func) or program}([{program!r}, ...])"
            return [EffectFact("subprocess", self._module.place(call), shorten(text))]
        kind = self._kind(call, scope) or self._passed_kind(call, scope) or self._safeguard_kind(call, scope)
        if kind in _OF_PARAMETER and self._starts_a_parameter(call, scope):
            kind = _OF_PARAMETER[kind]
        if kind is None or (kind == "eval" and is_filtered(call, scope, self._values)):
            return []
        text = self._with_program(call, scope) if kind == "subprocess" else self._module.text(call)
        return [EffectFact(kind, self._module.place(call), shorten(text))]

    def _with_program(self, call: ast.Call, scope: Scope) -> str:
        """Return a call with the program as a literal when its list of arguments begins with one.

        `cmd = ["grep"]; cmd.append(pattern); run(cmd)` runs grep just like `run(["grep", pattern])`.
        """
        given = call.args[0] if call.args else keyword(call, "args", "cmd")
        if not isinstance(given, (ast.Name, ast.Attribute)) or self._is_put_in_front(given, scope):
            return self._module.text(call)
        bindings = [one for one in self._values.bindings(dotted(given), scope) if one.how is BindingKind.VALUE]
        firsts = {self._first_word(one.value, one.scope) for one in bindings}
        program = firsts.pop() if len(firsts) == 1 else ""
        return f"{dotted(call.func)}([{program!r}, ...])" if program else self._module.text(call)

    def _first_word(self, node: ast.expr | None, scope: Scope) -> str:
        while isinstance(node, ast.BinOp):
            node = node.left
        if not isinstance(node, (ast.List, ast.Tuple)) or not node.elts:
            return ""
        text = self._values.text(node.elts[0], scope)
        return text if isinstance(text, str) else ""

    def _is_put_in_front(self, given: ast.expr, scope: Scope) -> bool:
        """Whether something is inserted into a list, perhaps before its program."""
        return any(
            isinstance(call.func, ast.Attribute)
            and call.func.attr in {"insert", "pop", "reverse"}
            and dotted(call.func.value) == dotted(given)
            for call in scope.calls
        )

    def _starts_a_parameter(self, call: ast.Call, scope: Scope) -> bool:
        """Tell whether the started program is the function's first parameter, so that its callers determine it."""
        given = call.args[0] if call.args else keyword(call, "args", "cmd")
        meaning = self._values.resolve(given, scope) if given is not None else None
        function = scope.enclosing(ScopeKind.FUNCTION)
        if not isinstance(meaning, ParameterRef) or function is None or not isinstance(function.node, Function):
            return False
        arguments = [one.arg for one in function.node.args.posonlyargs + function.node.args.args]
        own = arguments[1:] if function.self_name() else arguments
        return own[:1] == [meaning.name]

    def _passed_kind(self, call: ast.Call, scope: Scope) -> str | None:
        """Return the effect that an HTTP method or SQL text passed to a helper of this file means, else None.

        Examples: `self._request("POST", path)`, `self._query("SELECT ...")`.
        """
        for given in (*call.args, *(found.value for found in call.keywords)):
            if isinstance(given, (ast.Constant, ast.JoinedStr, ast.BinOp)):
                text = self._statement(given, scope)
                kind = (http_effect(text) if text.isupper() else None) or sql_effect(text)
                if kind and isinstance(self._values.resolve(call.func, scope), FunctionRef):
                    return kind
        return None

    def _safeguard_kind(self, call: ast.Call, scope: Scope) -> str | None:
        """Return what a call in a body guards against: a person is asked, or a limiter."""
        word = last_word(call.func)
        if word in QUESTIONS_AT_TERMINALS and self._asks_at_terminal(call, scope):
            return APPROVAL
        row = _ASKS.get(word)
        if row is not None:
            origin = self._values.origin(call.func, scope)
            if isinstance(call.func, ast.Attribute) or framework_of(origin) == row.framework:
                return row.guard
        return RATE_LIMIT if limits_rate(dotted(call.func), self._package_of(call, scope)) else None

    def _asks_at_terminal(self, call: ast.Call, scope: Scope) -> bool:
        packages = QUESTIONS_AT_TERMINALS[last_word(call.func)]
        origin = self._values.origin(call.func, scope)
        if origin is None:
            is_builtin = isinstance(call.func, ast.Name) and not self._values.bindings(call.func.id, scope)
            return is_builtin and "builtins" in packages
        return origin.module.partition(".")[0] in packages

    def _program_of(self, call: ast.Call, scope: Scope) -> str:
        """Return the program that a library of shell commands starts: `sh.bash(...)`, `local["bash"](...)`; else ""."""
        func = call.func
        if isinstance(func, ast.Subscript):
            origin = self._values.origin(func.value, scope)
            text = self._values.text(func.slice, scope)
            is_known = origin is not None and origin.module.partition(".")[0] in PROGRAM_MODULES
            return text if is_known and isinstance(text, str) else ""
        name = self._full_name(func, scope)
        root, _, program = name.partition(".")
        return program if root in PROGRAM_MODULES and program.isidentifier() and program.islower() else ""

    def _kind(self, call: ast.Call, scope: Scope) -> str | None:
        func = call.func
        name = self._full_name(func, scope)
        kind = self._by_full_name(name, call, scope) or self._environment_kind(call, name, scope)
        if kind is None and isinstance(func, ast.Attribute):
            kind = self._by_method(func, call, scope)
        if kind is not None:
            return None if kind == "secret-read" and self._is_environment_of_child(call, scope) else kind
        if isinstance(func, ast.Name) and func.id in CODE_RUNNERS:
            return "code-runner"
        return None

    def _environment_kind(self, call: ast.Call, name: str, scope: Scope) -> str | None:
        """Return "secret-read" for a call that reads the whole environment, or a variable that the model chooses."""
        if name in {"os.getenv", "os.environ.get"} and call.args:
            meaning = self._values.resolve(call.args[0], scope)
            return "secret-read" if isinstance(meaning, ParameterRef) and meaning.binding.value is None else None
        func = call.func
        word = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
        if word in COPIES:
            return "secret-read" if any(dotted(given) == "os.environ" for given in call.args) else None
        return None

    def _is_environment_of_child(self, call: ast.Call, scope: Scope) -> bool:
        """Whether a copy of the environment is made for a program that is started: `run(command, env=copy)`."""
        holder = self._module.assigned_names.get(id(call))
        function = scope.enclosing(ScopeKind.FUNCTION) or scope
        return any(
            inner is call or (holder and isinstance(inner, ast.Name) and inner.id == holder)
            for other, _ in self._calls(function)
            for given in other.keywords
            if given.arg == "env"
            for inner in ast.walk(given.value)
        )

    def _full_name(self, func: ast.expr, scope: Scope) -> str:
        """Return the dotted name with import aliases resolved: "subprocess.run" for `sp.run`; "" when it is unknown."""
        if isinstance(func, ast.Name) and func.id in {"open", "eval", "exec"}:
            return func.id if not self._values.bindings(func.id, scope) else ""
        meaning = self._values.resolve(func, scope)
        if isinstance(meaning, Symbol):
            return meaning.module if meaning.name == "*" else f"{meaning.module}.{meaning.name}"
        return ""

    def _by_full_name(self, name: str, call: ast.Call, scope: Scope) -> str | None:
        if not name:
            return None
        if name in OPENS:
            return self._open_kind(call, scope, 1)
        kind = BY_NAME.get(name) or next((found for prefix, found in BY_PREFIX if name.startswith(prefix)), None)
        if kind == "subprocess" and name.startswith("subprocess.") and name.count(".") > 1:
            return None
        if kind == "subprocess" and _is_true(keyword(call, "shell")):
            return "shell"
        if name.startswith("urllib.request.") and (keyword(call, "data") or len(call.args) > 1):
            return "http-write"
        if kind is not None:
            return kind if not name.endswith((".PIPE", "Error", "Exception", ".Path")) else None
        word = name.rsplit(".", 1)[-1]
        if name.partition(".")[0] in HTTP_MODULES:
            return self._http_kind(word, call, scope)
        return _kind_by_package(name, word) or _cloud_kind(name, word)

    def _http_kind(self, word: str, call: ast.Call, scope: Scope) -> str | None:
        if word in {"request", "stream", "send"}:
            method = keyword(call, "method") or (call.args[0] if call.args else None)
            verb = self._values.text(method, scope)
            # When the model or the caller chooses the HTTP method, it may be any.
            return (http_effect(verb) if isinstance(verb, str) else None) or ANY_HTTP
        return http_effect(word)

    def _by_method(self, func: ast.Attribute, call: ast.Call, scope: Scope) -> str | None:
        word = func.attr
        if word in HTTP_READS or word in HTTP_WRITES or word == "request":
            kind = self._client_kind(func, call, scope)
            if kind is not None:
                return kind
        if word in SQL_CALLS:
            kind = self._sql_kind(call, scope) or _google_kind(func)
            if kind is not None:
                return kind
        if word == "send_message" and re.search(r"chat|agent|session|gemini|model", dotted(func.value).lower()):
            return None
        if word == "open" and (PATHS.search(dotted(func.value)) or isinstance(func.value, ast.Call)):
            return self._open_kind(call, scope, 0)
        kind = BY_WORD.get(word)
        if kind is not None:
            is_text = word == "to_csv" and not call.args and keyword(call, "path_or_buf") is None
            return None if is_text else kind
        if word in BROWSERS:
            return "browser"
        kind = _kind_by_holder(word, func) or self._by_origin(func, call, scope)
        is_question = kind is None and word in ASKING_METHODS and ASKED.search(_owner(func)) is not None
        return "question" if is_question else kind

    def _by_origin(self, func: ast.Attribute, call: ast.Call, scope: Scope) -> str | None:
        """Return the effect of a method by the import that created its object.

        Examples: `container.exec_run`, `twilio.messages.create`, `s3.put_object`.
        """
        node: ast.expr = func
        words: list[str] = []
        while isinstance(node, (ast.Attribute, ast.Call)) and len(words) < 12:
            if isinstance(node, ast.Attribute):
                words.append(node.attr)
                node = node.value
            else:
                node = node.func
        if not isinstance(node, ast.Name):
            return None
        holder = self._values.holder(node, scope)
        if not isinstance(holder, Symbol):
            return None
        name = f"{holder.module}.{holder.name}" if holder.name != "*" else holder.module
        return self._by_full_name(".".join([name, *reversed(words)]), call, scope)

    def _client_kind(self, func: ast.Attribute, call: ast.Call, scope: Scope) -> str | None:
        holder = self._values.holder(func.value, scope)
        if isinstance(holder, Symbol):
            root = holder.module.split(".")[0]
            if root in HTTP_MODULES:
                return self._http_kind(func.attr, call, scope)
            return None
        url = keyword(call, "url") or (call.args[0] if call.args else None)
        if func.attr in HTTP_WRITES and (_is_address(url) or keyword(call, "json") is not None) and call.keywords:
            return "http-write"
        name = dotted(func.value)
        if name and CLIENTS.search(name) and (_is_address(url) or "client" in name or "session" in name):
            if func.attr in {"get", "delete", "put"} and not _is_address(url) and "http" not in name:
                return None
            return self._http_kind(func.attr, call, scope)
        return None

    def _sql_kind(self, call: ast.Call, scope: Scope) -> str | None:
        node = call.args[0] if call.args else keyword(call, "sql", "query", "statement", "operation")
        if isinstance(node, ast.Call) and node.args:
            node = node.args[0]
        text = self._statement(node, scope)
        kind = sql_effect(text) if text else None
        if kind is None and not text and self._runs_statements(call, scope):
            return "sql-read" if self._allows_only_select(scope) else ANY_SQL
        return kind

    def _runs_statements(self, call: ast.Call, scope: Scope) -> bool:
        """Whether a call runs the SQL that it is given, by the name of its object or the package that made it."""
        func = call.func
        if not isinstance(func, ast.Attribute):
            return False
        if func.attr.startswith("execute") and _DATABASES.search(dotted(func.value).lower()):
            return True
        first = call.args[0] if call.args else None
        is_statement = isinstance(first, (ast.Name, ast.JoinedStr, ast.Attribute)) or (
            isinstance(first, ast.Call) and last_word(first) == "text"
        )
        holder = self._values.origin(func, scope) if is_statement else None
        return holder is not None and holder.module.partition(".")[0] in SQL_MODULES

    def _allows_only_select(self, scope: Scope) -> bool:
        """Tell whether the function checks that the statement begins with "select" before it runs it."""
        return any(
            isinstance(call.func, ast.Attribute)
            and call.func.attr == "startswith"
            and bool(call.args)
            and str(self._values.text(call.args[0], scope) or "").lower().startswith("select")
            for call in scope.calls
        )

    def _statement(self, node: ast.AST | None, scope: Scope) -> str:
        """Return the text of a statement, with placeholders for interpolated values."""
        meaning = self._values.resolve(node, scope) if node is not None else None
        if isinstance(meaning, Expression):
            node, scope = meaning.node, meaning.scope
        while isinstance(node, (ast.BinOp, ast.Call)):
            node = node.left if isinstance(node, ast.BinOp) else node.func
            node = node.value if isinstance(node, ast.Attribute) else node
        if isinstance(node, ast.JoinedStr):
            return "".join(
                part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "x"
                for part in node.values
            )
        text = self._values.text(node, scope)
        return text if isinstance(text, str) else ""

    def _open_kind(self, call: ast.Call, scope: Scope, at: int) -> str:
        given = keyword(call, "mode") or (call.args[at] if len(call.args) > at else None)
        if given is None:
            return "file-read"
        mode = self._values.text(given, scope)
        return file_mode_effect(mode) if isinstance(mode, str) else "file-write"


def _settle(effect: EffectFact, *, is_helper: bool) -> EffectFact | None:
    """Replace a provisional kind: a statement, HTTP method or program that the model chooses counts as a write.

    In a helper the effect is dropped, because it depends on what the callers pass.
    """
    if effect.kind not in _SETTLED:
        return effect
    return None if is_helper else replace(effect, kind=_SETTLED[effect.kind])


def _kind_by_package(name: str, word: str) -> str | None:
    """Return the effect of a function or a method by the package that it, or its object, comes from."""
    root = name.partition(".")[0]
    if not CODE_RUNNERS.isdisjoint(name.split(".")) and root != "unittest":
        return "code-runner"
    if "SQLDatabase" in name and word in SQL_DATABASE_RUNS:
        return "sql-write"
    if root.startswith("langchain") and SEARCHES.search(name) and word in SEARCH_RUNS:
        return "http-read"
    if root == "redis" and name.count(".") > 1:
        is_write = CLOUD_WRITE.match(word) or (word[:1] in {"h", "l", "s"} and word != "scan")
        return "sql-write" if is_write else "sql-read"
    if root in COMMAND_MODULES and word in COMMAND_RUNS:
        return "code-runner"
    if root in BROWSER_MODULES and not BROWSER_DATA.search(word):
        return "browser"
    if root in MESSAGE_MODULES and word in MESSAGE_SENDS:
        return "message-send"
    return "email-send" if root in MAIL_MODULES and word in MAIL_SENDS else None


def _cloud_kind(name: str, word: str) -> str | None:
    if not name.startswith(CLOUD) or "." not in name:
        return None
    if word in {"client", "resource", "Client", "Session"} or word[:1].isupper():
        return None
    if CLOUD_WRITE.match(word):
        return "cloud-write"
    return "cloud-read" if CLOUD_READ.match(word) else None


def _kind_by_holder(word: str, func: ast.Attribute) -> str | None:
    """Return the effect of a method by the name of its object: a manager, the environment, a path, a session."""
    holder = dotted(func.value)
    if ".objects" in holder or holder.endswith("objects"):
        return "sql-write" if ORM_EFFECTS.match(word) else "sql-read"
    if word in {"items", "copy", "keys", "values"} and holder.endswith("environ"):
        return "secret-read"
    if word in {"mkdir", "touch", "rename"} and (PATHS.search(holder) or isinstance(func.value, ast.Call)):
        return "file-write"
    if word == "rmdir":
        return "file-delete"
    return "sql-write" if (word in ORM_WRITES or word == "commit") and SESSION.search(holder) else None


def _owner(func: ast.Attribute) -> str:
    """Return the last word before a method, also of a call: "as_query_engine" for `index.as_query_engine().query`."""
    made = func.value
    return last_word(made.func) if isinstance(made, ast.Call) else dotted(made)


def _google_kind(func: ast.Attribute) -> str | None:
    """Return the effect of a call of a Google API client: `service.events().insert(...).execute()`."""
    made = func.value
    if func.attr != "execute" or not isinstance(made, ast.Call) or not isinstance(made.func, ast.Attribute):
        return None
    if not isinstance(made.func.value, ast.Call):
        return None
    verb = made.func.attr
    if verb == "send":
        return "email-send"
    return "cloud-write" if CLOUD_WRITE.match(verb) else "cloud-read" if CLOUD_READ.match(verb) else None


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_address(node: ast.AST | None) -> bool:
    """Tell whether an expression looks like a URL or the path of one."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[0] if node.values else None
        if isinstance(node, ast.FormattedValue):
            return True
    if isinstance(node, ast.BinOp):
        return _is_address(node.left)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and (node.value.startswith(("http", "/")) or "://" in node.value)
    name = dotted(node).lower()
    return any(word in name for word in ("url", "endpoint", "uri", "webhook"))
