"""The scan of MCP servers: reads a server's manifest without calling a tool, and judges it."""
