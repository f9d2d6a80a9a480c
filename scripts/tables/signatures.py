"""The table of what a library's objects take, release by release.

How it reads stands in `tunesmith/knowledge/signature_table.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tunesmith.knowledge import changes
from tunesmith.knowledge.scan.types import Parameter, Scan, Signature

Scans = Mapping[str, Scan]
"""Releases, ascending -> what a scan of each told."""

Attributes = Mapping[str, Callable[[Any], Any]]
"""Name in the table -> its value, or None where there is nothing to say."""

_OF_OBJECT: Attributes = {
    "module": lambda signature: signature.module,
    "bases": lambda signature: list(signature.bases) or None,
    "positional": lambda signature: _listed(signature.positional),
    "takes_any": lambda signature: signature.takes_any or None,
}
_OF_PARAMETER: Attributes = {
    "default": lambda parameter: "" if parameter.default is None else parameter.default,
    "choices": lambda parameter: _listed(parameter.choices),
    "deprecated": lambda parameter: parameter.deprecated,
    "replaced_by": lambda parameter: parameter.replaced_by,
}


def compress(scans: Scans, date: str) -> dict[str, Any]:
    """The table of some releases' scans."""
    names = sorted({name for scan in scans.values() for name in scan})
    return {
        "date": date,
        "releases": list(scans),
        "objects": {name: _object(name, scans) for name in names},
    }


def expand(table: Mapping[str, Any]) -> dict[str, Scan]:
    """The scans of a table, each parameter with its newest documentation.

    `compress` turned round, but for older wordings of the documentation.
    """
    releases = list(table["releases"])
    scans: dict[str, dict[str, Signature]] = {release: {} for release in releases}
    for name, row in table["objects"].items():
        for release, signature in _signatures(row, releases):
            scans[release][name] = signature
    return dict(scans)


def _object(name: str, scans: Scans) -> dict[str, Any]:
    signatures = {release: scan[name] for release, scan in scans.items() if name in scan}
    parameters = _in_newest_order(signature.parameters for signature in signatures.values())
    return {
        **_row(_OF_OBJECT, signatures, scans),
        "parameters": {
            parameter: _parameter(parameter, signatures, scans) for parameter in parameters
        },
    }


def _parameter(name: str, signatures: Mapping[str, Signature], scans: Scans) -> dict[str, Any]:
    found = {
        release: signature.parameters[name]
        for release, signature in signatures.items()
        if name in signature.parameters
    }
    row = _row(_OF_PARAMETER, found, scans)
    docs = [parameter.doc for parameter in found.values() if parameter.doc]
    return {**row, "doc": docs[-1]} if docs else row


def _row(
    attributes: Mapping[str, Callable[[Any], Any]],
    found: Mapping[str, Any],
    releases: Iterable[str],
) -> dict[str, Any]:
    """The changes of each attribute that has any."""
    encoded = {
        attribute: changes.encode({release: of(one) for release, one in found.items()}, releases)
        for attribute, of in attributes.items()
    }
    return {attribute: list(map(list, rows)) for attribute, rows in encoded.items() if rows}


def _signatures(row: Mapping[str, Any], releases: Sequence[str]) -> Iterator[tuple[str, Signature]]:
    values = _values(row, _OF_OBJECT, releases)
    parameters = {
        parameter: _values(facts, _OF_PARAMETER, releases)
        for parameter, facts in row["parameters"].items()
    }
    for release, module in values["module"].items():
        taken = {
            parameter: Parameter(
                default=facts["default"][release] or None,
                choices=facts["choices"].get(release),
                deprecated=facts["deprecated"].get(release),
                replaced_by=facts["replaced_by"].get(release),
                doc=row["parameters"][parameter].get("doc"),
            )
            for parameter, facts in parameters.items()
            if release in facts["default"]
        }
        yield (
            release,
            Signature(
                module=module,
                parameters=taken,
                bases=values["bases"].get(release, ()),
                positional=values["positional"].get(release),
                takes_any=values["takes_any"].get(release, False),
            ),
        )


def _values(
    row: Mapping[str, Any], attributes: Iterable[str], releases: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """For each attribute, the value in each release that has one."""
    return {
        attribute: dict(changes.decode(row.get(attribute, ()), releases))
        for attribute in attributes
    }


def _in_newest_order(parameters: Iterable[Mapping[str, Parameter]]) -> list[str]:
    names: dict[str, None] = {}
    for ordered in reversed(list(parameters)):
        names |= dict.fromkeys(ordered)
    return list(names)


def _listed(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)
