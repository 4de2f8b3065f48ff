"""The commands of ``mesoinv``, one module for each kind."""
