"""Command line of `agentsentinel`. The work of a command is imported when it runs, since the import takes a second."""

import gc
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import typer

from agentsentinel import __version__
from agentsentinel.auth.principal import KeyScope
from agentsentinel.kit.durations import parse_duration

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="One Trust Score for every AI agent, with its reasons.",
)
keys = typer.Typer(no_args_is_help=True, help="Create, list, rotate and revoke API keys.")
app.add_typer(keys, name="keys")
agents = typer.Typer(no_args_is_help=True, help="List, suspend and resume agents.")
app.add_typer(agents, name="agents")

DataDir = Annotated[
    Path | None,
    typer.Option(help="Data directory of the embedded platform (or AGENTSENTINEL_DATA_DIR).", show_default=False),
]

MonitoringWord = Literal["unmonitored", "never_seen", "learning", "active", "silent"]
ReplayField = Literal["session_risk", "anomaly_score"]


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Expires = Annotated[
    timedelta | None,
    typer.Option(
        parser=_duration,
        metavar="TIME",
        help="When the key expires: 30d, 12h. Default: never.",
        show_default=False,
    ),
]
NewExpires = Annotated[
    timedelta | None,
    typer.Option(
        parser=_duration,
        metavar="TIME",
        help="When the new key expires. Default: after the same lifetime as the old key's.",
        show_default=False,
    ),
]


@app.command()
def up(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 9000,
    data_dir: DataDir = None,
) -> None:
    """Start the platform: database, API and worker in one process. With DATABASE_URL it uses that PostgreSQL."""
    from agentsentinel.commands import actions

    actions.start_platform(host, port, data_dir)


@app.command()
def api(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 9000,
) -> None:
    """Start one of several API servers. They share the database at DATABASE_URL and the stream at REDIS_URL."""
    from agentsentinel.commands import actions
    from agentsentinel.composition import Role

    actions.start_platform(host, port, None, Role.API)


@app.command()
def worker(
    host: Annotated[str, typer.Option(help="Address of its health and metrics.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of its health and metrics.", min=0, max=65535)] = 9001,
) -> None:
    """Start one of several workers: they score agents, send alerts and look after the database."""
    from agentsentinel.commands import actions
    from agentsentinel.composition import Role

    actions.start_platform(host, port, None, Role.WORKER)


@app.command("migrate")
def migrate_command(data_dir: DataDir = None) -> None:
    """Bring the database's schema up to date."""
    from agentsentinel.commands import actions

    actions.bring_schema_up_to_date(data_dir)


@app.command()
def doctor(
    data_dir: DataDir = None,
    send_test_alert: Annotated[
        bool, typer.Option("--send-test-alert", help="Send a real message to every destination.")
    ] = False,
) -> None:
    """Check secret, database, clock, disk and alerts, and name the next step. Exit 1 when something has failed."""
    from agentsentinel.commands import actions

    actions.print_checks(data_dir, send_test_alert=send_test_alert)


