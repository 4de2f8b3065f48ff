"""Rounds: a held-out split with dates, its submissions, and what anybody can check afterwards."""
