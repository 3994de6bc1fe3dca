"""The `sentinel` command. Its verbs arrive with the packages behind them."""

from typing import Annotated

import typer

from agentsentinel_cli import __version__

app = typer.Typer(add_completion=False, help="Find AI agents and what is wrong with them.")


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"sentinel {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Find AI agents and what is wrong with them."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Entry point."""
    app()
