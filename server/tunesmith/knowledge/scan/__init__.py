"""Reading what a library takes out of its source files, which are never imported or run.

Knows the libraries by name; the result is what the tables in `data/signatures` are made of.
"""

from tunesmith.knowledge.scan.scanner import scan
from tunesmith.knowledge.scan.types import Parameter, ReadFile, Scan, Signature

__all__ = ["Parameter", "ReadFile", "Scan", "Signature", "scan"]
