"""What a tool can do, judged by its name."""
