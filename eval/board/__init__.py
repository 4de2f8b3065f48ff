"""The board: every entry of every task, ranked."""