@app.command()
def reset(
    soft: Annotated[bool, typer.Option("--soft", help="Delete all agents and events, keep the keys.")] = False,
    hard: Annotated[bool, typer.Option("--hard", help="Delete everything, the keys too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Delete data: --soft keeps the API keys, --hard keeps nothing."""
    from agentsentinel.commands import actions

    actions.delete_data(data_dir, soft=soft, hard=hard, yes=yes)


@app.command("replay")
def replay_command(
    history: Annotated[Path, typer.Option(help="Events from which normal work is learned.", show_default=False)],
    live: Annotated[Path, typer.Option(help="Events to score, after those.", show_default=False)],
    grants: Annotated[Path, typer.Option(help="Tools that each agent was granted.", show_default=False)],
    out: Annotated[Path, typer.Option(help="File for the scores, by id of event.", show_default=False)],
    field: Annotated[ReplayField, typer.Option(help="The number to compute.")] = "session_risk",
    constants: Annotated[
        Path | None,
        typer.Option(help="Constants of session risk (JSON). Default: shipped ones.", show_default=False),
    ] = None,
) -> None:
    """Score recorded events with the behaviour engine, without a platform."""
    from agentsentinel.commands import actions

    actions.replay_events(history, live, grants, out, field, constants)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[KeyScope, typer.Option(help="What the key may do.")] = KeyScope.READONLY,
    agent_id: Annotated[
        UUID | None, typer.Option(help="The agent of a key with the scope agent.", show_default=False)
    ] = None,
    expires: Expires = None,
    data_dir: DataDir = None,
) -> None:
    """Create a key and print it; it cannot be shown again."""
    from agentsentinel.commands import actions

    actions.create_key(name, scope, agent_id, expires, data_dir)


@keys.command("list")
def list_keys(
    include_revoked: Annotated[bool, typer.Option("--all", help="Revoked keys too.")] = False, data_dir: DataDir = None
) -> None:
    """List the keys, newest first."""
    from agentsentinel.commands import actions

    actions.list_keys(data_dir, include_revoked=include_revoked)


@keys.command("rotate")
def rotate_key(
    key_id: Annotated[UUID, typer.Argument(help="The key's id.")],
    overlap: Annotated[
        timedelta, typer.Option(parser=_duration, metavar="TIME", help="How long the old key stays valid.")
    ] = "24h",  # type: ignore[assignment]  # typer parses its default
    expires: NewExpires = None,
    data_dir: DataDir = None,
) -> None:
    """Create a key that replaces another one, and print it once. Both are valid for a day, or --overlap."""
    from agentsentinel.commands import actions

    actions.rotate_key(key_id, overlap, expires, data_dir)


@keys.command("revoke")
def revoke_key(
    key_id: Annotated[UUID | None, typer.Argument(help="The key's id.", show_default=False)] = None,
    revoke_all: Annotated[
        bool, typer.Option("--all", help="All keys, the last admin key too; the next start makes a new one.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Revoke a key; all servers refuse it within seconds."""
    from agentsentinel.commands import actions

    actions.revoke_keys(key_id, data_dir, revoke_all=revoke_all, yes=yes)


@agents.command("list")
def list_agents(
    monitoring: Annotated[
        MonitoringWord | None, typer.Option(help="Only agents with this monitoring.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """List the agents, newest first."""
    from agentsentinel.commands import actions

    actions.list_agents(monitoring, data_dir)


@agents.command("suspend")
def suspend_agent(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent's name or id.")],
    reason: Annotated[str | None, typer.Option(help="Why, for people and for the agent.", show_default=False)] = None,
    data_dir: DataDir = None,
) -> None:
    """Suspend an agent: shims and hooks that enforce refuse its calls within seconds."""
    from agentsentinel.commands import actions

    actions.suspend_agent(agent, reason, data_dir)


@agents.command("resume")
def resume_agent(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent's name or id.")], data_dir: DataDir = None
) -> None:
    """End the suspension of an agent."""
    from agentsentinel.commands import actions

    actions.resume_agent(agent, data_dir)


@app.command("sign-in-link")
def sign_in_link(
    key_id: Annotated[
        UUID | None,
        typer.Option(
            help="Admin or readonly key whose rights the link gives. Default: an admin key.", show_default=False
        ),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Address of the dashboard. Default: that of the server.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a new link that signs in to the dashboard once, within the hour."""
    from agentsentinel.commands import actions

    actions.print_sign_in_link(key_id, url, data_dir)


def _version(value: bool) -> None:
    if value:
        print(f"agentsentinel {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """One Trust Score for every AI agent, with its reasons."""


def main() -> None:
    """Run the command line.

    The garbage collector is off until the server has started (`serve`): imports create half a million objects, all of
    which stay, and walking them again and again takes a sixth of the start. Other commands end before it would matter.
    """
    gc.disable()
    app()
