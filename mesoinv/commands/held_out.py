"""The options of ``mesoinv generate --held-out``: which belong together, and what they do."""
# ruff: noqa: PLC0415 - what is heavy is imported when the command runs

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mesoinv.generators.common.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mesoinv.generators.pipeline.base import Dataset
    from mesoinv.generators.pipeline.job import Progress


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

    def print_advice(self, folder: Path) -> None:
        """Say what must happen to the key."""
        import typer

        typer.echo(
            f"Keep {self.key_file} secret and safe: scores need it. When it is revealed: "
            f"mesoinv verify {folder} --key-file {self.key_file}"
        )


_EXAMPLE = (
    "For example: mesoinv generate pldos --held-out --key-file KEY --new-key "
    "--config landscape --samples 1000."
)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names)


def build_from_options(
    options: HeldOutOptions,
    dataset: Dataset,
    configs: Sequence[str] | None,
    *,
    out: Path | None,
    workers: int,
    device: str,
    progress: Progress | None = None,
) -> Path:
    """Build the held-out split that checked options ask for, with the columns its tasks allow.

    Parameters
    ----------
    options : HeldOutOptions
        Checked ones.
    dataset : Dataset
        A declaration.
    configs : sequence of str
        The one configuration.
    out, workers, device, progress
        As for `mesoinv.build`.

    Returns
    -------
    Path
        The output folder.

    Raises
    ------
    UsageError
        As of `build_held_out`, or if the key to be made is there already.
    """
    from mesoinv.eval.tasks import held_out_columns
    from mesoinv.generators.pipeline.held_out.build_held_out import build_held_out, check_held_out
    from mesoinv.generators.pipeline.held_out.secret import new_key

    assert options.key_file is not None
    assert options.samples is not None
    (config,) = set(configs or ())
    dataset.config(config)
    folder = out if out is not None else Path("data") / dataset.name
    columns = held_out_columns(dataset.name, config)
    if options.new_key:
        # what would be refused anyhow leaves no key behind
        check_held_out(
            dataset, config, options.key_file,
            columns=columns, samples=options.samples, out=folder,
        )  # fmt: skip
        _refuse_second_key(folder, config)
        new_key(options.key_file)
    return build_held_out(
        dataset,
        config,
        options.key_file,
        columns=columns,
        samples=options.samples,
        out=folder,
        workers=workers,
        device=device,
        progress=progress,
    )


def _refuse_second_key(folder: Path, config: str) -> None:
    from mesoinv.generators.pipeline.folder import check_folder
    from mesoinv.generators.pipeline.manifest import MANIFEST, read_manifest
    from mesoinv.generators.pipeline.plan import held_out_folder

    check_folder(folder)
    name = held_out_folder(config)
    if (folder / MANIFEST).exists() and name in read_manifest(folder).configs:
        raise UsageError(
            f"{folder} holds {name} already, from a key of its own. Leave --new-key out and name "
            "the file of that key to continue it, or choose another folder with --out."
        )
