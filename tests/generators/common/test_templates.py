"""Texts that others wrote, in cards: what Markdown and HTML would act on stands for itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from mesoinv.generators.common.templates import inert


@dataclass
class Record:
    machine: str
    libraries: dict[str, str] = field(default_factory=dict)
    count: int = 3


def test_texts_do_nothing() -> None:
    record = Record("<img src=x onerror=y>|\n# [click](http://x) `a`", {"x|y": "<b>"})
    harmless = inert(record)
    assert harmless.machine == "&lt;img src=x onerror=y&gt;&#124; # &#91;click](http://x) 'a'"
    assert harmless.libraries == {"x&#124;y": "&lt;b&gt;"}
    assert harmless.count == 3
    assert record.machine.startswith("<img")


def test_plain_texts_stay() -> None:
    text = "AMD EPYC, 2 cores; CC-BY-4.0 (2e²/h, Å) pldos-landscape-unet.16k"
    assert inert([text, None, 0.5]) == [text, None, 0.5]
