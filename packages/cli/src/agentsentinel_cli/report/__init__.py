"""How results are written, one module for each format. Reports read a `ScanResult` and know no rule."""
