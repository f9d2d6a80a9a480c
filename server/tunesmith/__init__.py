"""Tunesmith: catches the mistakes that waste GPU money before a fine-tuning job is submitted."""

__version__ = "0.1.0"
