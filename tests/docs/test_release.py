"""The rehearsal of a release: what it finds wrong, and that it finds nothing else."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

RELEASE = Path(__file__).parents[2] / "docs" / "release.py"


@pytest.fixture(scope="module")
def release() -> dict[str, object]:
    return runpy.run_path(str(RELEASE))


def test_datasets_have_changelogs_and_models_are_as_their_cards_say(release) -> None:
    assert list(release["dataset_problems"]()) == []
    # those whose weights are not committed are known to be missing, and nothing else is wrong
    problems = list(release["model_problems"]())
    assert all(text.startswith("The weights of ") for text in problems), problems


def test_stale_cards_and_other_weights_are_found(release, monkeypatch: pytest.MonkeyPatch) -> None:
    names = release["model_problems"].__globals__
    monkeypatch.setitem(names, "list_models", lambda: ["pldos-donors-constant.16k"])
    assert list(release["model_problems"]()) == []
    monkeypatch.setitem(names, "card_text", lambda _folder: "another")
    monkeypatch.setitem(names, "weights_digest", lambda _folder: "0" * 64)
    problems = list(release["model_problems"]())
    assert any("is stale: `mesoinv card" in text for text in problems)
    assert any("are of other weights" in text for text in problems)


def test_versions_changelog_and_tags(release, monkeypatch: pytest.MonkeyPatch) -> None:
    names = release["code_problems"].__globals__
    monkeypatch.setitem(names, "git", lambda *words: "v0.1.0\nv9.9.9" if words == ("tag",) else "")
    monkeypatch.setitem(names, "version", lambda: "9.9.9")
    problems = "\n".join(release["code_problems"]())
    assert "CHANGELOG.md has no section [9.9.9]" in problems
    assert "CITATION.cff does not name version 9.9.9" in problems
    assert "The tag v9.9.9 exists" in problems
    assert "not committed" not in problems


def test_the_commands_that_are_left(release) -> None:
    text = "\n".join(release["commands"]())
    assert "twine upload dist/*" in text
    assert "mesoinv push data/pldos --repo mesoinv/pldos --tag v1.0.0" in text
