"""Conductance of a strip under the tip of a scanning gate."""
