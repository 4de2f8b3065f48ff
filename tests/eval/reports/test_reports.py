"""What all reports share: which there are, what takes long and is kept, the command."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from mesoinv.cli import app
from mesoinv.eval.reports import figures, list_reports, report_of
from mesoinv.eval.reports.options import ReportOptions
from mesoinv.generators import list_datasets
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.extras import extras


@dataclass(frozen=True)
class Numbers:
    value: float


def test_every_report_is_of_a_dataset(tmp_path):
    assert set(list_reports()) <= set(list_datasets())
    for system in list_reports():
        report = report_of(system)(ReportOptions(tmp_path))
        assert report.dataset == system
        assert all(text.endswith(".") for text in report.figures.values())
        assert report.tasks
        asked = {*report.extras, *(extra for more in report.work.values() for extra in more)}
        assert asked <= set(extras())


def test_other_names_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"Unknown report 'lattices'.*percolation"):
        report_of("lattices")
    with pytest.raises(UsageError, match=r"Unknown work for pldos 'speed'.*limits, times"):
        report_of("pldos")(ReportOptions(tmp_path, work={"speed": ""}))


def test_what_takes_long_is_kept(tmp_path):
    def report(**work):
        return report_of("pldos")(ReportOptions(tmp_path, work=work))

    assert report().kept("limits", Numbers, lambda: Numbers(1.0)) is None
    assert report(limits="").kept("limits", Numbers, lambda: Numbers(2.0)) == Numbers(2.0)
    assert report().kept("limits", Numbers, lambda: Numbers(3.0)) == Numbers(2.0)
    (tmp_path / "limits.json").write_text("{", encoding="utf-8")
    with pytest.raises(MesoinvError, match=r"limits.json is damaged; get it again: --work limits"):
        report().kept("limits", Numbers, lambda: Numbers(3.0))


def test_the_command(tmp_path, monkeypatch):
    seen = []

    class Stub:
        extras = ()
        work = {"times": ()}  # noqa: RUF012

        def __init__(self, options):
            seen.append(options)

        def write_figures(self):
            pass

        def write_page(self):
            return tmp_path / "report.md"

    monkeypatch.setattr("mesoinv.eval.reports.report_of", lambda _system: Stub)
    arguments = ["report", "pldos", "--out", str(tmp_path), "--samples", "3", "--work", "times=4"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "report.md" in done.stdout
    (options,) = seen
    assert (options.out, options.samples, options.work) == (tmp_path, 3, {"times": "4"})


def test_figures_for_a_paper_have_letters(tmp_path):
    """Panels alone, once, and the same figure is the same file."""
    figure = figures.new_figure(4, 3)
    left, right = figure.subplots(1, 2)
    figure.colorbar(left.imshow([[0, 1]]), ax=left)
    right.plot([1, 2])
    figures.save_pdf(figure, tmp_path / "a.pdf")
    assert [[t.get_text() for t in axes.texts] for axes in (left, right)] == [["(a)"], ["(b)"]]
    assert not figure.axes[2].texts  # the colour bar
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")

    alone = figures.new_figure(4, 3)
    alone.subplots().plot([1, 2])
    titled = figures.new_figure(4, 3)
    for axes, letter in zip(titled.subplots(1, 2), "ab", strict=True):
        axes.set_title(f"({letter}) as the paper has it")
    for one in (alone, titled):
        figures.letter_panels(one)
        assert not any(axes.texts for axes in one.axes)
    for name in "bc":
        figures.save_pdf(alone, tmp_path / f"{name}.pdf")
    assert (tmp_path / "b.pdf").read_bytes() == (tmp_path / "c.pdf").read_bytes()
