"""Everything a dataset gets without writing it: seeds, shards, manifest, build, verification."""
