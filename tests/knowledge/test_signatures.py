from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.version import Version

from knowledge.made_tables import in_force
from tunesmith.knowledge.histories import histories, history, object_spans
from tunesmith.knowledge.likely import Likely, Why, counterparts, is_misspelling, likely
from tunesmith.knowledge.scan.types import Parameter, Signature
from tunesmith.knowledge.signatures import ComposedSignature, signature

TRL = {
    "date": "2026-11-22",
    "releases": ["0.12.0", "0.16.0", "0.20.0", "1.0.0"],
    "objects": {
        "trl.SFTTrainer": {
            "module": [["0.12.0", "trl.trainer.sft_trainer"]],
            "positional": [
                ["0.12.0", ["model", "args", "tokenizer"]],
                ["0.20.0", ["model", "args", "processing_class"]],
            ],
            "parameters": {
                "model": {"default": [["0.12.0", ""]]},
                "args": {"default": [["0.12.0", "None"]]},
                "processing_class": {"default": [["0.16.0", "None"]]},
                "tokenizer": {
                    "default": [["0.12.0", "None"], ["0.20.0", None]],
                    "deprecated": [["0.16.0", "tokenizer is deprecated."], ["0.20.0", None]],
                    "replaced_by": [["0.16.0", "processing_class"], ["0.20.0", None]],
                },
                "dataset_text_field": {"default": [["0.12.0", "None"], ["0.16.0", None]]},
            },
        },
        "trl.SFTConfig": {
            "module": [["0.12.0", "trl.trainer.sft_config"]],
            "bases": [
                ["0.12.0", ["transformers.TrainingArguments"]],
                ["1.0.0", ["trl._BaseConfig"]],
            ],
            "parameters": {
                "learning_rate": {"default": [["0.12.0", "2e-05"], ["0.20.0", "2e-04"]]},
                "dataset_text_field": {"default": [["0.12.0", "'text'"]]},
                "max_seq_length": {
                    "default": [["0.12.0", "None"], ["0.20.0", None]],
                    "deprecated": [["0.16.0", "Use max_length."], ["0.20.0", None]],
                    "replaced_by": [["0.16.0", "max_length"], ["0.20.0", None]],
                },
                "max_length": {"default": [["0.16.0", "1024"]], "doc": "Tokens at most."},
                "ref_max_lengths": {"default": [["0.16.0", "None"], ["0.20.0", None]]},
                "packing_kind": {"default": [["0.12.0", "None"], ["0.20.0", None]]},
                "packing": {
                    "default": [["0.12.0", "False"], ["1.0.0", None]],
                },
                "loss_type": {
                    "default": [["0.20.0", "'nll'"]],
                    "choices": [["0.20.0", ["'nll'", "'dft'"]]],
                },
            },
        },
        "trl._BaseConfig": {
            "module": [["1.0.0", "trl.trainer.base_config"]],
            "bases": [["1.0.0", ["transformers.TrainingArguments"]]],
            "parameters": {"packing": {"default": [["1.0.0", "True"]]}},
        },
        "trl.CPOTrainer": {
            "module": [["0.12.0", "trl.trainer.cpo_trainer"], ["0.20.0", None]],
            "takes_any": [["0.12.0", True]],
            "parameters": {"model": {"default": [["0.12.0", ""]]}},
        },
    },
}
TRANSFORMERS = {
    "date": "2026-11-22",
    "releases": ["4.57.0", "5.0.0", "5.15.0"],
    "objects": {
        "transformers.TrainingArguments": {
            "module": [["4.57.0", "transformers.training_args"]],
            "parameters": {
                "output_dir": {"default": [["4.57.0", ""], ["5.0.0", "None"]]},
                "learning_rate": {
                    "default": [["4.57.0", "5e-05"]],
                    "deprecated": [["5.15.0", "learning_rate will go."]],
                    "doc": "The first rate.",
                },
                "warmup_ratio": {
                    "default": [["4.57.0", "0.0"], ["5.0.0", "None"], ["5.15.0", None]],
                    "deprecated": [["5.0.0", "Use warmup_steps."], ["5.15.0", None]],
                    "replaced_by": [["5.0.0", "warmup_steps"], ["5.15.0", None]],
                },
                "warmup_steps": {"default": [["4.57.0", "0"]]},
            },
        }
    },
}
OLD = {"trl": Version("0.12.0"), "transformers": Version("4.57.0")}
MIDDLE = {"trl": Version("0.16.0"), "transformers": Version("5.0.0")}
NEW = {"trl": Version("1.0.0"), "transformers": Version("5.15.0")}


