param([string]$Rate = "2e-4", [string]$Flavor = "a10g-large")
$ErrorActionPreference = "Stop"
# Submits a training
Write-Host "Rate: $Rate"
hf jobs uv run train_sft.py `
    --lr $Rate `
    --flavor $Flavor `
    --timeout 4h
$arguments = @("jobs", "uv", "run", "--secret", "HF_TOKEN", "train_dpo.py")
& hf @arguments
if ($LASTEXITCODE -ne 0) { throw "no luck: $LASTEXITCODE" }
foreach ($name in 'dpo', 'grpo') { hf jobs uv run "train_$name.py" --flavor l4x1 }
