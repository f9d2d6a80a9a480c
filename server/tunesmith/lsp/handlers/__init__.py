"""One module for each group of messages; each has a `register(server)`."""
