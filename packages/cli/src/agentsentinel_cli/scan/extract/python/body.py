"""Recognition of the effects of a tool's body, from the calls in it and in helpers of the same file that it calls."""

import ast
import re

from agentsentinel_cli.scan.extract.acts import HTTP_READS, HTTP_WRITES, file_mode_act, http_act, shorten, sql_act
from agentsentinel_cli.scan.extract.python.module import Function, Kind, Module, Scope, dotted, keyword
from agentsentinel_cli.scan.extract.python.values import ClassRef, FunctionRef, ParameterRef, Values, Written
from agentsentinel_cli.scan.facts import Act, Symbol
from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.light_dataclasses import replace

_DEEPEST_HELPER = 3
_MOST_ACTS = 24
"""Most effects of one tool; the first of each kind matter, further ones add no information."""

_ANY_SQL = "any-sql"
_ANY_HTTP = "any-http"
_ANY_PROGRAM = "any-program"
_ANY_SHELL = "any-shell"
"""Provisional kinds of effects that depend on a parameter; `_settle` replaces them before they are returned."""
_SETTLED = {_ANY_SQL: "sql-write", _ANY_HTTP: "http-write", _ANY_PROGRAM: "subprocess", _ANY_SHELL: "shell"}
_OF_PARAMETER = {"subprocess": _ANY_PROGRAM, "shell": _ANY_SHELL}

