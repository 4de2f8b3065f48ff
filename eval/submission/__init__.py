"""Submissions to the leaderboards: a folder of data that is checked, scored and proposed."""

from __future__ import annotations

from mesoinv.eval.submission.check import (
    check_submission,
    known_tasks,
    read_submission,
    score_submission,
)
from mesoinv.eval.submission.files import find_submissions
from mesoinv.eval.submission.problems import Problem, SubmissionError
from mesoinv.eval.submission.schema import Submission
from mesoinv.eval.submission.template import template, write_template

__all__ = [
    "Problem",
    "Submission",
    "SubmissionError",
    "check_submission",
    "find_submissions",
    "known_tasks",
    "read_submission",
    "score_submission",
    "template",
    "write_template",
]
