"""The session detectors, one per file. `sessions/registry.py` lists them."""
