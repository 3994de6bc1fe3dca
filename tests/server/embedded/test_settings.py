"""What depends on the machine in the settings."""

from pathlib import Path

import pytest

from agentsentinel.embedded import settings
from agentsentinel.embedded.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    (tmp_path / "postgres").mkdir()
    return Layout(tmp_path)


@pytest.mark.parametrize(("memory_mib", "buffers_mib"), [(64, 16), (1024, 128), (2048, 256), (65536, 256)])
def test_buffers_take_an_eighth_of_the_memory_up_to_256_mb(layout: Layout, memory_mib: int, buffers_mib: int) -> None:
    text = settings.render(layout, Path("/nowhere"), memory_mib * settings.MIB)

    assert f"\nshared_buffers = {buffers_mib}MB\n" in text


def test_timescaledb_is_loaded_where_it_is_installed(layout: Layout, tmp_path: Path) -> None:
    library = tmp_path / "lib" / "postgresql" / "timescaledb.so"
    assert "shared_preload_libraries" not in settings.render(layout, tmp_path, settings.MIB)

    library.parent.mkdir(parents=True)
    library.touch()

    text = settings.render(layout, tmp_path, settings.MIB)
    assert "shared_preload_libraries = 'timescaledb'" in text
    assert "timescaledb.telemetry_level = 'off'" in text


def test_the_file_is_only_replaced_when_it_differs(tmp_path: Path) -> None:
    path = tmp_path / "postgres.conf"

    assert [settings.write(text, path) for text in ("a", "a", "b")] == [True, False, True]
    assert path.read_text() == "b"
    assert path.stat().st_mode & 0o777 == 0o644
