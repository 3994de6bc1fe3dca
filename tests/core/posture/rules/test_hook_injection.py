"""HOOK_INJECTION."""

import pytest

from agentsentinel_core.agents import AgentProfile, ClientHook, EvidenceKind
from core.posture.samples import found, is_open, without

RULE = "HOOK_INJECTION"
INJECTING = [
    'eval "$(jq -r .tool_input.command)"',
    'cmd=$(jq -r .tool_input.command); eval "$cmd"',
    'bash -c "$(jq -r .tool_input.command)"',
    'sh -c "prettier --write $(jq -r .tool_input.file_path)"',
    "jq -r .tool_input.command | sh",
    "jq -r '.tool_input.command' | bash -s",
    "jq -r .tool_input.file_path | xargs -I{} sh -c 'wc -l {}'",
    'bash -lc "check $CLAUDE_TOOL_INPUT"',
    "check {{tool_input.command}}",
    "check {tool_input}",
    "prettier --write {{ file_path }}",
    "check ${toolInput.command}",
    'eval "$(cat)"; read x',
]
HARMLESS = [
    "prettier --write .",
    '"$CLAUDE_PROJECT_DIR"/.claude/hooks/format.sh',
    'f=$(jq -r .tool_input.file_path); prettier --write "$f"',
    "jq -r .tool_input.file_path | xargs prettier --write",
    "sh -c 'f=$(jq -r .tool_input.file_path); wc -l \"$f\"'",
    "python3 -c 'import json, sys; print(json.load(sys.stdin)[\"tool_input\"])'",
    'echo "$CLAUDE_TOOL_INPUT" >> log',
    'eval "$(direnv hook bash)"',
    'eval "$(ssh-agent -s)"; jq . > /tmp/x',
    "curl -fsS https://ci.example/install | grep ok",
    "echo ${HOME} ${FILE}",
    "echo ${INPUT}",
    "notify-send done",
    "awk '{print $1}'",
    "jq '{command}' > log",
]


def hook(command: str, scope: str = "user") -> ClientHook:
    return ClientHook("PreToolUse", command, f"{scope}/settings.json", scope)


@pytest.mark.parametrize("command", INJECTING)
def test_fires_when_a_shell_parses_what_the_model_wrote(command):
    finding = found(RULE, AgentProfile(hooks=(hook(command),)))
    assert finding is not None
    assert finding.evidence == ("hook:PreToolUse:user/settings.json",)
    assert "puts tool input into a shell" in finding.detail


@pytest.mark.parametrize("command", HARMLESS)
def test_is_quiet_about_a_script_of_the_user(command):
    assert found(RULE, AgentProfile(hooks=(hook(command),))) is None


@pytest.mark.parametrize(
    ("scope", "fires"), [("project", True), ("local", False), ("managed", False), ("plugin", False)]
)
def test_fires_for_any_hook_that_a_repository_brings(scope, fires):
    finding = found(RULE, AgentProfile(hooks=(hook("prettier --write .", scope),)))
    assert (finding is not None) is fires
    assert finding is None or "comes with the repository" in finding.detail


def test_a_long_command_is_cut_and_its_keys_are_masked():
    command = "check {{command}} --token ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8 " + "x" * 200
    finding = found(RULE, AgentProfile(hooks=(hook(command),)))
    assert finding is not None
    assert "G7h8I9" not in finding.detail
    assert finding.detail.endswith("…")


@pytest.mark.parametrize("unit", ["{{ tool", 'sh -c "', "eval ", "xargs ", "jq $(", "a.", "| "])
def test_a_command_that_is_made_to_be_slow_is_looked_at_in_part(unit):
    finding = found(RULE, AgentProfile(hooks=(hook(unit * 1_000_000, "project"),)))
    assert finding is not None
    assert len(finding.detail) < 300


def test_without_the_clients_files_it_is_not_evaluated():
    assert is_open(RULE, without(AgentProfile(), EvidenceKind.CONFIGURATION))
