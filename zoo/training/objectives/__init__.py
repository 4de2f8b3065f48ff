"""Objectives: a module for each kind, with ``fit(model, recipe, samples, environment)``."""
