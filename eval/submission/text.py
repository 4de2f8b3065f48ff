"""Texts of a submission: what characters they may hold, and what an address, a name, a path is.

They are shown on a page and in terminals. Markup in them is harmless as long as it is escaped;
characters that turn, hide or forge what stands around them are refused here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
#: Component of a path inside a submission: nothing hidden, no drive, no backslash, no "..".
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PARTS = 3
_WORD = r"[A-Za-z0-9][A-Za-z0-9.+-]*"
_LICENCE = re.compile(rf"\(?{_WORD}\)?(?: (?:AND|OR|WITH) \(?{_WORD}\)?)*")
#: Letters and signs that show nothing, or change how others look, whatever their category says.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")
#: Alphabets with letters that look like those of another.
_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")
#: Invisible: controls, formats (bidirectional ones among them), surrogates, private, unassigned.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_MARKS = 4
_URL = re.compile(
    r"https://[A-Za-z0-9.-]+(?::\d{1,5})?(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%]*)?"
)


def plain(text: str) -> str:
    """Return a text as one line.

    Raises
    ------
    ValueError
        If it holds a character that cannot be seen, or towers of accents.
    """
    line = text.strip(" \n").replace("\n", " ")
    if hidden := next((c for c in line if _is_hidden(c)), None):
        raise ValueError(
            f"holds the invisible character U+{ord(hidden):04X}; write printable text only, "
            "without control, direction or zero-width characters"
        )
    marks = 0
    for character in line:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MARKS:
            raise ValueError(f"has more than {_MARKS} accents on one letter; write plain text")
    return line


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN or bool(_BLANK.match(character))


def name(text: str) -> str:
    """Return the name of a person or an institution, in letters that are what they look like.

    Raises
    ------
    ValueError
        If a word mixes alphabets that look alike, holds letters of mathematics or of another
        width, or there is no letter at all.
    """
    if unicodedata.normalize("NFKC", text) != unicodedata.normalize("NFC", text):
        raise ValueError("holds letters of mathematics or of another width; write plain letters")
    for word in re.findall(r"\w+", text):
        kinds = {unicodedata.name(c, "").partition(" ")[0] for c in word}
        if len(kinds & set(_ALIKE)) > 1:
            raise ValueError(
                f"mixes alphabets that look alike in one word, {word!r}; write it in one alphabet"
            )
    if not any(c.isalpha() for c in text):
        raise ValueError("holds no letter; write a name")
    return text


def _filled(text: str) -> str:
    if not text:
        raise ValueError("is empty; write something, or leave the key out")
    return text


def path(text: str) -> str:
    """Return a path that stays inside its folder.

    Raises
    ------
    ValueError
        If it is absolute, climbs, is hidden, or has characters that some system reads otherwise.
    """
    parts = text.split("/")
    if len(parts) > _PARTS or not all(_PART.fullmatch(part) for part in parts):
        raise ValueError(
            "is not a path inside the submission; write a relative one of letters, digits, "
            f"'.', '_' and '-', at most {_PARTS} parts with '/' between them, as model or "
            "data/predictions.parquet"
        )
    return text


def _file(text: str) -> str:
    if not text.endswith(".parquet"):
        raise ValueError("must be a .parquet file; `mesoinv predict` writes one")
    return text


def url(text: str) -> str:
    """Return an https address of plain characters, with nobody's name or password in it."""
    if not _URL.fullmatch(text) or not urlsplit(text).hostname or "@" in urlsplit(text).netloc:
        raise ValueError("is not an https address; write https://… without spaces and quotes")
    return text


def orcid(text: str) -> str:
    """Return an ORCID iD whose last character, a checksum (ISO 7064, 11-2), is right."""
    digits = text.replace("-", "")
    if re.fullmatch(r"(\d{4}-){3}\d{3}[\dX]", text, re.ASCII):
        total = 0
        for digit in digits[:-1]:
            total = (total + int(digit)) * 2
        if "0123456789X"[(12 - total % 11) % 11] == digits[-1]:
            return text
    raise ValueError("is not an ORCID iD; write 0000-0002-1825-0097 with the digits of your own")


def licence(text: str) -> str:
    """Return something that looks like an SPDX licence expression."""
    if not _LICENCE.fullmatch(text):
        raise ValueError("is not an SPDX licence; write one as Apache-2.0, MIT or CC-BY-4.0")
    return text


def _matching(pattern: str, wanted: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"is not {wanted}")
        return text

    return AfterValidator(check)


_OWNER = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
Name = Annotated[
    str,
    Field(max_length=64),
    _matching(
        NAME, "a name; write letters, digits, '.', '_' or '-', at most 64, a letter or digit first"
    ),
]
Short = Annotated[
    str,
    Field(max_length=120),
    AfterValidator(plain),
    AfterValidator(_filled),
    AfterValidator(name),
]
Long = Annotated[str, Field(max_length=1000), AfterValidator(plain)]
FilePath = Annotated[str, Field(max_length=200), AfterValidator(path), AfterValidator(_file)]
FolderPath = Annotated[str, Field(max_length=200), AfterValidator(path)]
Url = Annotated[str, Field(max_length=300), AfterValidator(url)]
Orcid = Annotated[str, Field(max_length=19), AfterValidator(orcid)]
Licence = Annotated[str, Field(max_length=64), AfterValidator(licence)]
HubId = Annotated[
    str,
    Field(max_length=192),
    _matching(rf"{_OWNER}/{_OWNER}", "a model of the Hub; write owner/name"),
]
Commit = Annotated[
    str,
    Field(max_length=40),
    _matching(r"[0-9a-f]{40}", "a commit; write its 40 hexadecimal digits in quotes, not a branch"),
]
