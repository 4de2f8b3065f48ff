"""Occupied sites of a lattice and their clusters."""
