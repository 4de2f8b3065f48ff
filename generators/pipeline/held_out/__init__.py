"""Splits whose seeds depend on a secret key, which the manifest commits to."""
