"""Discoveries to be rendered: the sample of the documentation, and one whose texts try to deceive."""

from agentsentinel_cli.discover.model import AgentTool, ApiKey, DiscoveredAgent, Discovery, Kind, SubnetStats
from agentsentinel_cli.discover.risk import assessed

KEY = ApiKey("OPENAI_API_KEY", "sk-proj-...wcgA", "OpenAI")


def sample() -> Discovery:
    """Return the four agents of the documented sample."""
    agents = [
        DiscoveredAgent(
            "process",
            Kind.AGENT,
            "mcp-shim",
            "pid:62508",
            frameworks=("MCP",),
            provider="OpenAI",
            api_keys=(KEY,),
            pid=62508,
            script="/usr/bin/sentinel",
        ),
        DiscoveredAgent(
            "network",
            Kind.MODEL_API,
            "llm-api@127.0.0.1:11434",
            "127.0.0.1:11434",
            frameworks=("OpenAI-compatible",),
            model="llama3.2:latest",
            requires_auth=False,
            endpoints=("127.0.0.1:11434",),
            url="http://127.0.0.1:11434",
        ),
        DiscoveredAgent(
            "network",
            Kind.PLATFORM,
            "agentsentinel@127.0.0.1:9000",
            "127.0.0.1:9000",
            frameworks=("AgentSentinel",),
            is_monitored=True,
            endpoints=("127.0.0.1:9000",),
            url="http://127.0.0.1:9000",
        ),
        DiscoveredAgent(
            "subnet",
            Kind.MCP_SERVER,
            "mcp-server@10.0.1.45:8080",
            "10.0.1.45:8080",
            frameworks=("MCP Server",),
            requires_auth=False,
            transport="sse",
            tools=(AgentTool("delete_row", "write", is_dangerous=True),),
            endpoints=("10.0.1.45:8080",),
            url="http://10.0.1.45:8080/sse",
        ),
    ]
    return Discovery(
        ("processes", "network", "subnet (10.0.1.0/24)"),
        ("process", "network", "subnet"),
        [assessed(agent) for agent in agents],
        subnet=SubnetStats("10.0.1.0/24", 254, 3, 4.21),
    )


HOSTILE = "x\x1b[31m\u202e[bold]<b>|`\n::error::\x07\udcff" + "y" * 3000


def hostile() -> Discovery:
    """Return agents all of whose texts try to deceive a terminal or a page."""
    agents = [
        DiscoveredAgent(
            source,
            Kind.MCP_SERVER,
            HOSTILE,
            HOSTILE,
            frameworks=(HOSTILE,),
            provider=HOSTILE,
            model=HOSTILE,
            api_keys=(ApiKey(HOSTILE, "***", HOSTILE),),
            live_connections=(HOSTILE,),
            tools=(AgentTool(HOSTILE, "read", is_dangerous=False),),
            transport=HOSTILE,
            parent=HOSTILE,
            children=(HOSTILE,),
            container=HOSTILE,
            endpoints=(HOSTILE,),
            script=HOSTILE,
            evidence=(HOSTILE,),
            next_step=HOSTILE,
            known_as=HOSTILE,
        )
        for source in ("process", "network", "file", "docker")
    ]
    sources = ("process", "network", "file", "docker")
    return Discovery((HOSTILE,), sources, [assessed(agent) for agent in agents], [HOSTILE])
