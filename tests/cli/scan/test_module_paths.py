"""A module name leads to the scanned files it may mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_cli.scan.module_paths import EVERYTHING, Modules


@pytest.mark.parametrize(
    ("importer", "module", "expected"),
    [
        ("src/server.ts", "./tools/mail.js", "src/tools/mail.ts"),
        ("src/server.ts", "./tools/mail", "src/tools/mail.ts"),
        ("src/server.ts", "./tools", "src/tools/index.ts"),
        ("src/deep/server.ts", "../tools/index.js", "src/tools/index.ts"),
        ("src/server.ts", "@/tools/mail", "src/tools/mail.ts"),
        ("src/server.ts", "./lib/old.cjs", "src/lib/old.cjs"),
    ],
)
def test_javascript_specifiers_lead_to_the_source(importer: str, module: str, expected: str) -> None:
    modules = Modules(["src/server.ts", "src/tools/mail.ts", "src/tools/index.ts", "src/lib/old.cjs"])
    assert list(modules.candidates(importer, module, "sendMail")) == [(expected, "sendMail")]


def test_a_package_of_javascript_leads_nowhere() -> None:
    assert list(Modules(["zod.ts"]).candidates("server.ts", "zod", "z")) == []


def test_a_module_imported_from_its_package_is_found_by_its_member() -> None:
    modules = Modules(["app/agent.py", "app/tools/__init__.py", "app/tools/mail.py"])
    assert ("app/tools/mail.py", "send") in list(modules.candidates("app/agent.py", ".tools", "mail.send"))
    assert ("app/tools/mail.py", "send") in list(modules.candidates("app/agent.py", "app.tools", "mail.send"))


@pytest.mark.parametrize(
    ("importer", "module", "name", "expected"),
    [
        ("app/agent.py", "orders", "find", ("app/orders.py", "find")),
        ("app/agent.py", "..shop", "find", ("shop/__init__.py", "find")),
        ("run.py", "pkg.orders", "find", ("src/pkg/orders.py", "find")),
        ("app/agent.py", ".", "orders", ("app/orders.py", EVERYTHING)),
        ("app/agent.ipynb", "orders", "find", ("app/orders.py", "find")),
        ("app/agent.py", "missing,orders", "find", ("app/orders.py", "find")),
        ("other/agent.py", "deep.inner.mail", "send", ("libs/deep/inner/mail.py", "send")),
    ],
)
def test_python_modules_lead_to_the_source(importer: str, module: str, name: str, expected: tuple[str, str]) -> None:
    paths = ["app/orders.py", "shop/__init__.py", "src/pkg/orders.py", "libs/deep/inner/mail.py"]
    assert next(Modules(paths).candidates(importer, module, name)) == expected


def test_a_module_that_two_folders_hold_is_found_by_neither_ending() -> None:
    modules = Modules(["one/pkg/mail.py", "two/pkg/mail.py"])
    assert list(modules.candidates("app/agent.py", "pkg.mail", "send")) == []
    assert next(modules.candidates("two/agent.py", "pkg.mail", "send")) == ("two/pkg/mail.py", "send")


PATHS = st.lists(st.lists(st.sampled_from(["a", "b", "src"]), min_size=1, max_size=3).map("/".join), max_size=5)


@given(PATHS, PATHS, st.sampled_from(["a", ".b", "..a.b", "...", "a.b", "./a", "../b", "@/a"]))
def test_only_files_that_exist_are_candidates(stems: list[str], importers: list[str], module: str) -> None:
    paths = [f"{stem}{suffix}" for stem in stems for suffix in (".py", ".ts")]
    modules = Modules(paths)
    for importer in importers:
        for suffix in (".py", ".ts"):
            found = [path for path, _ in modules.candidates(importer + suffix, module, "name")]
            assert set(found) <= set(paths)
            assert all(path.endswith(suffix) for path in found)
