"""Makes boards for the tests of the site: believable ones, and one written by a vandal."""

from __future__ import annotations

import math

import numpy as np

from mesoinv.eval.board.records import Board, Cell, Metric, Rejected, Row, TaskBoard

HEADLINE = "pearson r median"
LAST = "rms error / rms"
ERROR = Metric("relative rms error", "1", "low")
#: everything that a string on a board can try; `fired` is set if any of it runs
HOSTILE = [
    "<script>window.fired = 1</script>",
    "<img src=x onerror=window.fired=2>",
    "</script><script>window.fired = 3</script>",
    "\"' onmouseover=window.fired=4 autofocus onfocus=window.fired=5 x='",
    "<b>bold</b> <a href='javascript:window.fired=6'>link</a><br>&lt;i&gt; %{x} $a^2$",
    "long" * 400,
    "abc\u202egnp.exe\u2066\x1b[31mred\x1b[0m",
    "two\nlines\r\n\tand a tab",
    "[red]markup[/red] [link=https://example.org]x[/link] [/]",
    "{{ 7 * 7 }} ${7*7} <!-- ]]> --> \ud800 \u2028 \0",
    "Ω̈ 模型 نموذج 🧲",
    "&lt;script&gt;window.fired=7&lt;/script&gt;",
]
HOSTILE_LINKS = [
    "javascript:window.fired=8",
    " javascript:window.fired=9",
    "http://example.org/plain",
    "data:text/html,<script>window.fired=10</script>",
    'https://example.org/"onclick="window.fired=11',
    "https://user@example.org/",
    "https://example.org\\@evil.example",
    "//example.org",
    "https://[broken",
    "HTTPS://example.org/fine",
]


def make_board(tasks: int = 1, submissions: int = 12, seed: int = 0) -> Board:
    """Return a board with so many tasks and submissions, beside seven other rows each."""
    random = np.random.default_rng(seed)
    return Board(
        mesoinv="0.1.0",
        built="2026-11-20T22:00:00Z",
        command="mesoinv leaderboard --out site",
        resamples=1000,
        seed=0,
        tasks=[make_task(f"pldos-task-{i}", submissions, random) for i in range(tasks)],
    )


def make_task(name: str, submissions: int, random: np.random.Generator) -> TaskBoard:
    """Return a task whose rows are sorted by the headline, papers where they belong."""
    kinds = ["submission"] * submissions + ["baseline"] * 4 + ["trivial"] * 2 + ["paper"]
    rows = [make_row(f"{kind}-{i}", kind, random) for i, kind in enumerate(kinds)]
    rows.sort(key=lambda row: -row.scores[HEADLINE].value)
    place = 0
    for row in rows:
        if row.kind != "paper":
            place += 1
            row.rank = max(1, place - place % 3)
    return TaskBoard(
        id=name,
        title="Partial local density of states to disorder potential",
        description="Find the potential of a disordered electron gas.\n\nA second paragraph.",
        headline=HEADLINE,
        why="It does not depend on the scale of the potential, which the density hardly shows.",
        computed_by="",
        dataset="pldos",
        dataset_version="1.0.0",
        config="landscape",
        split="test",
        samples=4000,
        inputs={"pldos": "1/t"},
        targets={"potential": "t", "share": "1"},
        metrics=[
            Metric(HEADLINE, "1", "high"),
            Metric("pearson r worst", "1", "high"),
            Metric("potential error std", "t", "low"),
            Metric("bias", "meV", "zero"),
            Metric(LAST, "1", "low"),
        ],
        variants={"noise 5 %": "5 % multiplicative noise", "weaker": "weaker disorder"},
        error=ERROR,
        paper="G. J. Percebois and D. Weinmann, Phys. Rev. B 104, 075422 (2021)",
        citation="@article{percebois2021,\n  journal = {Phys. Rev. B},\n  volume = {104}\n}",
        licence="CC-BY-4.0",
        superseded_by=None,
        rows=rows,
        rejected=[Rejected("too-short", "predictions.parquet has 3999 rows; the task has 4000.")],
    )


def make_row(name: str, kind: str, random: np.random.Generator) -> Row:
    """Return a row; papers have a headline in words and little else."""
    error = float(np.exp(random.normal(-3, 1)))
    if kind == "paper":
        quoted = Cell(0.9, text="> 0.90", where="Fig. 8 (a)")
        return Row(name, name, "paper", None, {HEADLINE: quoted}, training_samples=88000)
    if kind == "trivial":
        error = 0.6 + 0.1 * float(random.random())
    errors = np.sort(error * np.exp(random.normal(0, 0.5, 4000)))
    return Row(
        id=name,
        name=name,
        kind=kind,  # type: ignore[arg-type]
        rank=1,
        scores=_scores(error),
        variants={"noise 5 %": {HEADLINE: _cell(1 - 2 * error**2)}},
        authors=["A. Person", "B. Person"][: 1 + int(random.integers(2))],
        links={"code": "https://example.org/code", "paper": "https://example.org/paper"},
        parameters=0 if kind == "trivial" else int(10 ** random.uniform(3, 8)),
        training_samples=int(random.choice([2048, 16384, 88000])),
        training_data="the train split, nothing else",
        samples_per_second=None if kind == "trivial" else float(10 ** random.uniform(0, 4)),
        machine="2 cores of a laptop",
        licence="CC-BY-4.0" if random.random() < 0.5 else "MIT",
        date=f"2026-{1 + int(random.integers(12)):02}-15" if kind == "submission" else "",
        notes="An ensemble of five." if random.random() < 0.3 else "",
        quantiles=[float(q) for q in np.quantile(errors, np.linspace(0, 1, 101))],
    )


def hostile_board() -> Board:
    """Return a board on which a vandal has written every string that people may write."""
    board = make_board(submissions=len(HOSTILE), seed=3)
    task = board.tasks[0]
    for i, row in enumerate(task.rows):
        text = HOSTILE[i % len(HOSTILE)]
        row.name = row.machine = row.licence = row.notes = row.training_data = row.date = text
        row.authors = HOSTILE
        row.links = dict.fromkeys(("model", "paper", "code"), HOSTILE_LINKS[i % 10])
        for cell in row.scores.values():
            cell.where = text
    task.rejected = [Rejected(text, text) for text in HOSTILE]
    task.title, task.description, task.why = HOSTILE[0], "\n\n".join(HOSTILE), HOSTILE[1]
    task.citation, task.paper, task.licence = "\n".join(HOSTILE), HOSTILE_LINKS[0], HOSTILE[3]
    task.variants = {"noise 5 %": HOSTILE[4]}
    task.metrics[1].name, task.metrics[2].unit, task.error.name = HOSTILE[1], HOSTILE[0], HOSTILE[4]
    return board


def _scores(error: float) -> dict[str, Cell]:
    found = {
        HEADLINE: _cell(1 - error**2),
        "pearson r worst": _cell(1 - 3 * error**2),
        "potential error std": _cell(0.1 * error),
        "bias": _cell(-1e-3 * error),
    }
    return found | ({LAST: _cell(error)} if error > 0.05 else {})


def _cell(value: float) -> Cell:
    half = 0.01 * max(1 - value, 1e-5) if value > 0.5 else 0.02 * abs(value)
    assert math.isfinite(half)
    return Cell(value, value - half, value + half)
