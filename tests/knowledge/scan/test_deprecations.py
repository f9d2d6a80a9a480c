"""What counts as a library's word that a parameter is deprecated."""

from __future__ import annotations

import ast
import textwrap

import pytest

from tunesmith.knowledge.scan.deprecations import Deprecation, deprecations_of
from tunesmith.knowledge.scan.scanner import scan


def read(source: str) -> dict[str, Deprecation]:
    node = ast.parse(textwrap.dedent(source)).body[0]
    assert isinstance(node, (ast.ClassDef, ast.FunctionDef))
    return dict(deprecations_of(node))


def warned(message: str) -> dict[str, str | None]:
    """The names that a warning in a configuration is about, with what replaces them."""
    source = f"class C:\n    def __post_init__(self):\n        warnings.warn({message!r})"
    return {name: found.replaced_by for name, found in read(source).items()}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            (
                "`max_seq_length` is deprecated and will be removed in version 0.20.0. Use "
                "`max_length` instead."
            ),
            {"max_seq_length": "max_length"},
        ),
        (
            (
                "The `optimize_cuda_cache` arguement will be deprecated soon, please use "
                "`optimize_device_cache` instead."
            ),
            {"optimize_cuda_cache": "optimize_device_cache"},
        ),
        (
            "The `max_target_length` argument is deprecated in favor of `max_completion_length`.",
            {"max_target_length": "max_completion_length"},
        ),
        (
            "Note that using `forward_batch_size` is deprecated, use `mini_batch_size` instead.",
            {"forward_batch_size": "mini_batch_size"},
        ),
        (
            "Parameter 'policy' is deprecated. Please use 'model' instead. Setting model=policy",
            {"policy": "model"},
        ),
        (
            "The `padding_value` argument is deprecated. Please use `pad_token` (str) instead.",
            {"padding_value": "pad_token"},
        ),
        (
            (
                "Using deprecated `--per_gpu_train_batch_size` argument which will be removed in a "
                "future version. Using `--per_device_train_batch_size` is preferred."
            ),
            {"per_gpu_train_batch_size": "per_device_train_batch_size"},
        ),
        (
            "warmup_ratio is deprecated and will be removed in v5.2. Use `warmup_steps` instead.",
            {"warmup_ratio": "warmup_steps"},
        ),
        ("`torch_dtype` is deprecated! Use `dtype` instead!", {"torch_dtype": "dtype"}),
        (
            "The model was loaded with use_flash_attention_2=True, which is deprecated.",
            {"use_flash_attention_2": None},
        ),
        (
            (
                "The `load_in_4bit` and `load_in_8bit` arguments are deprecated. Please, pass a "
                "`BitsAndBytesConfig` object in `quantization_config` argument instead."
            ),
            {"load_in_4bit": None, "load_in_8bit": None},
        ),
        (
            (
                "`use_liger_kernel=True` is deprecated. Use the Hub kernels instead, with "
                '`model_init_kwargs={"use_kernels": True}`.'
            ),
            {"use_liger_kernel": None},
        ),
    ],
)
def test_warnings_name_the_parameter_and_what_replaces_it(message: str, expected: object) -> None:
    assert warned(message) == expected


@pytest.mark.parametrize(
    "message",
    [
        "`run_compressed` is deprecated. Use `dequantize=True` instead of `run_compressed=False`.",
        "`logging_dir` is deprecated. Please set `TENSORBOARD_LOGGING_DIR` instead.",
        "The `max_length` argument is deprecated. Use the `RewardConfig` to set `max_length`.",
        "`infinite` is deprecated. Use `Args.max_steps` or `Args.num_train_epochs` instead.",
        "`vllm_dtype` is deprecated. To control it, you should now use the `dtype` parameter.",
        "`chars_per_token` is deprecated. If you want another length, use `max_length`.",
        "`adafactor` is deprecated. Use `--optim adafactor` instead",
    ],
)
def test_advice_that_is_no_new_name_replaces_nothing(message: str) -> None:
    assert list(warned(message).values()) == [None]


