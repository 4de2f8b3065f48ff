"""submission.yaml: what it may say, and that every way of saying something else is refused."""

import re
import time

import pytest
import yaml
from submission_helpers import TASK, toy_task, with_predictions, write_yaml

from mesoinv.eval.submission import SubmissionError, check_submission, read_submission, template
from mesoinv.eval.submission.reading import MAX_BYTES
from mesoinv.eval.tasks import get_task, list_tasks
from mesoinv.generators.common.errors import UsageError


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    return {TASK: toy_task(tmp_path_factory.mktemp("tasks"))}


@pytest.fixture
def folder(tmp_path):
    return with_predictions(tmp_path / "mine")


def said(folder, tasks):
    return "\n".join(map(str, check_submission(folder, tasks=tasks, contents=False)))


def with_text(folder, text):
    (folder / "submission.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_a_sound_one(folder, tasks):
    found = read_submission(folder, tasks=tasks, contents=False)
    assert found.name == "my-net.v1"
    assert found.authors[1].name == "李 明"
    assert found.date.isoformat() == "2026-11-20"
    assert found.notes == ""


def test_it_does_not_change(folder, tasks):
    found = read_submission(folder, tasks=tasks, contents=False)
    with pytest.raises(ValueError, match="frozen"):
        found.name = "other"


def test_everything_is_said_at_once(folder, tasks):
    wrong = {"name": "-x", "date": "yesterday", "extra": 1, "hub_model": "a/b"}
    write_yaml(folder, **wrong, licence={"code": "MIT; rm"})
    (folder / "weights.pkl").write_bytes(b"")
    with pytest.raises(SubmissionError) as caught:
        read_submission(folder, tasks=tasks, contents=False)
    message = str(caught.value)
    for part in ("name: ", "date: ", "extra: ", "exactly one", "revision: ", "licence.code: ",
                 "licence.weights: is missing", "weights.pkl"):  # fmt: skip
        assert part in message, part
    assert caught.value.exit_code == 2
    assert len(caught.value.problems) == 8


def test_many_problems_are_counted(folder, tasks):
    write_yaml(folder, **{f"key{i}": i for i in range(50)})
    assert "has 30 more things wrong" in said(folder, tasks)


#: A whole number of more digits than Python prints, in every way that YAML knows.
ENDLESS = {
    "decimal": "9" * 5000,
    "hexadecimal": "0x" + "f" * 5000,
    "octal": "0" + "7" * 6000,
    "binary": "0b" + "1" * 20_000,
    "base 60": "1" + ":59" * 3000,
}


@pytest.mark.parametrize("number", ENDLESS)
@pytest.mark.parametrize(
    "text",
    [
        "{n}",
        "parameters: {n}",
        "name: {n}",
        "date: {n}",
        "task: {n}",
        "notes: [{n}]",
        "authors: [{{name: {n}}}]",
        "training_data: {{samples: {n}}}",
        "{n}: 1",
        "licence: {{{n}: 1}}",
    ],
)
def test_numbers_of_thousands_of_digits(folder, tasks, text, number):
    assert said(with_text(folder, text.format(n=ENDLESS[number])), tasks)


def test_a_number_of_thousands_of_digits_is_named(folder, tasks):
    text = said(with_text(folder, f"parameters: 0x{'f' * 5000}"), tasks)
    assert "parameters: 'a number of 6021 digits' is not allowed." in text
    text = said(with_text(folder, f"notes: [0x{'f' * 5000}]"), tasks)
    assert "'large numbers'" in text


def test_unknown_keys_have_neighbours(folder, tasks):
    write_yaml(folder, autors=[])
    assert "autors: is not a known key. Did you mean authors" in said(folder, tasks)
    write_yaml(folder, authors=[{"name": "A", "orcidd": "x"}])
    assert "authors.0.orcidd: is not a known key. Did you mean orcid?" in said(folder, tasks)


@pytest.mark.parametrize(
    "name",
    ["", ".hidden", "a/b", "../up", "a b", "a" * 65, "<b>x</b>", "näme", "x\u202etxt", "a\n", "-x"],
)
def test_names(folder, tasks, name):
    write_yaml(folder, name=name)
    assert said(folder, tasks).startswith("name: ")


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\x1b[31m", "\x07", "\ufeff"])
@pytest.mark.parametrize("key", ["notes", "hardware"])
def test_hidden_characters(folder, tasks, key, hidden):
    write_yaml(folder, **{key: f"good{hidden}dab"})
    message = said(folder, tasks)
    assert f"{key}: " in message
    assert "U+" in message
    assert hidden not in message


def test_markup_in_notes_stays_text(folder, tasks):
    text = "<script>alert(1)</script> & r < 0.9 [x](javascript:y)"
    write_yaml(folder, notes=f"{text}\n")
    assert read_submission(folder, tasks=tasks, contents=False).notes == text


def test_towers_of_accents(folder, tasks):
    write_yaml(folder, notes="a" + "\u0301" * 50)
    assert "accents" in said(folder, tasks)


@pytest.mark.parametrize(
    "path",
    ["../p.parquet", "/etc/p.parquet", "a/../../p.parquet", "C:p.parquet", "a\\p.parquet",
     ".p.parquet", "a//p.parquet", "a/b/c/d.parquet", "p.pkl", "~/p.parquet", "p\0.parquet"],
)  # fmt: skip
def test_paths_stay_inside(folder, tasks, path):
    write_yaml(folder, predictions=path)
    assert said(folder, tasks).startswith("predictions: ")


@pytest.mark.parametrize(
    "url",
    ["http://x.org", "javascript:alert(1)", "https://", "https://a b", "https://x/\"onclick='1",
     "https://user:pw@x.org/", "https://x.org\\@evil", "file:///etc/passwd"],
)  # fmt: skip
def test_addresses(folder, tasks, url):
    write_yaml(folder, paper=url)
    assert said(folder, tasks).startswith("paper: ")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"task": "toy-strenght"}, "Did you mean toy-strength?"),
        ({"task": "/tmp/mine.yaml"}, "is no task"),
        ({"dataset_version": "2.0.0"}, "scored on 1.0.0"),
        ({"authors": []}, "authors: "),
        ({"authors": [{"name": "A"}] * 51}, "authors: "),
        ({"authors": [{"name": "A", "orcid": "0000-0002-1825-0098"}]}, "not an ORCID"),
        ({"licence": {"code": "MIT", "weights": "<b>"}}, "licence.weights: "),
        ({"date": 20261120}, "YYYY-MM-DD"),
        ({"parameters": -1}, "parameters: "),
        ({"parameters": True}, "parameters: "),
        ({"notes": "x" * 1001}, "too long"),
        ({"hardware": "x" * 301}, "too long"),
        ({"name": 7}, "in quotes"),
        ({"predictions": None}, "nothing to score"),
        ({"model": "model"}, "exactly one"),
        ({"predictions": None, "hub_model": "a/b"}, "revision: "),
        ({"predictions": None, "hub_model": "a/b", "revision": "main"}, "revision: "),
        ({"predictions": None, "hub_model": "a/b/c", "revision": "0" * 40}, "hub_model: "),
        ({"predictions": None, "model": "m", "parameters": 3}, "parameters: is only for"),
        ({"training_data": {"samples": -1, "description": "x", "uses_other_data": 0}}, "samples"),
        ({"training_data": {"samples": 1, "description": "x", "uses_other_data": "no"}}, "uses_"),
    ],
)
def test_values(folder, tasks, change, part):
    write_yaml(folder, **change)
    assert part in said(folder, tasks)


