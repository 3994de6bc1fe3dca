"""Sessions of an agent: where they begin and end, and how unlike its normal work one is."""