@pytest.mark.parametrize(
    "message",
    [
        "The `'keep_end'` truncation mode is deprecated. Use `truncation_mode='keep_start'`.",
        "`loss_type='chunked_nll'` is deprecated and will be removed in v2.0.0.",
        "Passing `ref_model` as a string is deprecated and will be removed.",
        "using `EvaluationStrategy` for `evaluation_strategy` is deprecated.",
        "The `missing_eos_penalty` parameter is deprecated when used with `reward_model`.",
        "`f_divergence_type` will require a string; `FDivergenceType` is deprecated.",
        "`label_smoothing` parameter will be ignored. Set `label_smoothing` to `0.0`.",
        "FSDP1 (`fsdp_config['version'] = 1`) is deprecated.",
    ],
)
def test_values_types_and_conditions_are_no_deprecated_parameters(message: str) -> None:
    assert warned(message) == {}


def test_a_message_is_one_line_without_what_only_a_run_knows() -> None:
    found = read("""
        class TrainingArguments:
            def __post_init__(self):
                if self.push_to_hub_model_id is not None:
                    logger.warning_once(
                        "`--push_to_hub_model_id` is deprecated and will be removed in "
                        f"version 5. Use `--hub_model_id` instead (in this case {self.hub_id}). "
                        f"We are setting it to {self.hub_id}"
                    )
    """)
    assert found == {
        "push_to_hub_model_id": Deprecation(
            "`--push_to_hub_model_id` is deprecated and will be removed in version 5. "
            "Use `--hub_model_id` instead.",
            "hub_model_id",
        )
    }


def test_warnings_in_a_loop_over_names_are_about_each() -> None:
    found = read("""
        class RLOOConfig:
            def __post_init__(self):
                _DEPRECATED = {"rloo_k": "num_generations", "kl_coef": "beta"}
                for old, new in _DEPRECATED.items():
                    if getattr(self, old) is not None:
                        warnings.warn(f"Parameter '{old}' is deprecated. Use '{new}' instead.")
                for gone in {"stop_token"}:
                    warnings.warn(f"Parameter '{gone}' is deprecated.")
                for old, new in (("gradient_checkpointing", "activation_checkpointing"),):
                    warnings.warn(f"`{old}` is deprecated. Use `{new}` instead.", FutureWarning)
    """)
    assert {name: each.replaced_by for name, each in found.items()} == {
        "rloo_k": "num_generations",
        "kl_coef": "beta",
        "stop_token": None,
        "gradient_checkpointing": "activation_checkpointing",
    }
    assert found["rloo_k"].message == (
        "Parameter 'rloo_k' is deprecated. Use 'num_generations' instead."
    )


def test_a_trainer_warns_of_its_own_and_of_its_configurations_parameters() -> None:
    found = read("""
        class SFTTrainer:
            def __init__(self, model, args=None, compute_loss_func=None):
                if compute_loss_func is not None:
                    warnings.warn("`compute_loss_func` is deprecated.")
                if args.label_smoothing_factor:
                    warnings.warn("`label_smoothing_factor` is deprecated in `SFTTrainer`.")

            def train(self, resume=None, **kwargs):
                if "model_path" in kwargs:
                    warnings.warn("`model_path` is deprecated. Use `resume` instead.")
    """)
    assert sorted(found) == ["args.label_smoothing_factor", "compute_loss_func"]


def test_arguments_of_other_methods_are_not_the_classs() -> None:
    assert not read("""
        class SFTTrainer:
            def compute_loss(self, inputs, return_outputs=False):
                warnings.warn("`return_outputs=True` is deprecated.")
    """)


def test_properties_that_read_the_parameter_warn_of_it() -> None:
    assert read("""
        class TrainingArguments:
            @property
            def train_batch_size(self):
                if self.per_gpu_train_batch_size:
                    logger.warning("`per_gpu_train_batch_size` is deprecated.")
    """)


@pytest.mark.parametrize(
    ("field", "replaced_by"),
    [
        ('old: int = field(default=1, metadata={"help": "Deprecated. Use `new` instead."})', "new"),
        ('old: int = field(metadata={"help": "Deprecated alias of `new`, will go."})', "new"),
        (
            'old: int = field(metadata={"help": "This argument is deprecated, use `new`."})',
            "new",
        ),
        (
            'old: int = field(metadata={"help": "The GPUs. Deprecated in `A`: use `b={}`."})',
            None,
        ),
        (
            'old: int = 1\n    """DEPRECATED: use `new` instead, which does the same thing."""',
            "new",
        ),
    ],
)
def test_fields_say_it_in_their_help_or_docstring(field: str, replaced_by: object) -> None:
    found = read(f"class C:\n    {field}")
    assert list(found) == ["old"]
    assert found["old"].replaced_by == replaced_by


