"""The suite has two forms: `make test`, which a change waits for, and `make test-long`."""

import os

IS_LONG = bool(os.environ.get("AGENTSENTINEL_TEST_LONG"))
"""Whether this is the long form: all rounds, all examples, and the tests that are marked `long`."""
