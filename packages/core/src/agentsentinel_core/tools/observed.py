"""Translation of the effects seen in a tool's body to what the tool can do.

Code is the best evidence: a body that sends mail sends mail, whatever the tool's name is. There are two exceptions. The
caller does not control a constant: `subprocess.run(["git", "log"])` runs git and nothing else. And a read can look like
a write: a search API is often queried by POST.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.light_dataclasses import dataclass
from agentsentinel_core.tools.capability import Capability, ToolCategory
from agentsentinel_core.tools.effects import EffectKind, ObservedEffect
from agentsentinel_core.tools.words import word_set

_STRING = r"""[rbuRBU]{0,2}(?:"[^"]*"|'[^']*'|`[^`$]*`)"""
_FIXED_FIRST = lazy_compile(rf"\(\s*(?:\w+\s*=\s*)?{_STRING}\s*[,)]")
"""Call whose first argument is a plain string literal, not an f-string or a template with placeholders."""
_FIXED_PROGRAM = lazy_compile(rf"\(\s*(?:\w+\s*=\s*)?[\[(]?\s*(?P<program>{_STRING})\s*[,\])]")
_FIXED_LIST = lazy_compile(rf"\(\s*[\[(]\s*(?:{_STRING}\s*,?\s*)+[\])]\s*[,)]")
"""List of arguments of plain string literals only: the author wrote the whole command."""
_INTERPRETERS = word_set(
    "bash sh zsh dash ksh fish ash busybox cmd cmd.exe powershell pwsh wsl python python2 python3 ipython node deno bun"
    " ruby irb perl php lua luajit rscript julia groovy jshell scala ghci erl elixir tclsh expect awk gawk gdb"
    " osascript psql mysql sqlite3 ssh docker podman nsenter chroot eval npx uvx bunx pipx k6"
)
"""Programs that run code from their arguments, so that a constant program name does not limit what happens."""
_READERS_OF_FILES = word_set("grep egrep fgrep zgrep rg ag ack cat head tail less strings jq")
"""Programs that print what files hold."""
_URL_PARAMETERS = word_set("url urls uri link links href website webpage page_url target_url site domain")
_QUERY_PARAMETERS = word_set("sql query statement sql_query stmt command")
_CHANGING_METHOD = lazy_compile(r"\b(?:delete|put|patch)\b", re.IGNORECASE)
_MODEL_API = lazy_compile(
    r"api\.(?:openai|anthropic|perplexity|mistral|groq)\.|generativelanguage\.googleapis|/chat/completions|/embeddings\b"
)
_MESSENGER = lazy_compile(r"webhook|hooks\.|slack|discord|telegram|teams\.", re.IGNORECASE)
"""Addresses and clients for which a POST sends a message, whatever the tool's name is."""
_UPLOAD = lazy_compile(r"\bfiles\s*=|\bfiles\s*:|new FormData|\bbody:\s*form(?:Data)?\b|createReadStream|open\(")
"""Arguments of a request that carry a file."""
_DELETING = lazy_compile(r"delete|destroy|terminate|remove|purge|drop", re.IGNORECASE)
_LOSING_SQL = lazy_compile(r"\b(?:delete|drop|truncate)\b", re.IGNORECASE)
_SCRATCH = lazy_compile(r"te?mp|cache|\blog", re.IGNORECASE)
_STORAGE = lazy_compile(r"s3|bucket|blob|storage|object", re.IGNORECASE)
_ACTING_IN_BROWSER = lazy_compile(r"\.(?:click|fill|type|press|submit|send_keys|check|select_option)\b")


@dataclass(frozen=True, slots=True)
class Effect:
    """Contribution of one observed effect to a tool's class."""

    reason: str
    writes: bool = False
    dangerous: bool = False
    runs_code: bool = False
    capability: Capability | None = None
    category: ToolCategory | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Context of an observed effect: facts about the tool whose body contains it."""

    names_a_read: bool
    """Whether the tool's name says that it reads, and contains no verb that writes."""
    parameters: Collection[str] = ()
    speaks_of_web: bool = False
    """Whether the tool's name or description says that it fetches web pages or web search results."""


WEB_WORDS = word_set(
    "web website webpage internet online article news blog wikipedia google bing duckduckgo serp scrape crawl browse"
)
"""Words in a tool's name or description which say that it returns text from the web."""


def effects(acts: Sequence[ObservedEffect], caller: Caller) -> Iterator[Effect]:
    """Yield the contributions of observed effects, in order. Effects that only the tool's author controls add none."""
    for act in acts:
        yield from _READERS[act.kind](act.text, caller)


def only_computes(acts: Sequence[ObservedEffect]) -> bool:
    """Tell whether the body is completely known and has no effect: it names the next agent, or returns a formula."""
    return bool(acts) and all(act.kind in _HARMLESS for act in acts)


def only_answers(acts: Sequence[ObservedEffect]) -> bool:
    """Whether the body is completely known and returns a text, or what it was given."""
    return bool(acts) and all(act.kind in _ANSWERS for act in acts)


