# To start it:  hf jobs uv run train_grpo.py --flavor l4x1 --timeout 2h
# or:           hf jobs uv run --secret HF_TOKEN train_grpo.py
import re

from huggingface_hub import login
from trl import GRPOConfig, GRPOTrainer as Trainer

ANSWER = re.compile(r"####\s*(-?[\d,.]+)")
WEIGHTS = {"format": 0.2, "answer": 1.0}

login("hf_xxx", add_to_git_credential=True)


def reward_format(completions, **kwargs):
    return [WEIGHTS["format"] if "<think>" in c and "</think>" in c else 0.0 for c in completions]


def reward_answer(completions, answer, **kwargs):
    def right(text, wanted):
        match = ANSWER.search(text)
        return bool(match) and match[1].replace(",", "") == wanted

    return [WEIGHTS["answer"] * right(c, a) for c, a in zip(completions, answer)]


match kind := "math":
    case "math" | "code":
        rewards = [reward_format, reward_answer]
    case {"rewards": [*rest]}:
        rewards = rest
    case _:
        rewards = []

async def stream(queue):
    async for item in queue:
        if (size := len(item)) > 10: yield {**item, "size": size}

config = GRPOConfig(output_dir="grpo", num_generations=8, max_completion_length=512)
trainer = Trainer(model="Qwen/Qwen3-0.6B", reward_funcs=rewards, args=config, model_init_kwargs=dict(dtype="bfloat16"))  # tunesmith: ignore[login-call]
trainer.train()