@pytest.mark.parametrize(
    "help_",
    [
        "Truncation. The `'keep_end'` value is deprecated.",
        "No longer than this.",
        "Ignored if set.",
    ],
)
def test_other_help_says_nothing(help_: str) -> None:
    assert not read(f'class C:\n    mode: str = field(metadata={{"help": {help_!r}}})')


def test_docstrings_say_it_in_a_block_the_type_or_the_first_words() -> None:
    found = read('''
        class DPOConfig:
            """
            Settings.

            Args:
                beta (`float`, *optional*, defaults to `0.1`):
                    Temperature. The `'x'` value is deprecated.
                padding_value (`int`, *optional*):

                    <Deprecated version="0.24.0">

                    This parameter is deprecated and will be removed
                    in version 0.25.0. Use `pad_token` (`str`) instead.

                    </Deprecated>

                loss_type (`str`):
                    <Deprecated version="1.6.0">
                    The default value of `loss_type` will change.
                    </Deprecated>
                steps (`int`, *optional*, deprecated):
                    How many. Use `args.steps` instead.
                resume_download:
                    Deprecated and ignored. Will be removed in v5 of Transformers.
                path (`str`): Can be either:
                    - A folder.
                    - (**Deprecated**, not for all classes) A file.
            """
    ''')
    assert found == {
        "padding_value": Deprecation(
            "This parameter is deprecated and will be removed in version 0.25.0. "
            "Use `pad_token` (`str`) instead.",
            "pad_token",
        ),
        "steps": Deprecation("How many. Use `args.steps` instead."),
        "resume_download": Deprecation(
            "Deprecated and ignored. Will be removed in v5 of Transformers."
        ),
    }


def test_a_warning_goes_before_the_documentation() -> None:
    found = read("""
        class C:
            old: int = field(default=None, metadata={"help": "Deprecated."})

            def __post_init__(self):
                warnings.warn("`old` is deprecated and will be removed in 0.20.")
    """)
    assert found["old"].message == "`old` is deprecated and will be removed in 0.20."


def test_decorators_tell_as_the_library_would_print_it() -> None:
    found = read("""
        class SFTTrainer:
            @_deprecate_arguments(
                version="0.13.0", deprecated_args=["packing"], custom_message="Use the SFTConfig."
            )
            @deprecate_kwarg("tokenizer", "0.16.0", new_name="processing_class")
            @deprecate_kwarg("gone", version="0.16.0")
            @_deprecate_positional_args(version="1")
            def __init__(self, model, packing=False, processing_class=None):
                pass
    """)
    assert found == {
        "packing": Deprecation(
            "Deprecated argument(s) used in '__init__': packing. Will not be supported from "
            "version '0.13.0'. Use the SFTConfig."
        ),
        "tokenizer": Deprecation(
            "`tokenizer` is deprecated and will be removed in version 0.16.0 for "
            "`SFTTrainer.__init__`. Use `processing_class` instead.",
            "processing_class",
        ),
        "gone": Deprecation(
            "`gone` is deprecated and will be removed in version 0.16.0 for `SFTTrainer.__init__`."
        ),
    }


def test_functions_are_read_like_methods() -> None:
    found = read("""
        def from_pretrained(cls, name, **kwargs):
            token = kwargs.pop("use_auth_token", None)
            if token is not None:
                warnings.warn("The `use_auth_token` argument is deprecated. Use `token` instead.")
    """)
    assert {name: each.replaced_by for name, each in found.items()} == {"use_auth_token": "token"}


def test_a_loader_shares_what_its_class_says_of_the_same_keyword() -> None:
    source = """
class PreTrainedModel:
    @classmethod
    def _from_config(cls, config, **kwargs):
        if (torch_dtype := kwargs.pop("torch_dtype", None)) is not None:
            logger.warning_once("`torch_dtype` is deprecated! Use `dtype` instead!")

    @classmethod
    def from_pretrained(cls, name, **kwargs):
        torch_dtype = kwargs.pop("torch_dtype", None)
"""
    path = "transformers/modeling_utils.py"
    found = scan("transformers", {path: source}.get, [path])
    loader = found["transformers.PreTrainedModel.from_pretrained"]
    assert loader.parameters["torch_dtype"].replaced_by == "dtype"
