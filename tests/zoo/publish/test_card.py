"""The card of a model: what it says, and that it follows from what was measured."""

from dataclasses import replace

import pytest
import torch
import yaml
from committed_models import committed_models
from PIL import Image
from zoo_helpers import map_model, small_evaluation, small_model, store, write_recipe

from mesoinv.generators.common.errors import MesoinvError, UsageError
from mesoinv.zoo.declared.config import CONFIG, WEIGHTS, TrainingRecord, read_config
from mesoinv.zoo.declared.evaluation import RESULT, Score, stored_evaluations
from mesoinv.zoo.declared.listing import describe_models, main_scores, score_text
from mesoinv.zoo.declared.models import LOCAL_WEIGHTS, list_models
from mesoinv.zoo.publish.card import card_text, write_card
from mesoinv.zoo.publish.curves import draw_curves, read_log

LOG = "epoch,step,train_loss,validation_loss\n0,9,,0.5\n0,9,0.7,\n1,19,,0.3\n1,19,0.4,\n"
RECORD = TrainingRecord(
    objective="supervised", samples=16384, paper_samples=72000, epochs=2, seed=3,
    precision="32-true", seconds=125.0, waiting_share=0.012, device="CPU, 2 threads",
    machine="A processor", libraries={"torch": "2"},
)  # fmt: skip
COMMITTED = committed_models()


@pytest.fixture
def folder(tmp_path):
    made = small_model(training=RECORD).save_pretrained(tmp_path / "model")
    store(small_evaluation(made), made)
    (made / "log.csv").write_text(LOG)
    write_recipe(made, "pldos-donors-cnn.small")
    return made


def parts(text):
    _, head, body = text.split("---\n", 2)
    return yaml.safe_load(head), body


def test_front_matter(folder):
    head, _ = parts(write_card(folder, "somebody/my-model").read_text())
    assert (head["license"], head["library_name"]) == ("cc-by-4.0", "mesoinv")
    assert head["datasets"] == ["mesoinv/pldos"]
    assert {"pldos", "arxiv:2106.11623", "conv_regressor"} <= set(head["tags"])
    assert "model-index" not in head  # results are files of their own


def test_scores_name_the_configuration_that_they_are_of(tmp_path):
    """The model was trained on `global`."""
    made = small_model().save_pretrained(tmp_path)
    store(small_evaluation(made), made)
    store(small_evaluation(made, task="pldos-landscape", config="landscape"), made)
    _, body = parts(card_text(made))
    assert "Split `test` of `pldos/global`" in body
    assert "Split `test` of `pldos/landscape`" in body


def test_body(folder):
    _, body = parts(write_card(folder, "somebody/my-model").read_text())
    for text in (
        'mesoinv.load_model("somebody/my-model")',
        '(B, 16, 24) [1/t]\ns, n_d = found["s"], found["n_d"]  # (B) [nm], (B) [1]',
        "16 384; the paper trained on 72 000, this model on 0.23 times as many",
        "2 epochs; seed 3, precision 32-true",
        "2.08 min, 1.2% of it waiting for data",
        "CPU, 2 threads; A processor",
        "Split `test` of `pldos/global`, the first 4 000 samples",
        "| s error std | 2.31 [2.25, 2.37] nm |",
        f"`{small_evaluation(folder).command}`",
        "](curves.png)",
        "description: Tiny",
        "mesoinv train pldos-donors-cnn.small.yaml",
        "fewer samples than the paper's",
        "@article{percebois2021deep",
        "https://huggingface.co/somebody/my-model",
    ):
        assert text in body
    assert "{{" not in body.split("## Cite")[0]


def test_a_card_without_training_scores_or_recipe(tmp_path):
    made = map_model(name="pldos-landscape-mine.x").save_pretrained(tmp_path)
    _, body = parts(card_text(made))
    assert "Not scored yet: `mesoinv evaluate FOLDER --save`" in body
    assert "potential = model.predict(" in body
    assert "curves.png" not in body
    assert "yaml" not in body


def test_only_complete_models_have_cards(folder):
    with pytest.raises(UsageError, match="owner/name"):
        write_card(folder, "name")
    (folder / CONFIG).unlink()
    with pytest.raises(MesoinvError, match=r"holds no config\.json"):
        write_card(folder)
    assert not (folder / "README.md").exists()


def test_weights_may_be_on_the_hub_alone(folder):
    here = write_card(folder).read_text()
    size = (folder / WEIGHTS).stat().st_size
    assert f"{size / 1e3:.3g} kB, safetensors" in here
    (folder / WEIGHTS).unlink()
    there = write_card(folder).read_text()
    changed = [b for a, b in zip(here.splitlines(), there.splitlines(), strict=True) if a != b]
    assert len(changed) == 1
    assert "on the Hub, safetensors" in changed[0]


