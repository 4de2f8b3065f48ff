"""Publications that define more than one system: one module each with its ``PAPER``."""
