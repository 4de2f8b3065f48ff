"""Tasks, metrics, harness, submissions and the leaderboard."""
