"""Dataset cards: rendering, previews and publishing."""
