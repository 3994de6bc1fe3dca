"""A configuration of each client as people write it: comments, odd spacing, other settings around the servers.

`{python}` and `{greeter}` start the test server. Each sample has one server that the client starts, `greeter`.
"""

PLAIN = """{
  "theme" : "dark",
  "mcpServers": {
    "greeter": {
      "command": "{python}",
      "args": [ "{greeter}",   "stdio" ],
      "env": { "TOKEN": "s3cret" }
    },
    "remote": { "type": "http", "url": "https://mcp.example.com/mcp?key=s3cret" }
  }
}
"""

SAMPLES = {
    "claude-desktop": PLAIN.replace("\n", "\r\n"),
    "claude-code": """{"numStartups":3,"projects":{"/home/ada/app":{"allowedTools":[],"mcpServers":{"greeter":{\
"type":"stdio","command":"{python}","args":["{greeter}","stdio"],"env":{}}},"history":["caf\\u00e9"]}},"mcpServers":{}}""",
    "cursor": PLAIN,
    "vscode": """{
\t// servers of the whole window
\t"inputs": [{ "id": "key", "type": "promptString", "password": true },],
\t"servers": {
\t\t"greeter": {
\t\t\t"type": "stdio", /* started by the editor */
\t\t\t"command": "{python}",
\t\t\t"args": [
\t\t\t\t"{greeter}", // the program
\t\t\t\t"stdio",
\t\t\t],
\t\t},
\t},
}
""",
    "vscode-insiders": """{ "editor.tabSize": 2,
  "mcp": {"servers": {"greeter": {"command": "{python}", "args":["{greeter}",
"stdio"]}}} }""",
    "windsurf": PLAIN.replace('"url"', '"serverUrl"'),
    "gemini": PLAIN.replace('"url"', '"httpUrl"'),
    "codex": """# Codex
model = "gpt-5"   # the model

[mcp_servers.greeter]
command = '{python}'
args = [
    "{greeter}",  # the program
    'stdio',
]
env = { TOKEN = "s3cret" }

[mcp_servers."remote"]
url = "https://mcp.example.com/mcp"

[profiles.fast]
model = "gpt-5-mini"
""",
    "cline": PLAIN.replace('"env"', '"disabled": false,\n      "autoApprove": [],\n      "env"'),
    "zed": """// Zed settings
{
  "ui_font_size": 16,
  "context_servers": {
    "greeter": {
      "command": { "path": "{python}", "args": ["{greeter}", "stdio"], "env": null },
      "settings": {},
    },
  },
}
""",
    "continue": """name: Mine   # of this machine
version: 1.0.0
mcpServers:
  # says hello
  - name: greeter
    command: {python}   # on this machine
    args:
      - "{greeter}"
      - stdio
    env: {TOKEN: s3cret}
  - name: remote
    type: streamable-http
    url: https://mcp.example.com/mcp
rules:
- be brief
""",
    "opencode": """{
  "$schema": "https://opencode.ai/config.json",
  "mcp": {
    "greeter": { "type": "local", "command": ["{python}", "{greeter}", "stdio"], "enabled": true },
    "remote": { "type": "remote", "url": "https://mcp.example.com/mcp" }
  }
}""",
    "goose": """extensions:
  developer:
    type: builtin
    enabled: true
  greeter:
    type: stdio
    cmd: "{python}"
    args:
    - {greeter}
    - stdio
    envs: {}
GOOSE_MODEL: large
""",
    "copilot": PLAIN,
    "kiro": "\ufeff" + PLAIN,
    "roo-code": PLAIN,
    "lm-studio": PLAIN,
    "antigravity": PLAIN,
    "amazon-q": PLAIN,
    "junie": PLAIN,
    "copilot-jetbrains": PLAIN.replace("mcpServers", "servers"),
    "openclaw": """{
  "gateway": { "port": 18789 },
  "mcp": { "servers": {
    "greeter": { "command": "{python}", "args": ["{greeter}", "stdio"] } } }
}
""",
    "amp": PLAIN.replace("mcpServers", "amp.mcpServers"),
    "snowflake-coco": PLAIN,
    "trae": PLAIN,
    "void": PLAIN,
    "tabnine": PLAIN,
    "cody": PLAIN,
}


def sample_of(client: str, python: str, greeter: str) -> bytes:
    """Return the sample of a client as the bytes of its file."""
    return SAMPLES[client].replace("{python}", python).replace("{greeter}", greeter).encode()
