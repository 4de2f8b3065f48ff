"""Finds the packages, so that a new one needs no entry; all else is in pyproject.toml."""

import tomllib
from pathlib import Path

from setuptools import find_packages, setup


def all_packages() -> list[str]:
    """Return the packages in ``mesoinv/`` and in the folders that pyproject.toml maps."""
    text = Path(__file__).with_name("pyproject.toml").read_text(encoding="utf-8")
    mapped = tomllib.loads(text)["tool"]["setuptools"]["package-dir"]
    homes = {"mesoinv": "mesoinv", **mapped}
    return [
        name
        for package, folder in homes.items()
        for name in (package, *(f"{package}.{inner}" for inner in find_packages(folder)))
    ]


setup(packages=all_packages())
