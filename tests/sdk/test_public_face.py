"""What users import is complete, documented and importable on its own."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import agentsentinel_sdk
from agentsentinel_sdk import errors, middleware, models
from patience import PATIENCE_SECONDS


def public_classes(module: object) -> set[str]:
    name = getattr(module, "__name__", "")
    return {
        key
        for key, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == name and not key.startswith("_")
    }


@pytest.mark.parametrize("module", [errors, middleware, models])
def test_every_public_class_of_a_module_is_on_the_one_public_face(module: object) -> None:
    assert public_classes(module) <= set(agentsentinel_sdk.__all__)


def test_every_name_on_the_face_exists_and_is_sorted_once() -> None:
    assert all(hasattr(agentsentinel_sdk, name) for name in agentsentinel_sdk.__all__)
    assert len(set(agentsentinel_sdk.__all__)) == len(agentsentinel_sdk.__all__)


def test_nothing_public_is_reachable_that_is_not_on_the_face() -> None:
    modules = {module.name for module in pkgutil.iter_modules(agentsentinel_sdk.__path__)}
    reachable = {name for name in vars(agentsentinel_sdk) if not name.startswith("_")} - modules
    assert reachable <= set(agentsentinel_sdk.__all__)


def test_every_error_descends_from_the_one_base() -> None:
    assert all(issubclass(getattr(errors, name), agentsentinel_sdk.SentinelError) for name in public_classes(errors))


def test_every_public_class_and_method_says_what_it_is_for() -> None:
    faces = [getattr(agentsentinel_sdk, name) for name in agentsentinel_sdk.__all__]
    classes = [face for face in faces if isinstance(face, type)]
    methods = [
        method
        for face in classes
        for name, method in vars(face).items()
        if not name.startswith("_") and callable(method) and not isinstance(method, classmethod)
    ]
    assert [face for face in [*classes, *methods] if not face.__doc__] == []


def test_each_module_can_be_imported_first() -> None:
    names = [f"agentsentinel_sdk.{module.name}" for module in pkgutil.iter_modules(agentsentinel_sdk.__path__)]
    for name in names:
        subprocess.run([sys.executable, "-c", f"import {name}"], check=True, timeout=PATIENCE_SECONDS)
    assert importlib.import_module("agentsentinel_sdk.testing")


def test_the_sdk_never_imports_the_anthropic_package() -> None:
    script = "import sys, agentsentinel_sdk, agentsentinel_sdk.testing; sys.exit('anthropic' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=PATIENCE_SECONDS)
