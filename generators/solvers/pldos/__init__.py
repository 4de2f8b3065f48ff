"""Scattering states of a two-dimensional electron gas behind a quantum point contact."""
