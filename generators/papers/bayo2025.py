"""Bayo, Çivitcioğlu, Webb, Honecker and Römer (2025): phases and structures by machine learning."""

from __future__ import annotations

from mesoinv.generators.pipeline.base import Paper

_BIBTEX = """@article{bayo2025machine,
  author  = {Bayo, Djenabou and {\\c{C}}ivitcio{\\u{g}}lu, Burak and Webb, Joseph J. and
             Honecker, Andreas and R{\\"o}mer, Rudolf A.},
  title   = {Machine Learning of Phases and Structures for Model Systems in Physics},
  journal = {J. Phys. Soc. Jpn.},
  volume  = {94},
  pages   = {031002},
  year    = {2025},
  doi     = {10.7566/JPSJ.94.031002},
}"""

PAPER = Paper(
    authors="D. Bayo, B. Çivitcioğlu, J. J. Webb, A. Honecker and R. A. Römer",
    title="Machine Learning of Phases and Structures for Model Systems in Physics",
    reference="J. Phys. Soc. Jpn. 94, 031002",
    year=2025,
    arxiv="",
    doi="10.7566/JPSJ.94.031002",
    bibtex=_BIBTEX,
)
