"""The verbs of the command, one module each. A verb's `run(arguments)` gives the exit code."""
