"""Reading what a library takes out of its source files, which are never imported or run.

Knows the libraries by name; the result is what the tables in `data/signatures` are made of.
"""
