"""Metadata of a build in the Croissant format, ``croissant.json``: files, columns, shapes, limits.

The Hub writes one of its own for every dataset, which leaves columns of two dimensions out. This
one describes all, with the responsible-AI fields that conferences ask for. Format:
https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mesoinv.generators.common import links
from mesoinv.generators.pipeline.front_matter import stored_splits

if TYPE_CHECKING:
    from mesoinv.dataset_cards.facts import Build
    from mesoinv.generators.pipeline.base import Column
    from mesoinv.generators.pipeline.manifest import ConfigRecord

CROISSANT = "croissant.json"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_NAMESPACE = "http://mlcommons.org/croissant"

#: Terms of the format; whoever reads the file resolves the keys below by them.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": f"{_NAMESPACE}/",
    "rai": f"{_NAMESPACE}/RAI/",
    "dct": "http://purl.org/dc/terms/",
    **{key: f"cr:{key}" for key in (
        "arrayShape", "citeAs", "column", "containedIn", "extract", "field", "fileProperty",
        "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath",
        "key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated",
        "replace", "samplingRate", "separator", "source", "subField", "transform",
    )},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "value": "cr:value",
}  # fmt: skip
#: Types of numbers that are stored -> the format's.
_TYPES = {
    "bool": "sc:Boolean",
    "float16": "cr:Float16",
    "float32": "cr:Float32",
    "float64": "cr:Float64",
    **{name: f"cr:{name.replace('uint', 'UInt').replace('int', 'Int')}" for name in (
        "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    )},
}  # fmt: skip


def croissant_text(build: Build, repo: str) -> str:
    """Return ``croissant.json`` of a build.

    Parameters
    ----------
    build : Build
        An opened build.
    repo : str
        Hub repository that will hold it.

    Returns
    -------
    str
        JSON-LD.
    """
    dataset, version = build.dataset, build.manifest.version
    page = f"{links.DATASETS}/{repo}"
    names = list(build.configs)
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [f"{_NAMESPACE}/1.1", f"{_NAMESPACE}/RAI/1.0"],
        "name": dataset.name,
        "description": _plain(build.prose.head.summary) or dataset.pretty_name,
        "license": LICENCE,
        "url": page,
        "version": version,
        "creator": {
            "@type": "sc:Organization",
            "name": "mesoinv",
            "url": f"{links.HUB}/{links.ORGANISATION}",
        },
        "keywords": list(build.prose.head.tags),
        "citeAs": dataset.paper.bibtex.strip(),
        **({"datePublished": str(year)} if (year := build.prose.head.year) else {}),
        **_responsible(build),
        "distribution": [_repository(page, version), *(_files(name) for name in names)],
        "recordSet": [_records(build, name) for name in names],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _repository(page: str, version: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": "repo",
        "name": "repo",
        "description": "The Hub's git repository.",
        "contentUrl": f"{page}/tree/v{version}",
        "encodingFormat": "git+https",
        "sha256": "https://github.com/mlcommons/croissant/issues/80",
    }


def _files(name: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"files-of-{name}",
        "containedIn": {"@id": "repo"},
        "encodingFormat": "application/x-parquet",
        "includes": f"{name}/*.parquet",
    }


def _records(build: Build, name: str) -> dict[str, Any]:
    record = build.configs[name]
    splits = ", ".join(f"{s} {it.num_rows}" for s, it in stored_splits(record).items())
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"{_about(build, name, record)} Samples: {splits}.",
        "field": [_split_field(name), *(column_field(name, c) for c in build.columns(name))],
    }


def _about(build: Build, name: str, record: ConfigRecord) -> str:
    if name in build.declared:
        return build.dataset.config(name).description
    return f"Some samples of {record.source}."


def _split_field(name: str) -> dict[str, Any]:
    """Return the field that tells which split a row is of: the beginning of its file's name."""
    return {
        "@type": "cr:Field",
        "@id": f"{name}/split",
        "description": "Split of the sample.",
        "dataType": "sc:Text",
        "source": {
            "fileSet": {"@id": f"files-of-{name}"},
            "extract": {"fileProperty": "fullpath"},
            "transform": {"regex": rf"^(?:.*/)?{name}/([a-z]+)-\d+-of-\d+\.parquet$"},
        },
    }


def column_field(name: str, column: Column) -> dict[str, Any]:
    """Return the field of a column of a configuration."""
    unit = "" if column.unit in {"1", ""} else f" [{column.unit}]"
    source: dict[str, Any] = {
        "fileSet": {"@id": f"files-of-{name}"},
        "extract": {"column": column.name},
    }
    shape: dict[str, Any] = {}
    if column.encoding:  # the file of a picture, as `datasets` stores it
        source["transform"] = {"jsonPath": "bytes"}
    elif column.shape:
        sides = ",".join(map(str, column.shape))
        shape = {"isArray": True, "arrayShape": sides}
    return {
        "@type": "cr:Field",
        "@id": f"{name}/{column.name}",
        "description": f"{column.description.rstrip('.')}{unit}.",
        "dataType": "sc:ImageObject" if column.encoding else _TYPES.get(column.dtype, "sc:Text"),
        **shape,
        "source": source,
    }


def _responsible(build: Build) -> dict[str, str]:
    """Return the fields on where the data are from, what they are for and what they are not."""
    dataset, sections = build.dataset, build.prose.sections
    paper = dataset.paper
    limits = _plain(sections.get("Known limits", ""))
    return {
        "rai:dataCollection": f"Computed from seeds by mesoinv {build.manifest.mesoinv}, after "
        f"{paper.authors}, {paper.reference} ({paper.year}). Nothing was measured or collected.",
        "rai:dataCollectionType": "Simulation",
        "rai:dataCollectionMissingData": "None is missing: every sample has every column.",
        "rai:dataPreprocessingProtocol": "None but rounding to the stored types.",
        "rai:dataAnnotationProtocol": "Labels are what samples were drawn from or follow from it "
        "by computation; nobody annotated.",
        "rai:dataUseCases": f"Training and comparing methods for: {_plain(build.prose.head.task)}."
        if build.prose.head.task
        else "Training and comparing methods.",
        "rai:dataLimitations": limits or "See the card.",
        "rai:dataBiases": "The distribution of samples is a choice, stated in the card; real "
        "samples are distributed otherwise.",
        "rai:personalSensitiveInformation": "None.",
        "rai:dataSocialImpact": "None is known: the data describe models of matter.",
        "rai:dataReleaseMaintenancePlan": "Versions are git tags and do not change. Faults are "
        "mended in a new version, which the card's changelog explains.",
    }


def _plain(text: str) -> str:
    """Return Markdown in one line."""
    return " ".join(text.replace("**", "").replace("`", "").split())
