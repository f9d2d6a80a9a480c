#!/usr/bin/env bash
# Usage: ./run.sh [RATE]
set -euo pipefail

cd "$(dirname "$0")"
FLAVOR=${FLAVOR:-a10g-large}
RATE="${1:-2e-4}"
SECRETS=(--secrets HF_TOKEN --secret WANDB_API_KEY)

log() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }

if ! command -v hf >/dev/null; then
    log "hf is missing: pip install -U huggingface_hub"; exit 1
fi

log "Start with rate $RATE 🚀"
hf jobs uv run train_sft.py \
    --lr "$RATE" \
    --flavor "$FLAVOR" \
    --timeout 4h   # long enough

for name in dpo grpo; do
    uvx --from huggingface_hub hf jobs uv run "train_$name.py" --flavor=l4x1 "${SECRETS[@]}" &
done
wait

hf jobs run --secret HF_TOKEN python:3.12 python -c 'print("hi")' | tee -a log.txt
ID=$(hf jobs uv run --detach train_dpo.py --flavor t4-small --timeout 30) && hf jobs logs "$ID"
cat > again.sh <<END
hf jobs uv run train_sft.py --flavor $FLAVOR
END
# tunesmith: ignore[flags-after-script]
hf jobs uv run train_sft.py --flavor cpu-basic
