"""What a document means: scripts, headers, launch commands. Pure: no module here does I/O."""
