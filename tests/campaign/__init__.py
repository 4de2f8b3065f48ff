"""Tries to lose data, to get code run, and to fool the board: thousands of small attacks."""
