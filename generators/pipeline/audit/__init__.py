"""Checks a built dataset: files, keys, and samples computed again."""
