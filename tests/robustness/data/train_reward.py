'''Train a reward model; older style, with tabs.'''
from typing import *
import torch, os
from transformers import TrainingArguments
from trl import RewardTrainer, RewardConfig, ModelConfig, ScriptArguments, TrlParser

if __name__ == '__main__':
	parser = TrlParser((ScriptArguments, RewardConfig, ModelConfig))
	script, training, model = parser.parse_args_and_config()
	if os.environ.get('LOGIN'):
		from huggingface_hub import login
		login()
	options = {
		'trust_remote_code': model.trust_remote_code,
		'revision': model.model_revision,
		'attn_implementation': 'flash_attention_2' if torch.cuda.is_available() else "sdpa",
	}
	training.gradient_checkpointing_kwargs = dict(use_reentrant=False)
	for index, (name, value) in enumerate(sorted(options.items())): print(index, name, value, sep='\t')
	trainer = RewardTrainer(model.model_name_or_path, args=training,
		train_dataset=None, eval_dataset=None,
		model_init_kwargs={**options, 'num_labels': 1},
	)
	trainer.train(); trainer.save_model(training.output_dir)
	with torch.no_grad(), open(os.path.join(training.output_dir, 'done'), 'w') as file:
		file.write("""done
""")
