"""Requirements, specifiers and markers as packaging has them, in a tenth of the time to load it.

What nearly all are made of is read here: `name[extra]>=1.2,<2; python_version < "3.12"`. All else
is handed to packaging, which is loaded only then.
"""

from tunesmith.pep508.markers import Marker
from tunesmith.pep508.names import canonicalize_name
from tunesmith.pep508.requirements import InvalidRequirement, Requirement
from tunesmith.pep508.specifiers import InvalidSpecifier, Specifier, SpecifierSet

__all__ = [
    "InvalidRequirement",
    "InvalidSpecifier",
    "Marker",
    "Requirement",
    "Specifier",
    "SpecifierSet",
    "canonicalize_name",
]
