"""Scores of diffraction patterns and of the potentials behind them."""
