"""
Submit
======

A submission is a folder with predictions and a description. It is checked and scored here exactly
as the board does; sending it is one more command.
"""

# %%
# Predict the test split
# ----------------------
# Anything that is called with the task's inputs predicts: a network, or this rule, which knows that
# a wire conducts less where its sites differ more.

from pathlib import Path

import numpy as np
import yaml

import mesoinv
from mesoinv.eval.submission import score_submission, write_template

TASK = "conductance-model1-3x3"


def rule(onsite_energy):
    """Predict the conductance [2e²/h] from the on-site energies (B, 3, 3) [t]."""
    spread = np.asarray(onsite_energy).std(axis=(1, 2))
    return 2.0 - spread


folder = Path("data/my-rule")
print(mesoinv.write_predictions(rule, TASK, folder / "predictions.parquet"))

# %%
# Describe it
# -----------
# ``mesoinv submit data/my-rule --init conductance-model1-3x3`` writes a commented file to fill in.
# Here a program fills it in.

path = write_template(folder, TASK)
print(path.read_text()[:600], "…")
path.write_text(
    yaml.safe_dump(
        {
            "task": TASK,
            "dataset_version": "1.0.0",
            "name": "my-rule",
            "predictions": "predictions.parquet",
            "learnt": True,
            "authors": [{"name": "A. Person"}],
            "training_data": {
                "samples": 0,
                "description": "None: a rule.",
                "uses_other_data": False,
            },
            "licence": {"code": "Apache-2.0", "weights": "CC-BY-4.0"},
            "date": "2026-11-20",
        }
    )
)

# %%
# Check and score it
# ------------------
# ``mesoinv submit data/my-rule --dry-run`` does the same.

result = score_submission(folder)
for name, score in result.evaluation.scores.items():
    print(f"{name}: {score.value:.4g} [{score.low:.4g}, {score.high:.4g}]")

# %%
# ``mesoinv submit data/my-rule`` then opens a pull request on the board's repository, with the
# login of ``hf auth login``. A rule that is worse than the mean has a negative skill.
