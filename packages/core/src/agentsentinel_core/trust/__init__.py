"""One score per agent, and the band it falls in."""
