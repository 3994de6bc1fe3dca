"""Toolkits, backends and middleware of frameworks, and the tools that each gives an agent.

The tools are known only inside of the package, so an agent's grant is named after the class that gives them and judged
by all of them. Effects are stated where the name of a tool does not tell them.
"""

from collections.abc import Mapping

Given = Mapping[str, tuple[str, ...]]
"""Names of tools -> effects (`EffectKind`) of each; none where its name tells them."""

_SQL: Given = {
    "sql_db_query": ("sql-read", "sql-write"),
    "sql_db_schema": ("sql-read",),
    "sql_db_list_tables": ("sql-read",),
    "sql_db_query_checker": ("arithmetic",),
}
_SHELL: Given = {"execute": ("shell",)}
_FILES: Given = {
    "ls": ("file-read",),
    "read_file": ("file-read",),
    "glob": ("file-read",),
    "grep": ("file-read",),
    "write_file": ("file-write",),
    "edit_file": ("file-write",),
}
_BROWSER: Given = {
    "navigate_browser": ("browser",),
    "click_element": ("browser",),
    "extract_text": ("browser",),
    "extract_hyperlinks": ("browser",),
    "get_elements": ("browser",),
    "current_webpage": ("browser",),
    "previous_webpage": ("browser",),
}
_FORGE: Given = {
    "get_issues": (),
    "read_file": (),
    "comment_on_issue": ("http-write",),
    "create_pull_request": ("http-write",),
    "create_file": ("http-write",),
    "update_file": ("http-write",),
    "delete_file": ("http-write",),
}
_REQUESTS: Given = {
    "requests_get": ("http-read",),
    "requests_post": ("http-write",),
    "requests_patch": ("http-write",),
    "requests_put": ("http-write",),
    "requests_delete": ("http-write",),
}

TOOLKITS: Mapping[str, Given] = {
    "FileManagementToolkit": {
        "copy_file": ("file-write",),
        "file_delete": ("file-delete",),
        "file_search": ("file-read",),
        "list_directory": ("file-read",),
        "move_file": ("file-write",),
        "read_file": ("file-read",),
        "write_file": ("file-write",),
    },
    "SQLDatabaseToolkit": _SQL,
    "SparkSQLToolkit": _SQL,
    "SqlToolkit": _SQL,
    "GmailToolkit": {
        "create_gmail_draft": (),
        "send_gmail_message": ("email-send",),
        "search_gmail": (),
        "get_gmail_message": (),
        "get_gmail_thread": (),
    },
    "O365Toolkit": {
        "o365search_emails": (),
        "o365search_events": (),
        "create_email_draft": (),
        "send_email": ("email-send",),
        "send_event": ("message-send",),
    },
    "SlackToolkit": {
        "get_channel": (),
        "get_messages": (),
        "send_message": ("message-send",),
        "schedule_message": ("message-send",),
    },
    "JiraToolkit": {"jql_query": (), "get_projects": (), "create_issue": (), "catch_all_jira_api": ("http-write",)},
    "GitHubToolkit": {**_FORGE, "get_pull_request": ()},
    "GitLabToolkit": _FORGE,
    "PlayWrightBrowserToolkit": _BROWSER,
    "RequestsToolkit": _REQUESTS,
    "OpenAPIToolkit": _REQUESTS,
    "OpenApiToolkit": _REQUESTS,
    "NLAToolkit": _REQUESTS,
}
"""Classes whose `get_tools()` gives tools."""

BEARERS: Mapping[str, Given] = {
    "LocalShellBackend": {**_FILES, **_SHELL},
    "FilesystemBackend": _FILES,
    "ShellToolMiddleware": {"shell": ("shell",)},
    "ClaudeBashToolMiddleware": {"bash": ("shell",)},
    "FilesystemFileSearchMiddleware": {"glob_search": ("file-read",), "grep_search": ("file-read",)},
    "FilesystemClaudeTextEditorMiddleware": {"str_replace_based_edit_tool": ("file-read", "file-write")},
    "FilesystemClaudeMemoryMiddleware": {"memory": ("file-read", "file-write")},
    "DaytonaBackend": {"execute": ("code-runner",)},
    "DaytonaSandbox": {"execute": ("code-runner",)},
    "ModalBackend": {"execute": ("code-runner",)},
    "ModalSandbox": {"execute": ("code-runner",)},
    "RunloopBackend": {"execute": ("code-runner",)},
    "RunloopSandbox": {"execute": ("code-runner",)},
    "LangSmithSandbox": {"execute": ("code-runner",)},
}
"""Backends and middleware that give an agent tools when they are passed to it."""

BEARING_KEYWORDS = ("backend", "middleware")
"""Arguments of an agent that backends and middleware are passed in."""

GIVING_METHODS = frozenset({"get_tools", "get_tool", "tools", "as_tools", "to_tools", "to_tool_list", "getTools"})
"""Methods and members of a toolkit that give its tools."""
