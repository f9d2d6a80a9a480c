"""Which calls start a job of Hugging Face."""

from __future__ import annotations

import pytest

from sources.python_code import read
from tunesmith.sources.job_calls import job_calls, starts_uv_job


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from huggingface_hub import run_job\nrun_job(image='i')\n", "run_job"),
        (
            "import huggingface_hub as hub\nhub.create_scheduled_uv_job()\n",
            "create_scheduled_uv_job",
        ),
        ("from huggingface_hub import run_uv_job as start\nstart('train.py')\n", "run_uv_job"),
        ("import huggingface_hub\nstart = huggingface_hub.run_job\nstart()\n", "run_job"),
        ("from huggingface_hub import HfApi\nHfApi().run_uv_job('t.py')\n", "run_uv_job"),
        ("from huggingface_hub import HfApi\napi = HfApi()\napi.run_job()\n", "run_job"),
        (
            "from huggingface_hub import HfApi\ndef start(api: HfApi):\n    api.run_uv_job('t')\n",
            "run_uv_job",
        ),
    ],
)
def test_a_call_that_starts_a_job(text: str, name: str):
    (call,) = job_calls(read(text))

    assert call.name == name
    assert starts_uv_job(call) is ("uv" in name)


@pytest.mark.parametrize(
    "text",
    [
        "import huggingface_hub\ndef run_job(): ...\nrun_job()\n",
        "import huggingface_hub\nclass A:\n    def go(self):\n        self.run_job()\n",
        "import huggingface_hub\nfrom datasets import Other\nOther().run_job()\n",
        "api.run_uv_job('train.py')\n",
        "from mine import start_job as run_uv_job  # huggingface_hub\nrun_uv_job()\n",
        "from huggingface_hub import list_jobs as run_job\nrun_job()\n",
        "from huggingface_hub import HfApi\nHfApi().whoami()\nprint('run_job')\n",
    ],
)
def test_other_calls(text: str):
    assert list(job_calls(read(text))) == []