def test_where_answers_can_be_computed_authors_say_what_they_did(folder, tmp_path):
    tasks = {TASK: toy_task(tmp_path / "tasks", computed_by="Divide by two.")}
    text = said(folder, tasks)
    assert "learnt: is missing. The answers of toy-strength can be computed: Divide by two." in text
    assert "learnt:\n" in template(tasks[TASK])
    for learnt in (True, False):
        write_yaml(folder, learnt=learnt)
        assert said(folder, tasks) == ""
    write_yaml(folder, learnt="yes")
    assert "learnt" in said(folder, tasks)
    write_yaml(folder, learnt=True, predictions=None, model="model")
    assert "learnt: is only for predictions." in said(folder, tasks)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Аda Lovelace", "mixes alphabets that look alike"),  # the first letter is Cyrillic
        ("Ad\u03b1 Lovelace", "mixes alphabets that look alike"),
        ("Ada\u3164", "invisible"), ("Ada\u2800", "invisible"), ("A\ufe0fda", "invisible"),
        ("\U0001d400da", "letters of mathematics"), ("\uff21da", "of another width"),
        ("- .", "holds no letter"),
    ],
)  # fmt: skip
def test_names_that_look_like_others(folder, tasks, name, part):
    write_yaml(folder, authors=[{"name": name}])
    assert part in said(folder, tasks)


