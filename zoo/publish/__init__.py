"""What is shown and published of a model: its card, its curves, its repository."""
