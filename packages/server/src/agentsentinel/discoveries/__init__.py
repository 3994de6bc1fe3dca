"""Agents that were found on hosts, and are in the inventory before they report anything."""
