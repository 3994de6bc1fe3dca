"""The behaviour detectors, one per file. `behavior/registry.py` lists them."""
