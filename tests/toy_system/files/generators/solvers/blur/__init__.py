"""The toy's solver."""
