"""Managed environments for heavy libraries, and the locks that say what is in them.

Only the command line and workers use them: the server imports nothing of this.
"""
