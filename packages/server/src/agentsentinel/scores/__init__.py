"""One Trust Score per agent, right within a second."""
