"""The file of what a server offered: whole or not at all, readable by its owner alone, and never in the way."""

import logging
import stat
import sys
from pathlib import Path

import pytest

from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_shim import offer_file
from agentsentinel_shim.offer_file import Kept, OfferFile, file_for
from agentsentinel_shim.offered import offer_of

KEPT = Kept("files", {"": offer_of({ItemKind.TOOL: ({"name": "a", "x": "\ud83d"},)}, is_public=True)})


def test_what_is_stored_is_loaded(tmp_path: Path) -> None:
    file = OfferFile(file_for(tmp_path, "team/agent", None, ["npx", "files"], None))
    assert file.load() is None
    file.store(KEPT)
    assert file.load() == KEPT
    [path] = (tmp_path / "manifests").iterdir()
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_each_agent_and_server_has_a_file_of_its_own(tmp_path: Path) -> None:
    identities = [("a", "url", [], None), ("b", "url", [], None), ("a", None, ["url"], None), ("a", "url", [], "name")]
    assert len({file_for(tmp_path, *identity) for identity in identities}) == len(identities)


def test_without_a_folder_nothing_is_kept() -> None:
    file = OfferFile(None)
    file.store(KEPT)
    assert file.load() is None


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"offers": {"": {"lists": {"x": []}}}}', '{"offers": []}', "[" * 9999]
)
def test_a_file_that_cannot_be_used_is_passed_over_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    file = OfferFile(path)
    with caplog.at_level(logging.WARNING):
        assert file.load() is None
        assert file.load() is None
    assert len(caplog.records) == 1
    file.store(KEPT)
    assert file.load() == KEPT


def test_what_cannot_be_written_leaves_the_file_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = OfferFile(tmp_path / "a.json")
    file.store(KEPT)
    monkeypatch.setattr(offer_file, "MOST_BYTES", 10 * 1024)
    large = Kept("files", {"": offer_of({ItemKind.TOOL: ({"name": "a" * 20_000},)}, is_public=False)})
    file.store(large)
    assert file.load() == KEPT
    assert "larger than" in caplog.text
    OfferFile(tmp_path / "a.json" / "below.json").store(KEPT)
