"""Numerical methods: pure functions on arrays, no files, no datasets, no command line."""