@pytest.mark.parametrize(
    "name", ["Ада Лавлейс", "李 明", "Ada Löwe-O'Neil", "Ada Lo\u0308we", "Άδα", "Ada 2nd"]
)
def test_names_of_people(folder, tasks, name):
    write_yaml(folder, authors=[{"name": name}])
    assert ("alike" in said(folder, tasks), "no letter" in said(folder, tasks)) == (False, False)


@pytest.mark.parametrize("date", ["9999-12-31", "1999-01-01", "2101-02-03"])
def test_days_that_are_none_of_a_submission(folder, tasks, date):
    write_yaml(folder, date=date)
    assert "lies in the future or long ago" in said(folder, tasks)


def test_the_name_of_a_baseline(tmp_path, tasks):
    folder = with_predictions(tmp_path / "x", name="pldos-donors-cnn.16k")
    assert "is that of a baseline" in said(folder, tasks)


def test_a_closed_task_names_its_successor(folder, tmp_path):
    tasks = {TASK: toy_task(tmp_path / "tasks", superseded_by="toy-2")}
    assert "Submit to toy-2" in said(folder, tasks)


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (BOMB, "alias or anchor"),
        ("name: a\nname: b\n", "'name' twice"),
        ("authors:\n- {name: a, name: b}\n", "twice"),
        ("x: !!python/object/apply:os.system [ls]\n", "uses a tag"),
        ("x: !!set {a, b}\n", "uses a tag"),
        ("<<: {name: a}\n", "no plain key"),
        ("? [a, b]\n: c\n", "no plain key"),
        ("a: " + "[" * 30_000, "too deep"),
        ("a: " + "[" * 7 + "]" * 7, "too deep"),
        ("x: [" + "a, " * 20_000 + "]", "too many parts"),
        ("a: b: c\n", "is not YAML"),
        ("a: 'open\n", "is not YAML"),
        ("date: 2026-13-45\n", "Correct that value"),
        ("parameters: " + "9" * 5000, "Correct that value"),
        ("a: 1\n---\nb: 2\n", "is not YAML"),
        ("", "keys and values"),
        ("- a\n", "keys and values"),
        ("7: 8\n", "7: "),
        (b"name: \xff\xfe\n", "is not UTF-8"),
        (b"name: a\0b\n", "is not YAML"),
    ],
    ids=range(20),
)
def test_yaml_that_is_more_than_data(folder, tasks, text, part):
    start = time.process_time()
    assert part in said(with_text(folder, text), tasks)
    assert time.process_time() - start < 2


def test_yaml_is_small(folder, tasks):
    message = said(with_text(folder, "#" * (MAX_BYTES + 1)), tasks)
    assert f"below {MAX_BYTES}" in message


def test_the_template_is_refused_until_it_is_filled_in(tmp_path):
    for task in list_tasks():
        data = yaml.safe_load(template(task))
        assert data["task"] == task
    folder = with_predictions(tmp_path / "mine")
    tasks = {task: get_task(task) for task in list_tasks()}
    with_text(folder, template("pldos-donors"))
    message = said(folder, tasks)
    assert message.count("is empty. Fill it in") == 8
    filled = re.sub(r"(?m)^( *-? ?)(\w+):( *#.*)?$", fill, template("pldos-donors"))
    assert said(with_text(folder, filled), tasks) == ""
    more = re.sub(r"(?m)^( *)#(parameters|affiliation|orcid|hardware|notes):", r"\1\2:", filled)
    assert len(yaml.safe_load(more)) == len(yaml.safe_load(filled)) + 3
    assert said(with_text(folder, more), tasks) == ""


def fill(line):
    values = {"samples": "1000", "uses_other_data": "false", "code": "MIT", "weights": "MIT",
              "date": "2026-11-20", "name": "mine", "description": "all"}  # fmt: skip
    indent, key, _ = line.groups()
    return f"{indent}{key}: {values[key]}" if key in values else line.group()


def test_no_template_for_no_task():
    with pytest.raises(UsageError, match="Unknown task"):
        template("pldos-nothing")
