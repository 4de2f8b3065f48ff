"""Anderson's model on a periodic cubic lattice: single eigenstates, proven to be the nearest."""
