"""Families of scores: one module each with its ``FAMILY``, named as tasks name it."""
