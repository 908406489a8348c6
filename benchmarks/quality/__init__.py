"""How good the strategies and their peers are, cell by cell: `python -m benchmarks.quality`, or `make bench-quality`."""
