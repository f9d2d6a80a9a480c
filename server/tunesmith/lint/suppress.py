"""`# tunesmith: ignore[rule-name]`: findings that a user has decided to live with."""
