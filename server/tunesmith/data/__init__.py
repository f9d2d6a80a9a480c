"""Reading what data sets on this machine hold: how many rows, and how much text is in some."""
