"""The verbs of the `sentinel` command, one module each. A verb's `run(arguments)` returns the exit code."""
