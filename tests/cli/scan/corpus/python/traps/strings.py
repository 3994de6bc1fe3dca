"""How to write a tool.

    @tool
    def example(x: int) -> int:
        '''An example.'''
        return x
"""
import textwrap

TEMPLATE = '''
from langchain_core.tools import tool

@tool
def {name}(query: str) -> str:
    """{description}"""
    return query
'''

# @tool
# def commented_out(x): ...


def scaffold(name: str) -> str:
    """Write the code of a tool with `@mcp.tool()` into a file."""
    code = textwrap.dedent("""
        tools = [{"name": "generated", "input_schema": {"type": "object"}}]
        agent = Agent(tools=[generated])
    """)
    return TEMPLATE.format(name=name, description="x") + code
