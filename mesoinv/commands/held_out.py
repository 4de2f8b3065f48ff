"""The options of ``mesoinv generate --held-out``, and which of them belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class HeldOutOptions:
    """What was typed.

    Attributes
    ----------
    held_out : bool
        Whether a held-out split is asked for.
    key_file : Path or None
        File of the key.
    new_key : bool
        Whether to make it first.
    samples : int or None
        How many samples.
    """

    held_out: bool
    key_file: Path | None
    new_key: bool
    samples: int | None

    def check(self, others: Mapping[str, object], configs: Sequence[str] | None) -> None:
        """Refuse options that do not belong together.

        Parameters
        ----------
        others : mapping of str to str or None
            Options that a held-out split does not have, and their values.
        configs : sequence of str or None
            The configurations asked for.

        Raises
        ------
        UsageError
            The message says which option to add or to leave out.
        """
        given = {
            "--key-file": self.key_file is not None,
            "--new-key": self.new_key,
            "--samples": self.samples is not None,
        }
        if not self.held_out:
            if alone := [name for name, there in given.items() if there]:
                raise UsageError(
                    f"{_listed(alone)} only with --held-out. Add it, or choose how many samples "
                    "of the public splits with --size."
                )
            return
        if missing := [name for name in ("--key-file", "--samples") if not given[name]]:
            raise UsageError(f"--held-out needs {_listed(missing)} too. {_EXAMPLE}")
        if wrong := [name for name, value in others.items() if value is not None]:
            why = "the key stays on this machine" if "--scheduler" in wrong else "--samples counts"
            raise UsageError(f"{_listed(wrong)} cannot go with --held-out ({why}). {_EXAMPLE}")
        if len(set(configs or ())) != 1:
            raise UsageError(
                f"--held-out takes exactly one --config, not {len(set(configs or ()))}: each "
                f"configuration is a build of its own. {_EXAMPLE}"
            )


_EXAMPLE = (
    "For example: mesoinv generate pldos --held-out --key-file KEY --new-key "
    "--config landscape --samples 1000."
)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names)