@pytest.mark.parametrize(
    ("objective", "text"),
    [
        ("closed_form", "closed form, no epochs; seed 3"),
        ("reuse", "none: the weights of another model, with other transforms; seed 3"),
    ],
)
def test_a_training_without_epochs_says_so(tmp_path, objective, text):
    record = replace(RECORD, objective=objective, epochs=0, waiting_share=0.0)
    card = card_text(small_model(training=record).save_pretrained(tmp_path))
    assert text in card
    assert "waiting for data" not in card


def test_curves(folder):
    assert read_log(folder / "log.csv") == {
        "train_loss": {1: 0.7, 2: 0.4},
        "validation_loss": {1: 0.5, 2: 0.3},
    }
    path = draw_curves(folder)
    assert path.stat().st_size < 60e3
    with Image.open(path) as image:
        assert min(image.size) > 200
    before = path.read_bytes()
    assert draw_curves(folder).read_bytes() == before
    (folder / "log.csv").unlink()
    assert draw_curves(folder) is None
    assert not path.exists()


def test_numbers_are_written_with_their_interval():
    assert score_text(Score(2.3141, 2.25, 2.37, "nm")) == "2.31 [2.25, 2.37] nm"
    assert score_text(Score(0.99234, 0.9921, 0.9925, "1")) == "0.99234 [0.9921, 0.9925]"


def test_main_scores_name_their_split(folder):
    (headline,) = main_scores(folder)
    assert (headline.split, headline.name, headline.value) == ("test", "s error std", 2.3141)
    assert (headline.low, headline.high, headline.unit) == (2.25, 2.37, "nm")
    store(small_evaluation(folder, split="validation", samples=50), folder, "validation")
    assert [(h.split, h.samples) for h in main_scores(folder)] == [
        ("test", 4000), ("validation", 50)
    ]  # fmt: skip


def test_scores_are_in_one_place(folder):
    assert not hasattr(read_config(folder), "scores")
    assert stored_evaluations(folder) == [small_evaluation(folder)]
    (folder / "evaluation" / "pldos-donors" / RESULT).unlink()
    assert main_scores(folder) == ()
    assert "Not scored yet" in card_text(folder)


def test_scores_of_earlier_weights_are_not_shown(folder):
    other = small_model(training=RECORD)
    with torch.no_grad():
        next(other.parameters()).add_(1.0)
    other.save_pretrained(folder)
    assert stored_evaluations(folder) == []
    assert main_scores(folder) == ()
    assert "Not scored yet" in card_text(folder)
    small_model(training=RECORD).save_pretrained(folder)
    assert [e.samples for e in stored_evaluations(folder)] == [4000]


def test_scores_of_other_transforms_are_not_shown(folder):
    small_model(training=RECORD, output_transforms=[]).save_pretrained(folder)
    assert stored_evaluations(folder) == []


def test_scores_of_weights_on_the_hub_alone_are_shown(folder):
    (folder / WEIGHTS).unlink()
    assert [e.samples for e in stored_evaluations(folder)] == [4000]


def test_damaged_scores_are_named(folder):
    path = folder / "evaluation" / "pldos-donors" / RESULT
    for text in ('{"task": ', '{"task": "pldos-donors"}', "[]"):
        path.write_text(text)
        with pytest.raises(MesoinvError, match=r"evaluation in .*pldos-donors is damaged"):
            main_scores(folder)


@pytest.mark.parametrize("name", ["skill", "pearson r median", "s error std"])
def test_headlines_are_listed(name, folder):
    values = {"s bias": Score(0, 0, 0, "1"), name: Score(0.5, 0.4, 0.6, "1")}
    store(small_evaluation(folder, headline=name, scores=values), folder)
    assert [h.name for h in main_scores(folder)] == [name]


def test_every_model_is_described():
    entries = describe_models()
    assert [entry.name for entry in entries] == list_models()
    for entry in entries:
        here = (LOCAL_WEIGHTS / entry.name / WEIGHTS).exists()
        assert entry.where == ("here" if here else "Hub")
        assert (entry.num_bytes is not None) == here
        assert entry.samples > 0
        assert entry.paper_samples is None or entry.paper_samples > 0


def test_there_are_committed_models():
    assert len(COMMITTED) >= 5


@pytest.mark.parametrize("folder", COMMITTED, ids=lambda p: p.name)
def test_committed_models_can_have_a_card(folder):
    _, body = parts(card_text(folder))
    assert f'load_model("{folder.name}")' in body
    assert ("on the Hub, safetensors" in body) == (not (folder / WEIGHTS).exists())
    assert "The recipe, complete" in body
