"""The posture rules: one file, one class, one question each. `posture/registry.py` lists them."""