def only_reads(acts: Sequence[ObservedEffect]) -> bool:
    """Tell whether effects were seen, and all of them only read."""
    return bool(acts) and all(act.kind in _READS for act in acts)


def only_queries(acts: Sequence[ObservedEffect]) -> bool:
    """Whether the statements that the body executes are known to read, and it does nothing else."""
    return only_reads(acts) and any(act.kind is EffectKind.SQL_READ for act in acts)


_HARMLESS = frozenset({EffectKind.HANDOVER, EffectKind.ARITHMETIC})
_ANSWERS = _HARMLESS | {EffectKind.CONSTANT}
_READS = _HARMLESS | frozenset(
    {EffectKind.QUESTION, EffectKind.HTTP_READ, EffectKind.SQL_READ, EffectKind.FILE_READ, EffectKind.CLOUD_READ}
)


def runs_fixed_programs(acts: Sequence[ObservedEffect]) -> bool:
    """Whether the body starts programs that the author chose, none of which runs code, and runs no code otherwise."""
    started = [_program_in(act.text) for act in acts if act.kind is EffectKind.SUBPROCESS]
    is_fixed = bool(started) and all(program and program.lower() not in _INTERPRETERS for program in started)
    return is_fixed and not any(act.kind in _RUNS_CODE for act in acts)


_RUNS_CODE = frozenset({EffectKind.SHELL, EffectKind.EVAL, EffectKind.CODE_RUNNER})


def _program_in(text: str) -> str:
    """Return the program that a call names by a literal, without its folder; "" when the caller chooses it."""
    fixed = _FIXED_PROGRAM.search(text)
    return fixed["program"].lstrip("rbuRBU").strip("\"'`").rpartition("/")[2].partition(" ")[0] if fixed else ""


def _program(text: str, caller: Caller) -> Iterator[Effect]:
    if _FIXED_LIST.search(text):
        if not caller.names_a_read:
            yield Effect(f"body runs the fixed command {text!r}: write", writes=True)
        return
    program = _program_in(text)
    if not program or program.lower() in _INTERPRETERS:
        yield Effect(f"body runs {text!r}: code-execution", runs_code=True)
    elif program.lower() in _READERS_OF_FILES:
        yield _internal(f"body reads files by the program {program!r}: internal-read", ToolCategory.FILESYSTEM)
    elif not caller.names_a_read:
        yield Effect(f"body runs the program {program!r}: write", writes=True)


def _shell(text: str, caller: Caller) -> Iterator[Effect]:
    if _FIXED_FIRST.search(text):
        if not caller.names_a_read:
            yield Effect(f"body runs the fixed line {text!r}: write", writes=True)
    else:
        yield Effect(f"body hands {text!r} to a shell: code-execution", runs_code=True)


def _eval(text: str, _: Caller) -> Iterator[Effect]:
    if not _FIXED_FIRST.search(text):
        yield Effect(f"body runs text as code in {text!r}: code-execution", runs_code=True)


def _code_runner(text: str, _: Caller) -> Iterator[Effect]:
    yield Effect(f"body hands code to {text!r}: code-execution", runs_code=True)


def _http_read(text: str, caller: Caller) -> Iterator[Effect]:
    if not _URL_PARAMETERS.isdisjoint(caller.parameters):
        yield _web(f"body reads an address of the caller's choice in {text!r}: web-read")
    elif caller.speaks_of_web:
        yield _web(f"body fetches in {text!r}, and what it fetches is said to be the web: web-read")


def _http_write(text: str, caller: Caller) -> Iterator[Effect]:
    if caller.names_a_read and not _CHANGING_METHOD.search(text) and not _MESSENGER.search(text):
        yield from _http_read(text, caller)  # search and GraphQL APIs are queried by POST
        return
    if _MODEL_API.search(text):  # every agent calls a model API and sends its conversation there
        return
    dangerous = bool(re.search(r"\bdelete\b", text, re.IGNORECASE)) or _hands_out(text, caller)
    yield Effect(
        f"body sends {text!r}: {'write, dangerous' if dangerous else 'write'}, external-write",
        writes=True,
        dangerous=dangerous,
        capability=Capability.EXTERNAL_WRITE,
    )


def _hands_out(text: str, caller: Caller) -> bool:
    """Whether a request carries a file, or takes both its address and its content from the caller."""
    if _UPLOAD.search(text):
        return True
    words = set(re.findall(r"\w+", text))
    content = words.intersection(caller.parameters) - _URL_PARAMETERS
    return bool(content) and not words.isdisjoint(_URL_PARAMETERS.intersection(caller.parameters))


def _send(text: str, _: Caller) -> Iterator[Effect]:
    yield Effect(
        f"body sends a message by {text!r}: write, dangerous, external-write",
        writes=True,
        dangerous=True,
        capability=Capability.EXTERNAL_WRITE,
        category=ToolCategory.COMMUNICATION,
    )


def _sql_read(text: str, _: Caller) -> Iterator[Effect]:
    yield _internal(f"body queries a database in {text!r}: internal-read", ToolCategory.DATABASE)


