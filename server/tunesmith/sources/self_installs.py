"""Whether a script's own code installs packages."""

from __future__ import annotations

from tunesmith.sources.python_script import PythonScript
from tunesmith.text import regex_with_words

_INSTALLS = regex_with_words(
    r"(?:\bsubprocess\.|\bos\.system\(|(?:run|check_call|Popen)\()"
    r"[^)]{0,80}\b(?:pip|uv)\b[^)]{0,40}\b(?:install|add)\b"
    r"|[\"']pip[\"'],\s*[\"']install[\"']",
    ("subprocess", "os.system", "run(", "check_call(", "Popen(", '"pip"', "'pip'"),
)


def installs_by_itself(script: PythonScript) -> bool:
    """Whether a script runs pip or uv to install packages."""
    return _INSTALLS.search(script.text) is not None
