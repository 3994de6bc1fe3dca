from mcp.server.fastmcp import FastMCP

mcp = FastMCP("generic")

type Row = dict[str, str]
type Pair[K, V] = tuple[K, V]


def first[T](items: list[T]) -> T:
    return items[0]


class Box[T: (int, str)]:
    def get(self) -> T:
        return self.value


@mcp.tool()
def take[T](box: list[T]) -> Row:
    """Take the first."""
    return {"first": str(first(box))}
