"""What a command line runs, by the place of its words."""

from pathlib import Path

import pytest

from agentsentinel_cli.discover.program import Program, is_mcp_package, name_of, program_of


def script_of(words: str, folder: str | None = "/work") -> str | None:
    program = program_of(words.split(), words.partition(" ")[0], folder)
    return program.script if program is not None else None


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("python worker.py", "/work/worker.py"),
        ("/usr/bin/python3.12 /app/worker.py --verbose", "/app/worker.py"),
        ("python -u -X dev -W ignore worker.py", "/work/worker.py"),
        ("python -Wignore -OO worker.py agent.py", "/work/worker.py"),
        ("pypy3 worker.py", "/work/worker.py"),
        ("node --max-old-space-size=4096 server.js", "/work/server.js"),
        ("node -r ./hook.js --import tsx server.ts", "/work/server.ts"),
        ("deno run --allow-net server.ts", "/work/server.ts"),
        ("bun run server.ts", "/work/server.ts"),
    ],
)
def test_the_script_is_the_first_word_that_is_not_an_option(command: str, script: str) -> None:
    assert script_of(command) == script


@pytest.mark.parametrize("command", ["vim agent.py", "grep langchain agent.py", "bash agent.sh", "code agent.py"])
def test_other_programs_run_nothing_of_interest(command: str) -> None:
    assert program_of(command.split(), command.partition(" ")[0], "/work") is None


def test_code_on_the_command_line_is_kept() -> None:
    program = program_of(["python", "-c", "import openai"], "python", "/work")
    assert program is not None
    assert program.code == "import openai"


@pytest.mark.parametrize(
    "command",
    [
        "uvicorn app.main:api",
        "python -m uvicorn app.main:api --port 80",
        "gunicorn -w 4 -k x app.main:api",
        "hypercorn app.main:api",
        "fastapi run app/main.py",
        "streamlit run app/main.py --server.port 80",
    ],
)
def test_the_application_that_a_runner_serves_is_the_program(command: str, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").touch()
    words = command.split() if command.startswith("python") else ["python", *command.split()]
    program = program_of(words, "python", str(tmp_path))
    assert program is not None
    assert program.script == str(tmp_path / "app" / "main.py")


def test_a_file_that_another_tool_reads_is_not_the_program(tmp_path: Path) -> None:
    (tmp_path / "agent.py").touch()
    program = program_of(["python", "-m", "pytest", "agent.py"], "python", str(tmp_path))
    assert program is not None
    assert program.script is None


@pytest.mark.parametrize(
    ("command", "package", "name"),
    [
        ("npx -y @modelcontextprotocol/server-filesystem /tmp", "@modelcontextprotocol/server-filesystem", None),
        ("node /usr/bin/npx -y @playwright/mcp@1.2", "@playwright/mcp@1.2", "@playwright/mcp"),
        ("node /usr/lib/node_modules/npm/bin/npx-cli.js some-mcp-server", "some-mcp-server", "some-mcp-server"),
        ("npm exec @modelcontextprotocol/server-git", "@modelcontextprotocol/server-git", "server-git"),
        ("pnpm dlx mcp-remote https://h/mcp", "mcp-remote", "mcp-remote"),
        ("uvx mcp-server-git --repository .", "mcp-server-git", "mcp-server-git"),
        ("uvx --from mcp-tools==1.0 serve", "mcp-tools==1.0", "mcp-tools"),
        ("uv tool run mcp-server-time", "mcp-server-time", "mcp-server-time"),
        ("pipx run mcp-server-fetch", "mcp-server-fetch", "mcp-server-fetch"),
        ("docker run -i --rm -e TOKEN mcp/time:2", "mcp/time:2", "time"),
        ("docker run --rm -v /a:/b ghcr.io/github/github-mcp-server", "ghcr.io/github/github-mcp-server", None),
        ("podman run -it --name=x mcp/git", "mcp/git", "git"),
    ],
)
def test_launch_lines_of_mcp_servers(command: str, package: str, name: str | None) -> None:
    program = program_of(command.split(), command.partition(" ")[0], "/work")
    assert program is not None
    assert (program.language, program.package) == ("launcher", package)
    assert name_of(program) == (name or package.rsplit("/", 1)[-1])


def test_npms_title_in_one_word_is_a_launch_line() -> None:
    program = program_of(["npm exec @modelcontextprotocol/server-memory", "", ""], "node", "/work")
    assert program is not None
    assert program.package == "@modelcontextprotocol/server-memory"


@pytest.mark.parametrize(
    "command",
    [
        "npx eslint src/mcp.ts",
        "npm install @modelcontextprotocol/sdk",
        "docker build -t mcp/time .",
        "docker run -i postgres:16 mcp",
        "uvx ruff check mcp",
        "uv pip install mcp",
        "npx mcpherson-chart",
    ],
)
def test_words_elsewhere_do_not_make_a_launch_line(command: str) -> None:
    program = program_of(command.split(), command.partition(" ")[0], "/work")
    assert program is None or program.language != "launcher"


@pytest.mark.parametrize(
    ("package", "is_mcp"),
    [
        ("mcp", True),
        ("acme_mcp_server", True),
        ("tmcpd", False),
        ("comcpare", False),
        ("@modelcontextprotocol/x", True),
    ],
)
def test_words_of_a_package_count_and_not_parts_of_words(package: str, is_mcp: bool) -> None:
    assert is_mcp_package(package) is is_mcp


@pytest.mark.parametrize(
    ("program", "name"),
    [
        (Program("python", "/app/my_support_agent.py"), "my-support-agent"),
        (Program("python", "/app/crew/__main__.py", "crew"), "crew"),
        (Program("python", None, "acme.worker"), "worker"),
        (Program("python"), "python"),
    ],
)
def test_an_agent_is_named_after_its_script(program: Program, name: str) -> None:
    assert name_of(program) == name


@pytest.mark.parametrize(
    "command", [[], [""], ["python"], ["python", "-"], ["node"], ["python", "-m"], ["docker", "run"]]
)
def test_incomplete_command_lines_are_no_obstacle(command: list[str]) -> None:
    program = program_of(command, command[0] if command else "", None)
    assert program is None or program.script is None
