"""The log folder stays small, and a link in it leads nowhere."""

from pathlib import Path

from agentsentinel.embedded import logs


def log_file(folder: Path, day: int, text: str = "") -> Path:
    path = folder / f"postgresql-202601{day:02}-120000.log"
    path.write_text(text)
    return path


def test_only_the_newest_files_are_kept(tmp_path: Path) -> None:
    files = [log_file(tmp_path, day) for day in range(1, 13)]

    logs.prune(tmp_path)

    assert sorted(tmp_path.iterdir()) == files[-logs.KEPT_FILES :]


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    notes = tmp_path / "notes.log"
    notes.touch()
    log_file(tmp_path, 1)

    logs.prune(tmp_path, keep=1)
    logs.prune(tmp_path / "missing")

    assert notes.exists()


def test_a_folder_that_is_a_link_is_not_pruned(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    files = [log_file(real, day) for day in (1, 2)]
    (tmp_path / "log").symlink_to(real)

    logs.prune(tmp_path / "log", keep=1)

    assert all(file.exists() for file in files)


def test_the_last_lines_are_those_of_the_newest_file(tmp_path: Path) -> None:
    start_log = tmp_path / "start.log"
    start_log.write_text("LOG:  redirecting log output to logging collector process\n")
    log_file(tmp_path, 1, "old\n")
    log_file(tmp_path, 2, "first\nsecond\nthird\n")

    assert logs.last_lines(start_log, tmp_path, count=2) == "second\nthird"


def test_the_last_lines_of_a_server_that_died_early_are_those_it_said_to_us(tmp_path: Path) -> None:
    start_log = tmp_path / "start.log"
    start_log.write_text("FATAL:  no\n")
    log_file(tmp_path, 1, "old\n")

    assert logs.last_lines(start_log, tmp_path) == "FATAL:  no"


def test_a_log_file_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    start_log = tmp_path / "start.log"
    start_log.write_text("LOG:  redirecting log output to logging collector process\n")
    (tmp_path / "postgresql-20260101-120000.log").symlink_to(secret)

    assert logs.last_lines(start_log, tmp_path) == ""
