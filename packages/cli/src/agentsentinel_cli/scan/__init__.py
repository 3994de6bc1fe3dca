"""`sentinel scan`: find every tool of an agent in its source, and say what is wrong with it."""
