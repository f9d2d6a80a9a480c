"""Work that needs heavy libraries: a process each, in the environment of a toolchain.

Nothing here is imported by the server. A worker is a module with `run(request, report)`; the
environment needs no copy of Tunesmith (`bootstrap.py`).
"""
