"""What a task's page tells those who want to submit.

``<task>`` and ``<version>`` become the name of the task and the version of its dataset.
"""

#: command -> what it does
COMMANDS = {
    "mesoinv evaluate MODEL --task <task>": "scores a model of yours here, as the board does",
    "mesoinv submit DIR --init <task>": "writes a commented submission.yaml to start from",
    "mesoinv submit DIR --dry-run": "checks and scores it as the board does, sends nothing",
    "mesoinv submit DIR": "proposes it for the board",
}

#: what a round's page tells while it is open, and when its key is known
IN_A_ROUND = {
    "hf download <inputs> --repo-type dataset --local-dir inputs": "fetches the inputs",
    "mesoinv predict MODEL --data inputs --config <config>-held-out --out DIR/predictions.parquet":
        "predicts them; any program may write the file instead",
    "mesoinv submit DIR --round <round>": "checks it and proposes it; nobody can score it yet",
}  # fmt: skip
AFTER_A_ROUND = {
    "mesoinv leaderboard audit mesoinv/leaderboard <round>":
        "compares the key, the inputs, the times and every score with what is published",
}  # fmt: skip

#: a minimal ``submission.yaml``, beside the predictions in DIR
HOW_TO_SUBMIT = """\
task: <task>
dataset_version: <version>
name: my-network
predictions: predictions.parquet
parameters: 1200000
authors:
  - name: A. Person
training_data:
  samples: 16384
  description: The beginning of the train split, nothing else.
  uses_other_data: false
licence:
  code: Apache-2.0
  weights: CC-BY-4.0
date: 2026-11-20
code: https://example.org/my-network
"""


def filled(text: str, task: str, version: str) -> str:
    """Return one of these texts for a task and the version of its dataset."""
    return text.replace("<task>", task).replace("<version>", version)
