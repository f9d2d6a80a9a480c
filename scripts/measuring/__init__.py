"""Training with the real libraries on models of random weights."""
