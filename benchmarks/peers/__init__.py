"""The aligner and its peers on the same generated work: `python -m benchmarks.peers`, or `make bench`."""
