"""What a command line fetches and mounts: each runner's own forms."""

import shlex

import pytest

from agentsentinel_core.launch import broad_folders, is_broad, unpinned_packages, unwrapped

UNPINNED = [
    ("npx -y pkg", ("pkg",)),
    ("npx pkg@latest", ("pkg@latest",)),
    ("npx -y @scope/pkg", ("@scope/pkg",)),
    ("npx -y @scope/pkg@^1.2.0", ("@scope/pkg@^1.2.0",)),
    ("npx --yes pkg@1", ("pkg@1",)),
    ("npx -y --package @scope/a --package=b@1.2.3 -- tool", ("@scope/a",)),
    ("npx --registry https://npm.example pkg", ("pkg",)),
    ("npm exec -y pkg", ("pkg",)),
    ("pnpm dlx pkg@next", ("pkg@next",)),
    ("yarn dlx pkg", ("pkg",)),
    ("bunx pkg", ("pkg",)),
    ("bun x pkg@beta", ("pkg@beta",)),
    ("npx -y github:ada/server", ("github:ada/server",)),
    ("npx -y ada/server", ("ada/server",)),
    ("C:\\\\nodejs\\\\npx.cmd -y pkg", ("pkg",)),
    ("cmd /c npx -y pkg", ("pkg",)),
    ("env A=b npx -y pkg", ("pkg",)),
    ("bash -lc 'cd /work && exec npx -y pkg'", ("pkg",)),
    ("/usr/bin/sentinel shim --stdio --agent-name a -- npx -y pkg", ("pkg",)),
    ("deno run -A npm:pkg", ("npm:pkg",)),
    ("uvx mcp-server-git", ("mcp-server-git",)),
    ("uvx mcp-server-git@latest --repository .", ("mcp-server-git@latest",)),
    ("uvx 'pkg>=1.0'", ("pkg>=1.0",)),
    ("uvx 'pkg==1.2.*'", ("pkg==1.2.*",)),
    ("uvx --from git+https://git.example/a/b tool", ("git+https://git.example/a/b",)),
    ("uvx --python 3.12 pkg", ("pkg",)),
    ("uvx --with extra pkg==1.0", ("extra",)),
    ("uv tool run pkg", ("pkg",)),
    ("pipx run pkg", ("pkg",)),
    ("pipx run --spec pkg tool", ("pkg",)),
    ("docker run -i --rm mcp/github", ("mcp/github",)),
    ("docker run -i --rm -e TOKEN ghcr.io/a/b:latest", ("ghcr.io/a/b:latest",)),
    ("docker run --rm -it -v /work:/work -eA=b registry.example:5000/a/b", ("registry.example:5000/a/b",)),
    ("podman container run a/b:main", ("a/b:main",)),
    ("docker run a/b:1", ("a/b:1",)),
]
PINNED = [
    "npx -y pkg@1.2.3",
    "npx -y @scope/pkg@2026.8.31",
    "npx -y pkg@1.2.3-rc.1",
    "npx -p pkg@1.2.3 tool",
    "npx --no-install pkg",
    "npx --offline pkg",
    "npx -y ./server",
    "npx -y /opt/server",
    "npx -y github:ada/server#v1.2.3",
    "npx -y alias@npm:pkg@1.2.3",
    "npx -y pkg@${VERSION}",
    "npm run server",
    "npm start",
    "node server.js",
    "deno run server.ts",
    "deno run npm:pkg@1.2.3",
    "uvx pkg==1.2.3",
    "uvx pkg@0.6.2",
    "uvx --from 'pkg[cli]==1.2.3' tool",
    "uvx --from git+https://git.example/a/b@v1.2.3 tool",
    "uvx --from ./local tool",
    "uv run server.py",
    "uv --directory /work run server",
    "pipx run pkg==1.0",
    "python -m server",
    "docker run -i --rm mcp/github@sha256:" + "a" * 64,
    "docker run -i --rm -e TOKEN mcp/github:1.2.3",
    "docker run a/b:v2.1-alpine",
    "docker run a/b:2026-01-31",
    "docker run a/b:sha-0f3c9d1",
    "docker compose run server",
    "docker mcp gateway run",
    "docker exec -i box server",
    "",
]


def words_of(line):
    return shlex.split(line)


@pytest.mark.parametrize(("line", "packages"), UNPINNED)
def test_what_is_fetched_without_a_version_is_named(line, packages):
    assert unpinned_packages(words_of(line)) == packages


@pytest.mark.parametrize("line", PINNED)
def test_what_is_pinned_local_or_not_fetched_is_left_alone(line):
    assert unpinned_packages(words_of(line)) == ()


@pytest.mark.parametrize(
    ("line", "folders"),
    [
        ("npx -y @modelcontextprotocol/server-filesystem /", ("/",)),
        ("npx -y @modelcontextprotocol/server-filesystem /home/ada/", ("/home/ada/",)),
        ("npx -y @modelcontextprotocol/server-filesystem /work ~ $HOME", ("~", "$HOME")),
        ("uvx mcp-server-filesystem '${HOME}'", ("${HOME}",)),
        ("npx -y @modelcontextprotocol/server-filesystem 'C:\\'", ("C:\\",)),
        ("npx -y @modelcontextprotocol/server-filesystem 'C:\\Users\\ada'", ("C:\\Users\\ada",)),
        ("npx -y @modelcontextprotocol/server-filesystem /Users", ("/Users",)),
        ("docker run -v /:/host a/b:1.2", ("/",)),
        ("docker run --mount type=bind,src=/home/ada,dst=/d a/b:1.2", ("/home/ada",)),
        ("docker run --volume=/etc:/etc:ro a/b:1.2", ("/etc",)),
        ("docker run -v 'C:\\Users\\ada:/data' a/b:1.2", ("C:\\Users\\ada",)),
    ],
)
def test_a_disk_or_a_home_is_broad(line, folders):
    assert broad_folders(words_of(line)) == folders


@pytest.mark.parametrize(
    "line",
    [
        "npx -y @modelcontextprotocol/server-filesystem /home/ada/projects /tmp/x",
        "npx -y @modelcontextprotocol/server-filesystem 'D:\\work'",
        "npx -y @modelcontextprotocol/server-filesystem .",
        "npx -y some-server /",  # a path that is no folder, such as the root of a site
        "docker run -v /home/ada/app:/app a/b:1.2",
        "docker run -v data:/ a/b:1.2",
        "docker run -w / a/b:1.2",
        "python filesystem.py /home/ada/docs",
    ],
)
def test_a_folder_of_a_project_is_not(line):
    assert broad_folders(words_of(line)) == ()


def test_a_slash_alone_is_the_whole_disk():
    assert is_broad("/")
    assert not is_broad("")
    assert not is_broad("//srv/share/x")


def test_wrappers_are_taken_off_a_few_times_only():
    assert unwrapped(["env"] * 9 + ["npx", "pkg"])[-2:] == ["npx", "pkg"]
    assert unwrapped(["bash", "-c", "it's"]) == []
