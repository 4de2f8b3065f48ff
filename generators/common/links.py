"""Where things are on the web: the one place that says so."""

from __future__ import annotations

HUB = "https://huggingface.co"
#: Owner of the datasets, the models and the board.
ORGANISATION = "mesoinv"
#: Datasets of any owner.
DATASETS = f"{HUB}/datasets"
#: Of the board's repository; questions and faults are told in its discussions.
BOARD = f"{ORGANISATION}/leaderboard"
ISSUES = f"{DATASETS}/{BOARD}/discussions"
