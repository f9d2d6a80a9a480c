"""What tokens look like, and what variables that hold one are called."""

from __future__ import annotations

import re

from tunesmith.named_tuple import NamedTuple
from tunesmith.text import regex


class Credential(NamedTuple):
    """A kind of token.

    Attributes:
        owner: whose token it is, as users read it.
        variable: the environment variable that the owner's library reads.
        begin: the letters that it begins with.
        shape: what it looks like.
    """

    owner: str
    variable: str
    begin: str
    shape: re.Pattern[str]


def _shaped(shape: str) -> re.Pattern[str]:
    """A shape that is not glued to other letters."""
    return regex(rf"(?<![\w-]){shape}(?![\w-])")


CREDENTIALS = (
    Credential("Hugging Face", "HF_TOKEN", "hf_", regex(r"hf_[A-Za-z0-9]{30,40}")),
    Credential("Hugging Face", "HF_TOKEN", "api_org_", regex(r"api_org_[A-Za-z0-9]{30,40}")),
    Credential(
        "Weights & Biases", "WANDB_API_KEY", "wandb_v", regex(r"wandb_v\d_[A-Za-z0-9_]{40,120}")
    ),
    Credential(
        "Anthropic", "ANTHROPIC_API_KEY", "sk-ant-", regex(r"sk-ant-[a-z0-9]+-[\w-]{80,120}")
    ),
    Credential(
        "OpenAI",
        "OPENAI_API_KEY",
        "sk-",
        regex(r"sk-(?:(?:proj|svcacct|admin|None)-[\w-]{40,200}|[A-Za-z0-9]{48})"),
    ),
    Credential("OpenRouter", "OPENROUTER_API_KEY", "sk-or-v1-", regex(r"sk-or-v1-[0-9a-f]{64}")),
    Credential("Groq", "GROQ_API_KEY", "gsk_", regex(r"gsk_[A-Za-z0-9]{52}")),
    Credential("GitHub", "GITHUB_TOKEN", "gh", regex(r"gh[pousr]_[A-Za-z0-9]{36,}")),
    Credential("GitHub", "GITHUB_TOKEN", "github_pat_", regex(r"github_pat_\w{60,}")),
    Credential("Google", "GOOGLE_API_KEY", "AIza", regex(r"AIza[\w-]{35}")),
    Credential("GitLab", "GITLAB_TOKEN", "glpat-", regex(r"glpat-[\w-]{20}")),
    Credential("Replicate", "REPLICATE_API_TOKEN", "r8_", regex(r"r8_[A-Za-z0-9]{37}")),
)
ANY_CREDENTIAL = _shaped("(?:" + "|".join(each.shape.pattern for each in CREDENTIALS) + ")")

_WANDB_KEY = regex(r"[0-9a-f]{40}")
WANDB = next(each for each in CREDENTIALS if each.variable == "WANDB_API_KEY")

_FEWEST_CHARACTERS = 10
"""Random letters of a token's length have more different ones than `hf_xxxx`."""
_PLACEHOLDER = regex(
    r"(.)\1{3}|your|token|example|secret|dummy|fake|placeholder|redacted|abcdef|qwerty|12345",
    re.IGNORECASE,
)
_SECRET_NAME = regex(
    r"(?:.*_)?(?:API_?KEY|ACCESS_TOKEN|O?AUTH_TOKEN|API_TOKEN|BOT_TOKEN|HUB_TOKEN|SECRET_KEY|SECRET_ACCESS_KEY"
    r"|PASSWORD|PRIVATE_KEY|CLIENT_SECRET)"
    r"|HF_\w*TOKEN|HUGGING_?FACE_\w*TOKEN|HUGGINGFACEHUB_API_TOKEN|(?:GITHUB|GH|GITLAB)_(?:TOKEN|PAT)|WANDB_(?:TOKEN|KEY)",
    re.IGNORECASE,
)
_NO_SECRET = regex(
    r"|EMPTY|none|null|dummy|fake|x+|not?[-_ ]?(?:needed|required|used|key)|unused|local|test|0|1"
    r"|true|false|(?:sk-)?no-key[\w-]*|token-abc123",
    re.IGNORECASE,
)


def may_hold_credential(text: str) -> bool:
    """Whether a long text may hold a token; far faster than a search for all of them at once."""
    return any(each.begin in text and each.shape.search(text) for each in CREDENTIALS)


def credential_of(text: str) -> Credential | None:
    """The kind of token that a text is as a whole; None for placeholders such as `hf_xxx`."""
    if not looks_random(text):
        return None
    return next((each for each in CREDENTIALS if each.shape.fullmatch(text)), None)


def is_wandb_key(text: str) -> bool:
    """Whether a text may be an old key of Weights & Biases, which look like a commit's hash."""
    return bool(_WANDB_KEY.fullmatch(text)) and looks_random(text)


def looks_random(text: str) -> bool:
    """Whether a text of a token's shape is one, and not a placeholder that somebody wrote."""
    return len(set(text)) >= _FEWEST_CHARACTERS and not _PLACEHOLDER.search(
        text.partition("_")[2] or text
    )


def names_secret(name: str) -> bool:
    """Whether a variable of that name holds a token or a password."""
    return bool(_SECRET_NAME.fullmatch(name))


def is_no_secret(value: str) -> bool:
    """Whether a value only stands where a token must stand, as vLLM's `EMPTY`."""
    return bool(_NO_SECRET.fullmatch(value))
