"""Scores a model or a file of predictions on a task."""
