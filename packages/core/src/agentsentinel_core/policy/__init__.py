"""Policy: which tool calls of an agent are denied, by rules over tools, capabilities, arguments and sessions."""
