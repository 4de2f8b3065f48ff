"""Proof that stored evaluations belong to their tasks and weights, by the digests of format 1.

``python tests/freeze/migration.py`` computes every digest again from the task's declaration and
the model's tensors, compares it with the stored one, and writes what it saw, with the SHA-256 of
each weights file, to ``golden/migration.json``. Format 2 is then written from that record.
"""

from __future__ import annotations

import hashlib
import json

from frozen import GOLDEN

from mesoinv.eval.entries import EVALUATIONS
from mesoinv.eval.harness import RESULT, read_result
from mesoinv.eval.predictors import model_digest
from mesoinv.eval.tasks import get_task
from mesoinv.zoo.config import WEIGHTS
from mesoinv.zoo.loading import LOCAL_WEIGHTS, load_model


def record() -> dict[str, dict[str, str | None]]:
    """Return what was verified of each stored evaluation; raise where a digest is not the one."""
    verified = {}
    for path in sorted(LOCAL_WEIGHTS.glob(f"*/{EVALUATIONS}/*/{RESULT}")):
        evaluation, model = read_result(path.parent).evaluation, path.parents[2]
        assert evaluation.task_digest == get_task(path.parent.name).digest, path
        weights = model / WEIGHTS
        sha256 = None
        if weights.exists():
            assert evaluation.subject.digest == model_digest(load_model(model)), path
            sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
        verified[path.relative_to(LOCAL_WEIGHTS).as_posix()] = {
            "task_digest": evaluation.task_digest,
            "subject_digest": evaluation.subject.digest,
            "weights_sha256": sha256,
        }
    return verified


if __name__ == "__main__":
    text = json.dumps(record(), indent=1) + "\n"
    (GOLDEN / "migration.json").write_text(text, encoding="utf-8")
