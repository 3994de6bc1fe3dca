"""Calls in Python and the effects that they have outside the process, by name, by word and by owner."""

import re

from agentsentinel_core.lazy_regex import lazy_compile

ANY_SQL = "any-sql"

ANY_HTTP = "any-http"

ANY_PROGRAM = "any-program"

ANY_SHELL = "any-shell"
"""Provisional kinds of effects that depend on a parameter; `_settle` replaces them before they are returned."""

BY_NAME = {
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

BY_PREFIX = (
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

HTTP_MODULES = frozenset(
    {"requests", "httpx", "httpx2", "aiohttp", "urllib3", "niquests", "curl_cffi", "requests_html"}
)

ONLY_WITH_ARGUMENTS = frozenset({"get_secret_value"})
"""Methods of BY_WORD that mean something else without arguments: pydantic's SecretStr gives its own value so."""

BY_WORD = {
    "sendmail": "email-send",
    "send_message": "message-send",
    "create_issue": "http-write",
    "issue_create": "http-write",
    "create_post": "http-write",
    "publish_post": "http-write",
    "create_tweet": "http-write",
    "update_status": "http-write",
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

CODE_RUNNERS = frozenset(
    {
        "PythonREPL", "PythonREPLTool", "PythonAstREPLTool", "BashProcess", "ShellTool", "Sandbox", "AsyncSandbox",
        "CodeInterpreter", "E2BCodeInterpreter", "LocalCommandLineCodeExecutor", "DockerCommandLineCodeExecutor",
        "JupyterCodeExecutor", "PythonInterpreter", "InteractiveShell", "KernelManager", "BlockingKernelClient",
        "LocalPythonExecutor", "DaytonaSandbox", "Daytona", "ContainerCodeExecutor", "CodeInterpreterClient",
        "PythonCodeExecutor", "NotebookClient", "SandboxClient",
    }
)  # fmt: skip

BROWSERS = frozenset({"new_page", "goto", "launch_persistent_context"})

SEARCHES = lazy_compile(r"Search|Wikipedia|Arxiv|Serp|Tavily|Google|DuckDuck|Requests|News|Weather|PubMed|Loader")

ORM_EFFECTS = lazy_compile(r"^(?:create|bulk_|update|delete|get_or_create|update_or_create)")

BROWSER_MODULES = (
    "playwright",
    "selenium",
    "pyppeteer",
    "browser_use",
    "browserbase",
    "splinter",
    "nodriver",
    "stagehand",
)

BROWSER_DATA = lazy_compile(
    r"(?:Result|Config|Error|Exception|Options|Settings|Params|Model|Type|Event|Profile|State|History|Schema)$"
    r"|^(?:By|Keys|Tools|Controller|Registry)$"
)
"""Classes of BROWSER_MODULES that hold data, or actions: `ActionResult(...)` drives nothing."""

SQL_CALLS = frozenset(
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

SQL_MODULES = frozenset(
    {
        "sqlite3", "aiosqlite", "psycopg", "psycopg2", "psycopg_pool", "asyncpg", "aiopg", "pymysql", "aiomysql",
        "MySQLdb", "mysql", "duckdb", "sqlalchemy", "sqlmodel", "databases", "snowflake", "pyodbc", "cx_Oracle",
        "oracledb", "clickhouse_connect", "clickhouse_driver", "trino", "pyathena", "redshift_connector", "ibm_db",
        "pymssql", "teradatasql", "apsw", "peewee",
    }
)  # fmt: skip
"""Packages whose connections run SQL, whatever they are called."""

CLIENTS = lazy_compile(r"(?:^|[._])(?:session|client|http|https|requests?|api|httpx|_?sess|s)$", re.I)

PATHS = lazy_compile(r"path|file|dir|target|dest|folder|\bp$|\bf$", re.I)

ORM_WRITES = frozenset({"add", "add_all", "delete", "merge", "bulk_save_objects", "bulk_insert_mappings"})

SESSION = lazy_compile(r"(?:^|[._])(?:db_?)?session$|(?:^|[._])db$", re.I)

COMMAND_MODULES = frozenset({"docker", "paramiko", "fabric", "invoke", "sh", "plumbum", "e2b", "e2b_code_interpreter"})

PROGRAM_MODULES = frozenset({"sh", "plumbum"})
"""Packages whose members are programs: `sh.bash("-c", line)`, `local["bash"]("-c", line)`."""

CLOUD = ("boto3", "botocore", "aioboto3", "google.cloud", "googleapiclient", "azure", "kubernetes")

CLOUD_WRITE = lazy_compile(
    r"^(?:create|delete|put|update|upload|terminate|stop|start|run|modify|attach|detach|add|remove|insert|patch|send|"
    r"publish|begin_create|begin_delete|begin_start|begin_deallocate|invoke|reboot|set|write|batchUpdate|append|import|copy)"
)

CLOUD_READ = lazy_compile(r"^(?:get|list|describe|read|query|scan|search|download|fetch|select|head|batch_get)")

COPIES = frozenset({"dict", "str", "repr", "dumps", "list", "sorted", "pformat"})
"""Functions that read all of their argument, such as the whole environment."""

PURE_FUNCTIONS = frozenset(
    {
        "str", "int", "float", "bool", "len", "sum", "round", "abs", "min", "max", "sorted", "reversed", "list",
        "dict", "tuple", "set", "frozenset", "map", "filter", "zip", "enumerate", "range", "any", "all", "repr", "chr",
        "ord", "hex", "bin", "divmod", "pow", "isinstance", "format", "bytes", "ValueError", "TypeError", "KeyError",
    }
)  # fmt: skip
"""Built-in functions that only compute."""

PURE_MODULES = frozenset(
    {
        "math", "json", "re", "datetime", "statistics", "string", "textwrap", "itertools", "collections", "functools",
        "operator", "decimal", "fractions", "random", "uuid", "hashlib", "base64", "difflib", "calendar", "zoneinfo",
        "html", "unicodedata", "typing", "dataclasses", "enum",
    }
)  # fmt: skip
"""Packages of the standard library whose functions only compute."""

PURE_METHODS = frozenset(
    {
        "join", "format", "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "partition", "rpartition",
        "lower", "upper", "title", "capitalize", "casefold", "replace", "startswith", "endswith", "find", "index",
        "count", "encode", "decode", "isdigit", "isalpha", "isalnum", "isnumeric", "zfill", "ljust", "rjust", "center",
        "removeprefix", "removesuffix", "items", "keys", "values", "isoformat", "strftime", "total_seconds",
        "hexdigest",
    }
)  # fmt: skip
"""Methods of texts, numbers and tables that only compute."""

FILLING_METHODS = frozenset({"append", "extend", "add", "update", "insert", "sort", "setdefault", "discard", "pop"})
"""Methods that change a list or a table, which is harmless when the function made it."""

OPENS = frozenset({"open", "io.open", "aiofiles.open", "codecs.open", "builtins.open"})

ASKING_METHODS = frozenset(
    {"run", "arun", "query", "aquery", "ask", "chat", "achat", "retrieve", "aretrieve", "invoke", "ainvoke", "search"}
)

ASKED = lazy_compile(r"(?i)(?:engine|index|retriever|flow|workflow|chain|rag|knowledge_?base|kb)(?:\(\))?$")
"""Owners of ASKING_METHODS that answer questions: `query_engine.query(text)`, `flow.run(query=text)`."""

SQL_DATABASE_RUNS = frozenset({"run", "run_no_throw", "invoke"})
"""Methods of LangChain's SQLDatabase that run a statement."""

SEARCH_RUNS = frozenset({"run", "results", "invoke", "arun"})
"""Methods that run LangChain's search utilities (SEARCHES)."""

COMMAND_RUNS = frozenset({"run", "exec_run", "exec_command", "run_code", "create", "local"})
"""Methods that run a command through COMMAND_MODULES."""

MESSAGE_MODULES = frozenset({"twilio", "slack_sdk"})

MESSAGE_SENDS = frozenset({"create", "send", "chat_postMessage"})

MAIL_MODULES = frozenset({"sendgrid", "resend", "mailgun", "postmarker", "yagmail", "redmail"})

MAIL_SENDS = frozenset({"send", "Send"})
