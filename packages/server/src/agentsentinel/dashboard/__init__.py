"""The built dashboard, served from the package itself."""
