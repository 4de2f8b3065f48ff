"""Functions of a system for people, where they are too many for the module of its dataset."""
