"""Scores that know the physics of this system."""
