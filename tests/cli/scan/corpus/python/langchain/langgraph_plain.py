from langchain.chat_models import init_chat_model
from langgraph.prebuilt import ToolNode, create_react_agent


def list_tables() -> list[str]:
    """Tables of the warehouse."""
    return CONNECTION.execute("SELECT table_name FROM information_schema.tables").fetchall()


def run_statement(sql: str) -> str:
    """Run a statement."""
    return CONNECTION.execute(sql).fetchall()


def helper(rows):
    return "\n".join(rows)


tools = [list_tables, run_statement]
node = ToolNode(tools)
graph = create_react_agent(init_chat_model("anthropic:claude-sonnet-4"), tools, prompt="You know SQL.")
