"""Samples as arrays: generated and kept, read from a built folder, or from the Hub."""
