"""What classes and functions of the libraries take, release by release.

`data/signatures/<package>.json`, made by `scripts/update_tables.py`:

    {"date": "2026-11-22",
     "releases": ["0.7.0", ...],                      every release that was read, ascending
     "objects": {"trl.SFTConfig": {
       "module": [["0.9.2", "trl.trainer.sft_config"]],        null: the object is gone
       "bases": [["0.9.2", ["transformers.TrainingArguments"]]],
       "positional": [...], "takes_any": [...],                left out where they never differ
       "parameters": {"max_length": {
         "default": [["0.16.0", "1024"], ["2.0.0", null]],     "": must be given; null: gone
         "choices": [...], "deprecated": [...], "replaced_by": [...],
         "doc": "..."}}}}}

All lists are changes (`changes.py`); `doc` is the newest. An object is composed here with what it
inherits: SFTConfig of one TRL over TrainingArguments of one transformers.
"""
