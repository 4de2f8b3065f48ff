"""The leaderboard's site without a browser: what is in it, what is not, and that it is safe."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
import yaml
from board_samples import HOSTILE, hostile_board, make_board

from mesoinv.eval.board.records import Board, Cell
from mesoinv.eval.board.site import HOW_TO_SUBMIT, board_json, write_site
from mesoinv.eval.board.site import write as writing
from mesoinv.eval.board.site.assets import classic_script
from mesoinv.eval.board.site.figures import three_digits, with_interval
from mesoinv.eval.board.site.howto import filled
from mesoinv.eval.board.site.text import clean, https_link, line
from mesoinv.eval.submission.schema import Submission
from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.generators.common.records import from_dict

if TYPE_CHECKING:
    from pathlib import Path


class Page(HTMLParser):
    """Collects what a page refers to, its tags and attributes, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def values(self, attribute: str, *, links: bool) -> list[str]:
        return [a[attribute] for tag, a in self.tags if attribute in a and (tag == "a") == links]


@pytest.fixture(scope="module")
def board() -> Board:
    return make_board(tasks=2)


@pytest.fixture(scope="module")
def site(board: Board, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(board, tmp_path_factory.mktemp("made") / "site").parent


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(hostile_board(), tmp_path_factory.mktemp("hostile") / "site").parent


def test_front_page_has_a_card_for_each_task(board: Board, site: Path) -> None:
    page = Page(site / "index.html")
    for task in board.tasks:
        assert f"{task.id}.html" in page.values("href", links=True)
        assert (site / f"{task.id}.html").is_file()
        assert next(row.name for row in task.rows if row.rank == 1) in page.text
    assert "12 submissions, 6 baselines, 4 000 samples" in page.text


def test_task_page_says_everything(board: Board, site: Path) -> None:
    task, page = board.tasks[0], Page(site / "pldos-task-0.html")
    for row in task.rows:
        assert row.name in page.text
        assert with_interval(row.scores[task.headline])[0] in page.text
    said = [task.title, "A second paragraph.", task.why, task.config, task.dataset_version]
    said += ["pearson r median ↑", "potential error std [t] ↓", "bias [meV] → 0", "pldos [1/t]"]
    said += ["pearson r median, weaker", "mesoinv submit DIR --dry-run", "task: pldos-task-0"]
    said += [
        "1 000 bootstrap resamples",
        "too-short : predictions.parquet has 3999 rows",
        task.paper,
    ]
    said += ["journal = {Phys. Rev. B}", "mesoinv leaderboard --out site", "by mesoinv 0.1.0"]
    assert not [part for part in said if " ".join(part.split()) not in page.text]


def test_rows_are_in_the_order_of_the_board_and_papers_unranked(board: Board, site: Path) -> None:
    source = (site / "pldos-task-0.html").read_text(encoding="utf-8")
    kinds = re.findall(r'<tr class="\w+" data-kind="(\w+)">', source)
    assert kinds == [row.kind for row in board.tasks[0].rows]
    paper = source[source.index('data-kind="paper"') :].split("</tr>")[0]
    assert 'title="Not ranked: measured on other samples">–</td>' in paper
    assert 'data-order="0.9" data-search="&gt; 0.90" title="Fig. 8 (a)">&gt; 0.90</td>' in paper


def test_board_json_is_the_board(board: Board, site: Path) -> None:
    data = json.loads((site / "board.json").read_text(encoding="utf-8"))
    assert from_dict(Board, data) == board
    one = json.loads(board_json(board, "pldos-task-1"))
    assert [task["id"] for task in one["tasks"]] == ["pldos-task-1"]


def test_example_is_a_valid_submission() -> None:
    example = yaml.safe_load(filled(HOW_TO_SUBMIT, "pldos-landscape", "1.0.0"))
    assert Submission.model_validate(example).task == "pldos-landscape"


def test_space_has_a_head(site: Path) -> None:
    head = (site / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    data = yaml.safe_load(head)
    assert (data["sdk"], data["license"]) == ("static", "cc-by-4.0")
    assert data["datasets"] == ["mesoinv/pldos"]


@pytest.mark.parametrize("which", ["site", "hostile"])
def test_nothing_is_loaded_from_elsewhere(which: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(which)
    for path in folder.glob("*.html"):
        page = Page(path)
        loaded = page.values("src", links=False) + page.values("href", links=False)
        assert {x for x in loaded if x != "data:,"} <= {
            f"assets/{p.name}" for p in (folder / "assets").iterdir()
        }
        followed = [x for x in page.values("href", links=True) if ":" in x]
        assert not [x for x in followed if not x.lower().startswith("https://example.org/")]
    for path in (folder / "assets").glob("*.css"):
        assert not re.search(r"@import|url\((?!data:)", path.read_text(encoding="utf-8"))
    for path in (folder / "assets").glob("*.js"):
        assert "sourceMappingURL=http" not in path.read_text(encoding="utf-8")


def test_assets_carry_their_licences(site: Path) -> None:
    for package in ("itables", "plotly"):
        assert "MIT" in (site / "assets" / f"{package}-LICENSE.txt").read_text(encoding="utf-8")


def test_hostile_text_stays_text(hostile: Path) -> None:
    scripts = {"assets/datatables.js", "assets/site.js", "assets/charts.js"}
    for path in hostile.glob("*.html"):
        page = Page(path)
        assert {a.get("src", a.get("type")) for t, a in page.tags if t == "script"} <= {
            *scripts, "application/json",
        }  # fmt: skip
        assert not {t for t, _ in page.tags} & {"img", "iframe", "object", "b", "i", "base", "form"}
        assert not [name for _, a in page.tags for name in a if name.startswith("on")]
    page = Page(hostile / "pldos-task-0.html")
    for text in HOSTILE:
        assert line(text, 60).rstrip("…") in page.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", page.text)


def test_hostile_data_is_one_script_element(hostile: Path) -> None:
    source = (hostile / "pldos-task-0.html").read_text(encoding="utf-8")
    found = re.findall(r'<script type="application/json" id="chart-data">(.*?)</script>', source)
    (data,) = found
    assert "<" not in data
    assert json.loads(data)["rows"][0]["name"] == line(HOSTILE[0], 40)


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "http://example.org", "data:text/html,x", "//example.org", "https://",
     " https://example.org", "https://a@example.org", "https://example.org\\x", "https://[x",
     "https://example.org/\nx", "https://exa\u202emple.org", "", "https:example.org"],
)  # fmt: skip
def test_only_plain_https_is_a_link(address: str) -> None:
    assert https_link(address) is None


def test_https_is_a_link() -> None:
    assert https_link("https://example.org/a?b=c#d") == "https://example.org/a?b=c#d"


def test_text_is_cleaned() -> None:
    assert clean("a\u202eb\x1b[0m\nc\ud800") == "ab [0m\nc?"
    assert line("two\n lines  " + 200 * "x", 12) == "two lines x…"


@pytest.mark.parametrize(
    ("cell", "text", "interval"),
    [
        (Cell(0.996682, 0.996651, 0.996702), "0.99668", "[0.99665, 0.99670]"),
        (Cell(12.345, 11.2, 13.4), "12.3", "[11.2, 13.4]"),
        (Cell(12345.6, 11345, 13345), "12346", "[11345, 13345]"),
        (Cell(-0.25, -0.5, 0.1), "−0.2", "[−0.5, 0.1]"),
        (Cell(3.21e-7, 3.1e-7, 3.3e-7), "3.21·10⁻⁷", "[3.10·10⁻⁷, 3.30·10⁻⁷]"),
        (Cell(0.5, 0.5, 0.5), "0.50", "[0.50, 0.50]"),
        (Cell(0, 0, 0), "0", "[0, 0]"),
        (Cell(18.0), "18", ""),
        (Cell(0.99, text="> 0.99"), "> 0.99", ""),
    ],
)
def test_digits_follow_the_interval(cell: Cell, text: str, interval: str) -> None:
    assert with_interval(cell) == (text, interval)


def test_rates_have_three_digits() -> None:
    assert [three_digits(x) for x in (0.01234, 12.345, 123456)] == ["0.0123", "12.3", "123 000"]


def test_earlier_site_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "site"
    write_site(make_board(tasks=2, submissions=1), out)
    write_site(make_board(tasks=1, submissions=1), out)
    assert sorted(p.name for p in out.glob("*.html")) == ["index.html", "pldos-task-0.html"]
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_crash_leaves_the_earlier_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "site"
    write_site(make_board(submissions=1), out)
    before = contents(out)
    monkeypatch.setattr(writing, "write_assets", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_site(make_board(tasks=3), out)
    assert contents(out) == before
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize("damage", ["id", "index", "twice", "row", "headline", "nan", "quantiles"])
def test_bad_board_leaves_the_earlier_site(damage: str, tmp_path: Path) -> None:
    out = tmp_path / "site"
    write_site(make_board(submissions=1), out)
    before, bad = contents(out), make_board(tasks=2, submissions=2)
    task = bad.tasks[0]
    if damage in {"id", "index", "twice"}:
        task.id = {"id": "../escape", "index": "index", "twice": bad.tasks[1].id}[damage]
    elif damage == "row":
        task.rows[0].id = task.rows[1].id
    elif damage == "headline":
        task.headline = "beauty"
    elif damage == "nan":
        task.rows[0].scores["bias"].value = float("nan")
    else:
        task.rows[0].quantiles.append(1.0)
    with pytest.raises(UsageError):
        write_site(bad, out)
    assert contents(out) == before


@pytest.mark.parametrize("name", ["notes.txt", ".git", "index.html", "board.json"])
def test_other_folders_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(name)):
        write_site(make_board(), tmp_path)
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


def test_site_with_a_file_of_somebody_is_refused(tmp_path: Path) -> None:
    write_site(make_board(submissions=1), tmp_path)  # an empty folder is welcome
    (tmp_path / "mine.html").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.html"):
        write_site(make_board(submissions=1), tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        write_site(make_board(submissions=1), tmp_path / "mine.html")


def test_empty_boards_have_a_site(tmp_path: Path) -> None:
    board = make_board()
    board.tasks[0].rows.clear()
    write_site(board, tmp_path / "site")
    assert "No scored row yet." in Page(tmp_path / "site" / "index.html").text
    board.tasks.clear()
    write_site(board, tmp_path / "site")
    assert "There is no task yet." in Page(tmp_path / "site" / "index.html").text


def test_module_becomes_a_script() -> None:
    script = classic_script("var a=1,$b=2;export{a as default,$b,a as x};\n")
    assert "window.mesoinvTables = { default: a, $b: $b, x: a };" in script
    with pytest.raises(MesoinvError, match="another form"):
        classic_script("var a = 1;")


def test_libraries_are_read_and_not_imported() -> None:
    program = (
        "import sys, tempfile, pathlib\n"
        "sys.path.insert(0, 'tests/eval')\n"
        "import mesoinv.eval.board.site\n"
        "assert 'jinja2' not in sys.modules\n"
        "from board_samples import make_board\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    mesoinv.eval.board.site.write_site(make_board(), pathlib.Path(folder) / 'site')\n"
        "assert not {'itables', 'plotly', 'IPython', 'pandas'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
