"""The audit log: changes with their authors, and refused credentials."""