_BY_NAME = {
    "os.system": "shell",
    "os.popen": "shell",
    "commands.getoutput": "shell",
    "subprocess.getoutput": "shell",
    "subprocess.getstatusoutput": "shell",
    "asyncio.create_subprocess_shell": "shell",
    "pty.spawn": "subprocess",
    "pexpect.spawn": "shell",
    "pexpect.run": "shell",
    "asyncio.create_subprocess_exec": "subprocess",
    "anyio.run_process": "subprocess",
    "anyio.open_process": "subprocess",
    "trio.run_process": "subprocess",
    "eval": "eval",
    "exec": "eval",
    "builtins.eval": "eval",
    "builtins.exec": "eval",
    "runpy.run_path": "eval",
    "runpy.run_module": "eval",
    "code.InteractiveInterpreter": "eval",
    "code.InteractiveConsole": "eval",
    "pickle.loads": "eval",
    "os.remove": "file-delete",
    "os.unlink": "file-delete",
    "os.rmdir": "file-delete",
    "os.removedirs": "file-delete",
    "shutil.rmtree": "file-delete",
    "send2trash.send2trash": "file-delete",
    "os.rename": "file-write",
    "os.replace": "file-write",
    "os.makedirs": "file-write",
    "os.mkdir": "file-write",
    "os.chmod": "file-write",
    "os.chown": "file-write",
    "os.symlink": "file-write",
    "os.truncate": "file-write",
    "shutil.move": "file-write",
    "shutil.copy": "file-write",
    "shutil.copy2": "file-write",
    "shutil.copyfile": "file-write",
    "shutil.copytree": "file-write",
    "shutil.unpack_archive": "file-write",
    "os.listdir": "file-read",
    "os.scandir": "file-read",
    "os.walk": "file-read",
    "glob.glob": "file-read",
    "glob.iglob": "file-read",
    "linecache.getlines": "file-read",
    "urllib.request.urlopen": "http-read",
    "urllib.request.urlretrieve": "http-read",
    "wikipedia.summary": "http-read",
    "wikipedia.page": "http-read",
    "wikipedia.search": "http-read",
    "feedparser.parse": "http-read",
    "trafilatura.fetch_url": "http-read",
    "yfinance.Ticker": "http-read",
    "yfinance.download": "http-read",
    "keyring.get_password": "secret-read",
    "smtplib.SMTP": "email-send",
    "smtplib.SMTP_SSL": "email-send",
    "django.core.mail.send_mail": "email-send",
}
_BY_PREFIX = (
    ("subprocess.", "subprocess"),
    ("os.exec", "subprocess"),
    ("os.spawn", "subprocess"),
    ("os.posix_spawn", "subprocess"),
    ("stripe.", "payment"),
    ("duckduckgo_search.", "http-read"),
    ("ddgs.", "http-read"),
    ("tavily.", "http-read"),
    ("exa_py.", "http-read"),
    ("serpapi.", "http-read"),
    ("wikipediaapi.", "http-read"),
    ("arxiv.", "http-read"),
    ("firecrawl.", "http-read"),
    ("newspaper.", "http-read"),
    ("googlesearch.", "http-read"),
    ("webbrowser.", "browser"),
    ("pyautogui.", "browser"),
)
_HTTP_MODULES = frozenset(
    {"requests", "httpx", "httpx2", "aiohttp", "urllib3", "niquests", "curl_cffi", "requests_html"}
)
_BY_WORD = {
    "sendmail": "email-send",
    "send_message": "message-send",
    "create_issue": "http-write",
    "create_pull": "http-write",
    "create_comment": "http-write",
    "add_comment": "http-write",
    "chat_postMessage": "message-send",
    "chat_postEphemeral": "message-send",
    "files_upload": "message-send",
    "files_upload_v2": "message-send",
    "conversations_open": "message-send",
    "send_email": "email-send",
    "send_raw_email": "email-send",
    "send_templated_email": "email-send",
    "exec_run": "code-runner",
    "run_code": "code-runner",
    "run_cell": "code-runner",
    "execute_code": "code-runner",
    "exec_cell": "code-runner",
    "execute_code_blocks": "code-runner",
    "execute_interactive": "code-runner",
    "exec_command": "shell",
    "exec_driver_sql": "sql-write",
    "write_text": "file-write",
    "write_bytes": "file-write",
    "read_text": "file-read",
    "read_bytes": "file-read",
    "unlink": "file-delete",
    "rmtree": "file-delete",
    "iterdir": "file-read",
    "rglob": "file-read",
    "load_workbook": "file-read",
    "to_csv": "file-write",
    "to_excel": "file-write",
    "to_parquet": "file-write",
    "to_sql": "sql-write",
    "read_sql": "sql-read",
    "read_sql_query": "sql-read",
    "read_csv": "file-read",
    "read_excel": "file-read",
    "read_parquet": "file-read",
    "insert_one": "sql-write",
    "insert_many": "sql-write",
    "update_one": "sql-write",
    "update_many": "sql-write",
    "replace_one": "sql-write",
    "delete_one": "sql-write",
    "delete_many": "sql-write",
    "bulk_write": "sql-write",
    "find_one": "sql-read",
    "get_secret_value": "secret-read",
    "access_secret_version": "secret-read",
    "read_secret": "secret-read",
    "read_secret_version": "secret-read",
    "put_object": "cloud-write",
    "delete_object": "cloud-write",
    "delete_objects": "cloud-write",
    "upload_file": "cloud-write",
    "upload_fileobj": "cloud-write",
    "upload_blob": "cloud-write",
    "upload_from_filename": "cloud-write",
    "upload_from_string": "cloud-write",
    "delete_blob": "cloud-write",
    "put_item": "cloud-write",
    "delete_item": "cloud-write",
    "update_item": "cloud-write",
    "terminate_instances": "cloud-write",
    "run_instances": "cloud-write",
    "stop_instances": "cloud-write",
    "start_instances": "cloud-write",
    "create_bucket": "cloud-write",
    "delete_bucket": "cloud-write",
    "create_namespaced_pod": "cloud-write",
    "delete_namespaced_pod": "cloud-write",
    "delete_namespaced_deployment": "cloud-write",
    "patch_namespaced_deployment": "cloud-write",
    "patch_namespaced_deployment_scale": "cloud-write",
    "create_namespaced_deployment": "cloud-write",
    "get_object": "cloud-read",
    "list_objects_v2": "cloud-read",
    "list_buckets": "cloud-read",
    "describe_instances": "cloud-read",
    "download_file": "cloud-read",
    "download_fileobj": "cloud-read",
    "download_as_text": "cloud-read",
    "download_as_bytes": "cloud-read",
}
_CODE_RUNNERS = frozenset(
    {
        "PythonREPL", "PythonREPLTool", "PythonAstREPLTool", "BashProcess", "ShellTool", "Sandbox", "AsyncSandbox",
        "CodeInterpreter", "E2BCodeInterpreter", "LocalCommandLineCodeExecutor", "DockerCommandLineCodeExecutor",
        "JupyterCodeExecutor", "PythonInterpreter", "InteractiveShell", "KernelManager", "BlockingKernelClient",
        "LocalPythonExecutor", "DaytonaSandbox", "Daytona", "ContainerCodeExecutor", "CodeInterpreterClient",
        "PythonCodeExecutor", "NotebookClient", "SandboxClient",
    }
)  # fmt: skip
_BROWSERS = frozenset({"new_page", "goto", "launch_persistent_context"})
_SEARCHES = lazy_compile(r"Search|Wikipedia|Arxiv|Serp|Tavily|Google|DuckDuck|Requests|News|Weather|PubMed|Loader")
_ORM_ACTS = lazy_compile(r"^(?:create|bulk_|update|delete|get_or_create|update_or_create)")
_BROWSER_MODULES = (
    "playwright",
    "selenium",
    "pyppeteer",
    "browser_use",
    "browserbase",
    "splinter",
    "nodriver",
    "stagehand",
)
_SQL_CALLS = frozenset(
    {
        "execute",
        "executemany",
        "executescript",
        "fetch",
        "fetchrow",
        "fetchval",
        "fetchall",
        "text",
        "sql",
        "query",
        "raw",
    }
)
_CLIENTS = lazy_compile(r"(?:^|[._])(?:session|client|http|https|requests?|api|httpx|_?sess|s)$", re.I)
_PATHS = lazy_compile(r"path|file|dir|target|dest|folder|\bp$|\bf$", re.I)
_ORM_WRITES = frozenset({"add", "add_all", "delete", "merge", "bulk_save_objects", "bulk_insert_mappings"})
_SESSION = lazy_compile(r"(?:^|[._])(?:db_?)?session$|(?:^|[._])db$", re.I)
_COMMAND_MODULES = frozenset({"docker", "paramiko", "fabric", "invoke", "sh", "plumbum", "e2b", "e2b_code_interpreter"})
_CLOUD = ("boto3", "botocore", "aioboto3", "google.cloud", "googleapiclient", "azure", "kubernetes")
_CLOUD_WRITE = lazy_compile(
    r"^(?:create|delete|put|update|upload|terminate|stop|start|run|modify|attach|detach|add|remove|insert|patch|send|"
    r"publish|begin_create|begin_delete|begin_start|begin_deallocate|invoke|reboot|set|write|batchUpdate|append|import|copy)"
)
_CLOUD_READ = lazy_compile(r"^(?:get|list|describe|read|query|scan|search|download|fetch|select|head|batch_get)")