def _sql_write(text: str, caller: Caller) -> Iterator[Effect]:
    first = set(re.findall(r"\w+", text.partition("(")[2].partition(",")[0]))
    is_free = not re.search(r"[\"'`]", text) and (
        not _QUERY_PARAMETERS.isdisjoint(caller.parameters) or not first.isdisjoint(caller.parameters)
    )
    if is_free:
        yield _internal(f"body runs SQL of the caller's choice in {text!r}: internal-read", ToolCategory.DATABASE)
    dangerous = is_free or bool(_LOSING_SQL.search(text))
    effect = "write, dangerous" if dangerous else "write"
    yield Effect(
        f"body changes a database in {text!r}: {effect}",
        writes=True,
        dangerous=dangerous,
        category=ToolCategory.DATABASE,
    )


def _file_read(text: str, _: Caller) -> Iterator[Effect]:
    # A constant path leads to the tool's own settings or templates, not to the organisation's data.
    if not _FIXED_FIRST.search(text):
        yield _internal(f"body reads files in {text!r}: internal-read", ToolCategory.FILESYSTEM)


def _file_write(text: str, caller: Caller) -> Iterator[Effect]:
    if not (caller.names_a_read and _SCRATCH.search(text)):
        yield Effect(f"body writes files in {text!r}: write", writes=True, category=ToolCategory.FILESYSTEM)


def _file_delete(text: str, caller: Caller) -> Iterator[Effect]:
    if not _SCRATCH.search(text):
        yield Effect(
            f"body deletes files in {text!r}: write, dangerous",
            writes=True,
            dangerous=True,
            category=ToolCategory.FILESYSTEM,
        )


def _cloud_read(text: str, _: Caller) -> Iterator[Effect]:
    yield _internal(f"body reads from a cloud account in {text!r}: internal-read", _cloud_category(text))


def _cloud_write(text: str, _: Caller) -> Iterator[Effect]:
    category = _cloud_category(text)
    dangerous = bool(_DELETING.search(text))
    outward = category is ToolCategory.STORAGE and not dangerous
    yield Effect(
        f"body changes a cloud account in {text!r}: {'write, dangerous' if dangerous else 'write'}",
        writes=True,
        dangerous=dangerous,
        capability=Capability.EXTERNAL_WRITE if outward else Capability.INFRASTRUCTURE,
        category=category,
    )


def _browser(text: str, _: Caller) -> Iterator[Effect]:
    yield _web(f"body drives a browser in {text!r}: web-read")
    if _ACTING_IN_BROWSER.search(text):
        yield Effect(f"body acts on a page in {text!r}: write", writes=True)


def _secret_read(text: str, _: Caller) -> Iterator[Effect]:
    yield Effect(
        f"body reads secrets in {text!r}: secrets", capability=Capability.SECRETS, category=ToolCategory.SECRETS
    )


def _payment(text: str, _: Caller) -> Iterator[Effect]:
    yield Effect(f"body moves money in {text!r}: write, dangerous", writes=True, dangerous=True)


def _handover(text: str, _: Caller) -> Iterator[Effect]:
    yield Effect(f"body hands over to another agent by {text!r}: read")


def _arithmetic(text: str, _: Caller) -> Iterator[Effect]:
    yield Effect(f"body only calculates {text!r}: read")


def _constant(text: str, _: Caller) -> Iterator[Effect]:
    """Yield nothing: a stand-in for a tool that is still to come returns a text, too, so the name goes on counting."""
    yield from ()


def _question(text: str, _: Caller) -> Iterator[Effect]:
    yield Effect(f"body asks a question by {text!r}: read")


def _internal(reason: str, category: ToolCategory) -> Effect:
    return Effect(reason, capability=Capability.INTERNAL_READ, category=category)


def _web(reason: str) -> Effect:
    return Effect(reason, capability=Capability.WEB_READ, category=ToolCategory.WEB_READ)


def _cloud_category(text: str) -> ToolCategory:
    return ToolCategory.STORAGE if _STORAGE.search(text) else ToolCategory.INFRASTRUCTURE


_READERS = {
    EffectKind.SUBPROCESS: _program,
    EffectKind.SHELL: _shell,
    EffectKind.EVAL: _eval,
    EffectKind.CODE_RUNNER: _code_runner,
    EffectKind.HTTP_READ: _http_read,
    EffectKind.HTTP_WRITE: _http_write,
    EffectKind.EMAIL_SEND: _send,
    EffectKind.MESSAGE_SEND: _send,
    EffectKind.SQL_READ: _sql_read,
    EffectKind.SQL_WRITE: _sql_write,
    EffectKind.FILE_READ: _file_read,
    EffectKind.FILE_WRITE: _file_write,
    EffectKind.FILE_DELETE: _file_delete,
    EffectKind.CLOUD_READ: _cloud_read,
    EffectKind.CLOUD_WRITE: _cloud_write,
    EffectKind.BROWSER: _browser,
    EffectKind.SECRET_READ: _secret_read,
    EffectKind.PAYMENT: _payment,
    EffectKind.HANDOVER: _handover,
    EffectKind.ARITHMETIC: _arithmetic,
    EffectKind.CONSTANT: _constant,
    EffectKind.QUESTION: _question,
}
