"""How `scripts/update_tables.py` makes the tables of releases and signatures."""
