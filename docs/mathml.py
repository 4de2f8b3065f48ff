"""Formulas as MathML, which browsers draw themselves: no page needs a script or the network."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from latex2mathml.converter import convert


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    formula = convert(node.astext(), display="block")
    # as wide as it needs, to be scrolled where the page is narrower
    translator.body.append(
        '<div class="math" style="overflow-x: auto; margin-bottom: 1.15rem">'
        f'<div style="width: max-content; min-width: 100%">{formula}</div></div>'
    )
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx of the renderer; ``html_math_renderer`` chooses it."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
