import argparse
import logging

import huggingface_hub as hub
import trl
from datasets import load_dataset

logger = logging.getLogger(__name__)


class Preference(trl.DPOTrainer):
    """Logs what it learns."""

    def log(self, logs, *args, **kwargs):
        logger.info("step %d: %s", self.state.global_step, logs)
        return super().log(logs, *args, **kwargs)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="HuggingFaceTB/SmolLM2-135M-Instruct")
    parser.add_argument("--timeout", type=int, default=30)
    parser.add_argument("--beta", type=float, default=0.1)
    return parser.parse_args()


def train(args):
    kwargs = {"torch_dtype": "auto", "attn_implementation": "flash_attention_2"}
    kwargs["use_cache"] = False
    data = load_dataset("trl-lib/ultrafeedback_binarized", split="train[:1%]")
    with open("notes.txt", "w") as notes:
        notes.write("".join(f"{key}={value}\n" for key, value in kwargs.items()))
    try:
        trainer = Preference(
            args.model, args=trl.DPOConfig(output_dir="out", beta=args.beta),
            train_dataset=data, model_init_kwargs=kwargs)
        trainer.train()
    except (RuntimeError, ValueError) as error:
        logger.error("no luck: %s", error)
        raise SystemExit(1) from error
    else:
        trainer.push_to_hub()
    finally:
        logging.shutdown()


if __name__ == "__main__":
    hub.login(); train(parse())
