"""Rules and the engine that runs them. Pure: no module here does I/O."""
