"""Hamiltonians and disorder of two-dimensional random electrons."""