@pytest.fixture(autouse=True)
def made_tables(tmp_path: Path) -> Iterator[None]:
    made = {"trl": TRL, "transformers": TRANSFORMERS}
    curated = {"object": "trl.SFTConfig", "old": "packing_kind", "new": "packing", "source": "here"}
    replacements = {"date": "2026-11-22", "replacements": [curated]}
    named = {f"signatures/{package}": table for package, table in made.items()}
    with in_force(tmp_path, {**named, "replacements": replacements}):
        yield


def composed(name: str, versions: dict[str, Version | None]) -> ComposedSignature:
    found = signature(name, versions)
    assert found is not None
    return found


def test_a_configuration_is_composed_with_the_transformers_in_force():
    old, new = composed("trl.SFTConfig", OLD), composed("trl.SFTConfig", NEW)
    assert old.is_complete
    assert new.is_complete
    assert old.parameters["warmup_ratio"].owner == "transformers.TrainingArguments"
    assert old.parameters["warmup_ratio"].package == "transformers"
    assert not old.refuses("warmup_ratio")
    assert new.refuses("warmup_ratio")
    assert new.refuses("max_seq_length")
    assert new.parameters["packing"].owner == "trl._BaseConfig"
    assert new.parameters["packing"].facts.default == "True"


def test_a_redefined_parameter_keeps_what_its_base_warns_of():
    rate = composed("trl.SFTConfig", NEW).parameters["learning_rate"]
    assert rate.owner == "trl.SFTConfig"
    assert rate.facts.default == "2e-04"
    assert rate.facts.deprecated == "learning_rate will go."
    assert rate.facts.doc == "The first rate."


def test_the_first_field_of_a_dataclass_is_its_farthest_bases():
    assert composed("trl.SFTConfig", NEW).positional == ["output_dir"]
    assert composed("trl.SFTTrainer", OLD).positional == ["model", "args", "tokenizer"]


def test_what_must_be_given_has_no_default():
    assert composed("trl.SFTTrainer", NEW).parameters["model"].facts.default is None
    assert composed("trl.SFTTrainer", NEW).parameters["args"].facts.default == "None"
    assert composed("trl.SFTConfig", NEW).parameters["loss_type"].facts.choices == [
        "'nll'",
        "'dft'",
    ]


def test_without_the_release_of_a_base_nothing_is_refused():
    for versions in (
        {"trl": Version("1.0.0")},
        {"trl": Version("1.0.0"), "transformers": None},
        {"trl": Version("1.0.0"), "transformers": Version("5.99.0")},
    ):
        found = composed("trl.SFTConfig", dict(versions))
        assert not found.is_complete
        assert not found.refuses("warmup_ratio")
        assert "max_length" in found.parameters
    assert not composed("trl.CPOTrainer", OLD).refuses("anything"), "it takes any keyword"


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("trl.SFTConfig", None),
        ("trl.SFTConfig", "1.0.1"),
        ("trl.SFTConfig", "1.1.0rc1"),
        ("trl.CPOTrainer", "0.20.0"),
        ("trl.NoTrainer", "1.0.0"),
        ("nolib.Thing", "1.0.0"),
        ("torch.Tensor", None),
    ],
)
def test_what_the_tables_do_not_know_has_no_signature(name: str, version: str | None):
    assert signature(name, {**NEW, "trl": Version(version) if version else None}) is None


def test_a_scan_stands_for_an_installed_release_that_the_tables_lack():
    scanned = {
        "trl": {
            "trl.SFTConfig": Signature(
                "trl.trainer.sft_config",
                {"brand_new": Parameter("1")},
                ["transformers.TrainingArguments"],
            )
        }
    }
    found = signature("trl.SFTConfig", {**NEW, "trl": Version("9.9")}, scanned)
    assert found is not None
    assert set(found.parameters) == {"brand_new", "output_dir", "learning_rate", "warmup_steps"}
    assert found.is_complete
    guess = likely("trl.SFTConfig", "brand_news", {**NEW, "trl": Version("9.9")}, scanned)
    assert guess == Likely("trl.SFTConfig", "brand_new", Why.MISSPELLED)