class Bodies:
    """Finder of the effects of functions in one module; each function is read once."""

    def __init__(self, module: Module, values: Values) -> None:
        self._module = module
        self._values = values
        self._own: dict[int, list[Act]] = {}
        self._helpers: dict[int, list[tuple[Scope, ast.Call]]] = {}

    def acts_of(self, *scopes: Scope | None, are_helpers: bool = False) -> tuple[Act, ...]:
        """Return the effects of functions, followed by those of the helpers they call; at most _MOST_ACTS."""
        seen: set[int] = set()
        acts: list[Act] = []
        todo = [(scope, 0) for scope in scopes if scope is not None]
        while todo:
            scope, depth = todo.pop(0)
            if id(scope) in seen:
                continue
            seen.add(id(scope))
            own, helpers = self._read(scope)
            acts += [settled for act in own if (settled := _settle(act, is_helper=are_helpers or depth > 0))]
            if depth < _DEEPEST_HELPER:
                todo += [(helper, depth + 1) for helper, _ in helpers]
                acts += self._acts_asked_of(helpers)
        return tuple(dict.fromkeys(acts))[:_MOST_ACTS]

    def acts_between(self, scope: Scope, first: int, last: int) -> tuple[Act, ...]:
        """Return the effects of the lines of one branch, and of the helpers they call."""
        acts: list[Act] = []
        helpers: list[tuple[Scope, ast.Call]] = []
        for call, where in self._calls(scope):
            if first <= call.lineno <= last:
                found = self._acts_of_call(call, where)
                acts += [settled for act in found if (settled := _settle(act, is_helper=False))]
                helpers += [(helper, call) for helper in self._called_scopes(call, where)]
        acts += self._acts_asked_of(helpers)
        inside = self.acts_of(*(helper for helper, _ in helpers), are_helpers=True)
        return tuple(dict.fromkeys([*acts, *inside]))[:_MOST_ACTS]

    def _acts_asked_of(self, helpers: "list[tuple[Scope, ast.Call]]") -> list[Act]:
        """Return the effects that helpers have with the arguments of these calls: `_run(["git", "log"])`.

        The caller determines which program the helper starts.
        """
        return [
            Act(_SETTLED[act.kind], self._module.place(call), shorten(self._module.text(call)))
            for helper, call in helpers
            for act in self._read(helper)[0]
            if act.kind in {_ANY_PROGRAM, _ANY_SHELL}
        ]

    def _read(self, scope: Scope) -> tuple[list[Act], list[tuple[Scope, ast.Call]]]:
        known = self._own.get(id(scope))
        if known is None:
            known, helpers = [], []
            for call, where in self._calls(scope):
                known += self._acts_of_call(call, where)
                helpers += [(helper, call) for helper in self._called_scopes(call, where)]
            self._own[id(scope)], self._helpers[id(scope)] = known, helpers
        return known, self._helpers[id(scope)]

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
                    if start is not None and start.scope.kind is Kind.FUNCTION:
                        found.append(start.scope)
        return found

    def _acts_of_call(self, call: ast.Call, scope: Scope) -> list[Act]:
        kind = self._kind(call, scope) or self._passed_kind(call, scope)
        if kind in _OF_PARAMETER and self._starts_a_parameter(call, scope):
            kind = _OF_PARAMETER[kind]
        return [Act(kind, self._module.place(call), shorten(self._module.text(call)))] if kind else []

    def _starts_a_parameter(self, call: ast.Call, scope: Scope) -> bool:
        """Tell whether the started program is the function's first parameter, so that its callers determine it."""
        given = call.args[0] if call.args else keyword(call, "args", "cmd")
        meaning = self._values.resolve(given, scope) if given is not None else None
        function = scope.enclosing(Kind.FUNCTION)
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
                kind = (http_act(text) if text.isupper() else None) or sql_act(text)
                if kind and isinstance(self._values.resolve(call.func, scope), FunctionRef):
                    return kind
        return None

    def _kind(self, call: ast.Call, scope: Scope) -> str | None:
        func = call.func
        name = self._full_name(func, scope)
        kind = self._by_full_name(name, call, scope) or self._environment_kind(call, name, scope)
        if kind is not None:
            return kind
        if isinstance(func, ast.Attribute):
            return self._by_method(func, call, scope)
        if isinstance(func, ast.Name) and func.id in _CODE_RUNNERS:
            return "code-runner"
        return None

    def _environment_kind(self, call: ast.Call, name: str, scope: Scope) -> str | None:
        """Return "secret-read" for a call that reads the whole environment, or a variable that the model chooses."""
        if name in {"os.getenv", "os.environ.get"} and call.args:
            meaning = self._values.resolve(call.args[0], scope)
            return "secret-read" if isinstance(meaning, ParameterRef) and meaning.binding.value is None else None
        func = call.func
        word = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
        if word in {"dict", "str", "repr", "dumps", "list", "sorted", "pformat"}:
            return "secret-read" if any(dotted(given) == "os.environ" for given in call.args) else None
        return None

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
        if name in {"open", "io.open", "aiofiles.open", "codecs.open", "builtins.open"}:
            return self._open_kind(call, scope, 1)
        kind = _BY_NAME.get(name) or next((found for prefix, found in _BY_PREFIX if name.startswith(prefix)), None)
        if kind == "subprocess" and name.startswith("subprocess.") and name.count(".") > 1:
            return None
        if kind == "subprocess" and _is_true(keyword(call, "shell")):
            return "shell"
        if name.startswith("urllib.request.") and (keyword(call, "data") or len(call.args) > 1):
            return "http-write"
        if kind is not None:
            return kind if not name.endswith((".PIPE", "Error", "Exception", ".Path")) else None
        root = name.partition(".")[0]
        word = name.rsplit(".", 1)[-1]
        if root in _HTTP_MODULES:
            return self._http_kind(word, call, scope)
        if not _CODE_RUNNERS.isdisjoint(name.split(".")) and root != "unittest":
            return "code-runner"
        if "SQLDatabase" in name and word in {"run", "run_no_throw", "invoke"}:
            return "sql-write"
        if root.startswith("langchain") and _SEARCHES.search(name) and word in {"run", "results", "invoke", "arun"}:
            return "http-read"
        if root == "redis" and name.count(".") > 1:
            return (
                "sql-write"
                if _CLOUD_WRITE.match(word) or (word[:1] in {"h", "l", "s"} and word != "scan")
                else "sql-read"
            )
        if root in _COMMAND_MODULES and word in {"run", "exec_run", "exec_command", "run_code", "create", "local"}:
            return "code-runner"
        if root in _BROWSER_MODULES:
            return "browser"
        if root in {"twilio", "slack_sdk"}:
            return "message-send" if word in {"create", "send", "chat_postMessage"} else None
        if root in {"sendgrid", "resend", "mailgun", "postmarker", "yagmail", "redmail"} and word in {"send", "Send"}:
            return "email-send"
        return self._cloud_kind(name, word)

    def _cloud_kind(self, name: str, word: str) -> str | None:
        if not name.startswith(_CLOUD) or "." not in name:
            return None
        if word in {"client", "resource", "Client", "Session"} or word[:1].isupper():
            return None
        if _CLOUD_WRITE.match(word):
            return "cloud-write"
        return "cloud-read" if _CLOUD_READ.match(word) else None

    def _http_kind(self, word: str, call: ast.Call, scope: Scope) -> str | None:
        if word in {"request", "stream", "send"}:
            method = keyword(call, "method") or (call.args[0] if call.args else None)
            verb = self._values.text(method, scope)
            # When the model or the caller chooses the HTTP method, it may be any.
            return (http_act(verb) if isinstance(verb, str) else None) or _ANY_HTTP
        return http_act(word)

    def _by_method(self, func: ast.Attribute, call: ast.Call, scope: Scope) -> str | None:
        word = func.attr
        if word in HTTP_READS or word in HTTP_WRITES or word == "request":
            kind = self._client_kind(func, call, scope)
            if kind is not None:
                return kind
        if word in _SQL_CALLS:
            kind = self._sql_kind(call, scope) or _google_kind(func)
            if kind is not None:
                return kind
        if word == "send_message" and re.search(r"chat|agent|session|gemini|model", dotted(func.value).lower()):
            return None
        if word == "open" and _PATHS.search(dotted(func.value)):
            return self._open_kind(call, scope, 0)
        if word == "open" and isinstance(func.value, ast.Call):
            return self._open_kind(call, scope, 0)
        kind = _BY_WORD.get(word)
        if kind is not None:
            is_text = word == "to_csv" and not call.args and keyword(call, "path_or_buf") is None
            return None if is_text else kind
        if word in _BROWSERS:
            return "browser"
        holder = dotted(func.value)
        if ".objects" in holder or holder.endswith("objects"):
            return "sql-write" if _ORM_ACTS.match(word) else "sql-read"
        if word in {"items", "copy", "keys", "values"} and holder.endswith("environ"):
            return "secret-read"
        if word in {"mkdir", "touch", "rename"} and (_PATHS.search(holder) or isinstance(func.value, ast.Call)):
            return "file-write"
        if word == "rmdir":
            return "file-delete"
        if word in _ORM_WRITES and _SESSION.search(holder):
            return "sql-write"
        if word == "commit" and _SESSION.search(holder):
            return "sql-write"
        return self._by_origin(func, call, scope)

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
            if root in _HTTP_MODULES:
                return self._http_kind(func.attr, call, scope)
            return None
        url = keyword(call, "url") or (call.args[0] if call.args else None)
        if func.attr in HTTP_WRITES and (_is_address(url) or keyword(call, "json") is not None) and call.keywords:
            return "http-write"
        name = dotted(func.value)
        if name and _CLIENTS.search(name) and (_is_address(url) or "client" in name or "session" in name):
            if func.attr in {"get", "delete", "put"} and not _is_address(url) and "http" not in name:
                return None
            return self._http_kind(func.attr, call, scope)
        return None

    def _sql_kind(self, call: ast.Call, scope: Scope) -> str | None:
        node = call.args[0] if call.args else keyword(call, "sql", "query", "statement", "operation")
        if isinstance(node, ast.Call) and node.args:
            node = node.args[0]
        text = self._statement(node, scope)
        kind = sql_act(text) if text else None
        func = call.func
        if kind is None and isinstance(func, ast.Attribute) and func.attr.startswith("execute"):
            # A statement from outside may be any SQL; only objects that are named like a database are considered.
            holder = dotted(func.value).lower()
            if not text and re.search(r"cur|\bcon\b|conn|db|engine|session|sql|database", holder):
                return "sql-read" if self._allows_only_select(scope) else _ANY_SQL
        return kind

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
        if isinstance(meaning, Written):
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
        return file_mode_act(mode) if isinstance(mode, str) else "file-write"


def _settle(act: Act, *, is_helper: bool) -> Act | None:
    """Replace a provisional kind: a statement, HTTP method or program that the model chooses counts as a write.

    In a helper the effect is dropped, because it depends on what the callers pass.
    """
    if act.kind not in _SETTLED:
        return act
    return None if is_helper else replace(act, kind=_SETTLED[act.kind])


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
    return "cloud-write" if _CLOUD_WRITE.match(verb) else "cloud-read" if _CLOUD_READ.match(verb) else None


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
