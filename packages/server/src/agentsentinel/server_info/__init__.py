"""How this server is set up, as far as its readers may know."""