def test_the_history_of_an_inherited_parameter_is_its_packages():
    found = history("trl.SFTConfig", "warmup_ratio")
    assert found is not None
    assert (found.package, found.owner) == ("transformers", "transformers.TrainingArguments")
    assert found.spans == [(Version("4.57.0"), Version("5.15.0"))]
    assert (found.added, found.newest) == (Version("4.57.0"), Version("5.0.0"))
    assert (found.deprecated, found.removed) == (Version("5.0.0"), Version("5.15.0"))
    assert (found.message, found.replaced_by) == ("Use warmup_steps.", "warmup_steps")
    assert found.defaults == [(Version("4.57.0"), "0.0"), (Version("5.0.0"), "None")]
    assert found.removed_by(Version("5.15.0")) == Version("5.15.0")
    assert found.removed_by(Version("5.0.0")) is None


def test_a_history_runs_through_the_bases_of_a_package():
    found = history("trl.SFTConfig", "packing")
    assert found is not None
    assert found.spans == [(Version("0.12.0"), None)]
    assert found.defaults == [(Version("0.12.0"), "False"), (Version("1.0.0"), "True")]
    assert found.deprecated is None


def test_a_redefined_parameter_has_a_history_in_each_package():
    trl, transformers = histories("trl.SFTConfig", "learning_rate")
    assert (trl.package, transformers.package) == ("trl", "transformers")
    assert transformers.deprecated == Version("5.15.0")
    assert trl.deprecated is None


def test_a_parameter_that_is_to_come_says_when():
    found = history("trl.SFTConfig", "max_length")
    assert found is not None
    assert found.added_after(Version("0.12.0")) == Version("0.16.0")
    assert found.added_after(Version("0.16.0")) is None
    assert history("trl.SFTConfig", "never_was") is None
    assert history("nolib.Thing", "x") is None


def test_the_releases_that_have_an_object():
    assert object_spans("trl.CPOTrainer") == [(Version("0.12.0"), Version("0.20.0"))]
    assert object_spans("trl._BaseConfig") == [(Version("1.0.0"), None)]
    assert object_spans("nolib.Thing") == ()


@pytest.mark.parametrize(
    ("name", "parameter", "expected"),
    [
        ("trl.SFTTrainer", "tokenizer", ("trl.SFTTrainer", "processing_class", Why.RENAMED)),
        ("trl.SFTConfig", "max_seq_length", ("trl.SFTConfig", "max_length", Why.RENAMED)),
        ("trl.SFTTrainer", "max_seq_length", ("trl.SFTConfig", "max_length", Why.RENAMED)),
        ("trl.SFTConfig", "warmup_ratio", ("trl.SFTConfig", "warmup_steps", Why.RENAMED)),
        ("trl.SFTConfig", "packing_kind", ("trl.SFTConfig", "packing", Why.RENAMED)),
        ("trl.SFTTrainer", "packing", ("trl.SFTConfig", "packing", Why.MISPLACED)),
        (
            "trl.SFTConfig",
            "processing_class",
            ("trl.SFTTrainer", "processing_class", Why.MISPLACED),
        ),
        ("trl.SFTConfig", "max_lenght", ("trl.SFTConfig", "max_length", Why.MISSPELLED)),
        ("trl.SFTTrainer", "warmup_step", ("trl.SFTConfig", "warmup_steps", Why.MISSPELLED)),
        ("trl.SFTConfig", "save_safetensors", None),
        ("trl.SFTConfig", "ref_max_lengths", None),
    ],
)
def test_what_was_likely_meant(name: str, parameter: str, expected: tuple[str, str, Why] | None):
    assert likely(name, parameter, NEW) == (expected and Likely(*expected))


def test_nothing_deprecated_is_proposed_for_a_misspelling():
    assert likely("trl.SFTConfig", "warmup_rati", MIDDLE) is None


def test_a_word_that_is_alike_by_its_last_part_or_but_for_a_number_is_no_misspelling():
    assert is_misspelling("bnb_4bit_compute_type", "bnb_4bit_compute_dtype")
    assert is_misspelling("gradient_acumulation_steps", "gradient_accumulation_steps")
    assert not is_misspelling("bnb_8bit_compute_dtype", "bnb_4bit_compute_dtype")
    assert not is_misspelling("sft_config", "peft_config")


def test_the_counterparts():
    assert list(counterparts("trl.experimental.GOLDTrainer")) == ["trl.experimental.GOLDConfig"]
    assert list(counterparts("trl.SFTConfig")) == ["trl.SFTTrainer"]
    assert list(counterparts("transformers.Trainer")) == ["transformers.TrainingArguments"]
    assert list(counterparts("transformers.TrainingArguments")) == ["transformers.Trainer"]
    assert list(counterparts("peft.LoraConfig")) == []
