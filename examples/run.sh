#!/usr/bin/env bash
# Train on conversations, then on preferences.
set -euo pipefail

hf jobs uv run train_sft.py \
    --flavor a10g-large \
    --timeout 4h \
    --secrets HF_TOKEN

hf jobs uv run \
    --flavor a10g-large \
    --timeout 2h \
    --secret HF_TOKEN \
    train_dpo.py
