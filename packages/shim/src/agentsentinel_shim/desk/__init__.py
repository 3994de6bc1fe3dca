"""At home on a desk: puts the shim into the configuration of an MCP client, and takes it out again."""
