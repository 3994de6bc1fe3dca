"""Tests stand where one looks for them: each module has a test file of its name, or is excused with a reason."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "core": "agentsentinel_core",
    "sdk": "agentsentinel_sdk",
    "shim": "agentsentinel_shim",
    "cli": "agentsentinel_cli",
    "server": "agentsentinel",
}
LEAST_SHARE = 0.75
"""Share of the modules that have a test by name."""

DECLARATIONS = [
    "*/__init__.py",
    "server/migrations/*",
    "server/models/*",
    "*/schemas.py",
    "*/openapi.py",
    "cli/scan/catalog/[!p]*",
    "core/manifest/poison_phrases.py",
    "cli/clients/model.py",
    "cli/scan/model.py",
    "cli/discover/model.py",
    "cli/discover/providers.py",
    "cli/scan/report_model.py",
    "cli/scan/errors.py",
    "cli/scan/suffixes.py",
]
"""Modules that only declare: names, tables, members of the API; the catalogue's are tested row by row."""

EXCUSES = {
    "cli/docs.py": "the address of a rule's page, in every report; test_formats.py, test_sarif_report.py",
    "cli/scan/recognize/lookups.py": "answers as data; both test_lookups.py fill them",
    "cli/scan/recognize/*/collector.py": "gathers what its recognizers find; test_corpus.py, test_lookups.py",
    "cli/scan/recognize/*/constructed.py": "tools of factories and constructors; test_corpus.py by idiom",
    "cli/scan/recognize/javascript/described.py": "tables and handlers; test_corpus.py by idiom, test_lookups.py",
    "cli/scan/recognize/javascript/looped.py": "loops that register; test_corpus.py, test_linker_javascript.py",
    "cli/scan/recognize/javascript/registered.py": "calls that register; test_corpus.py by idiom, test_robustness.py",
    "cli/scan/recognize/javascript/subclassed.py": "classes and decorators; test_corpus.py by idiom",
    "cli/scan/recognize/python/decorated.py": "decorators; test_corpus.py by idiom, test_functions.py",
    "cli/scan/recognize/python/described.py": "schemas and tables; test_corpus.py by idiom, test_growth.py",
    "cli/scan/recognize/python/subclassed.py": "classes of tools; test_corpus.py by idiom, test_lookups.py",
    "core/canonical_json.py": "the text that digests are made of; test_hashing.py compares it with RFC 8785",
    "core/behavior/sessions/fitted.py": "constants as data; test_combination.py reads them",
    "core/policy/model.py": "a policy as data; test_parse.py makes it, test_decide.py decides by it",
    "core/policy/node.py": "values with lines; test_parse.py, test_policy_file.py",
    "core/limits.py": "two numbers; test_recorder.py, test_endpoints.py hold reports to them",
    "core/tools/effects.py": "kinds of effects as data; test_observed.py judges each of them",
    "sdk/_operations.py": "what both clients ask and read, one line each; test_client.py, test_whole_api.py",
    "sdk/_tracing.py": "reads the host's span; test_recorder.py does so with a real one",
    "sdk/_version.py": "one number",
    "sdk/_worker.py": "the reporter's thread; test_reporter.py and its siblings watch it from outside",
    "sdk/adapter.py": "base of the adapters; tests/integrations holds each of them to one contract",
    "sdk/models.py": "answers as data; test_client.py and test_whole_api.py read each",
    "shim/asgi.py": "pieces of both applications; test_bridge.py, test_http_relay.py",
    "shim/enforcement/verdict.py": "what test_judge.py gets from a judge",
    "shim/copies.py": "what test_sse.py and test_stdio.py copy with",
    "shim/desk/documents.py": "what the three formats share; test_edit.py and the tests of each format",
    "server/*/repository.py": "SQL; the tests of the noun run it on PostgreSQL",
    "server/alerts/destination.py": "what each kind of destination implements; the tests of each kind",
    "server/api.py": "a list of routers; test_authorization.py compares it with all routes",
    "server/app.py": "puts the parts together; every test of an endpoint runs it",
    "server/baselines/service.py": "two questions to the repository; test_endpoints.py",
    "server/bootstrap.py": "the first key and link; commands/test_serve.py, sign_in/test_service.py",
    "server/composition.py": "puts the parts together; every test of the server runs it",
    "server/demo_data/service.py": "loads the story; test_endpoints.py",
    "server/embedded/errors.py": "one class",
    "server/findings/service.py": "applies the lifecycle and a person's decision; test_lifecycle.py",
    "server/health.py": "needs a database that dies; faults/test_database_down.py",
    "server/ingest/event_store.py": "the statement of a commit; test_pipeline.py, test_deduplication.py",
    "server/enforcement/service.py": "reads marker, agent and grants in order; test_endpoints.py",
    "server/ingest/group.py": "requests and groups as data; test_judge.py fills them",
    "server/ingest/route.py": "the way of every report; events/test_endpoints.py, wire/test_fast_path.py",
    "server/manifests/route.py": "bodies of megabytes; test_endpoints.py sends large, odd and deep ones",
    "server/manifests/service.py": "the transactions of a report and of a decision; test_endpoints.py",
    "server/kit/windows.py": "two positions in a list as data; wire/test_pages.py",
    "server/kit/database.py": "sessions and connections; faults/test_database_down.py",
    "server/otlp/protobuf.py": "one of two encodings; test_export.py holds them against each other",
    "server/overview/service.py": "sums up what repositories give; test_endpoints.py",
    "server/session_risk/service.py": "the transactions of feedback and of a version; test_endpoints.py",
    "server/capabilities/service.py": "groups and counts what the repository gives; test_endpoints.py",
    "server/views/service.py": "the transaction of a change; test_endpoints.py",
    "server/scores/service.py": "the transaction of a score; test_endpoints.py, findings/test_lifecycle.py",
}
"""Modules without a test of their name, by path or pattern, with the reason."""


def modules() -> Iterator[str]:
    """Yield each module with code of its own as `package/path`."""
    for package, folder in PACKAGES.items():
        root = ROOT / "packages" / package / "src" / folder
        for path in sorted(root.rglob("*.py")):
            module = f"{package}/{path.relative_to(root).as_posix()}"
            if not any(fnmatch(module, pattern) for pattern in DECLARATIONS):
                yield module


def has_test(module: str) -> bool:
    path = ROOT / "tests" / module
    return path.with_name(f"test_{path.stem.removeprefix('_')}.py").exists()


def test_each_module_has_a_test_of_its_name_or_an_excuse() -> None:
    alone = [module for module in modules() if not has_test(module)]
    assert [module for module in alone if not any(fnmatch(module, pattern) for pattern in EXCUSES)] == []


def test_three_quarters_of_the_modules_have_one() -> None:
    counted = list(modules())
    assert sum(map(has_test, counted)) >= LEAST_SHARE * len(counted)


@pytest.mark.parametrize("pattern", EXCUSES)
def test_an_excuse_that_is_no_longer_needed_goes(pattern: str) -> None:
    assert any(fnmatch(module, pattern) and not has_test(module) for module in modules())


@pytest.mark.parametrize("reason", EXCUSES.values())
def test_the_tests_that_an_excuse_names_exist(reason: str) -> None:
    names = [word.strip(",;") for word in reason.split() if word.strip(",;").endswith(".py")]
    assert [name for name in names if not list((ROOT / "tests").rglob(name))] == []


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "core").rglob("*.py")), ids=lambda path: path.stem)
def test_tests_of_core_import_neither_the_server_nor_its_clients(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported.isdisjoint({"agentsentinel", "agentsentinel_sdk", "agentsentinel_cli", "server", "sdk", "cli"})
