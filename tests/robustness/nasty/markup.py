"""Markdown and YAML."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from robustness.nasty.document import COMMAND, FLAGS, Nasty, nasty

FENCE = f"```bash\n{COMMAND}\n```\n"

MARKDOWN: dict[str, Callable[[int], str]] = {
    "nested quotes": lambda n: ">" * n + f" {COMMAND}\n",
    "nested quotes with blanks": lambda n: "> " * n + f"`{COMMAND}`\n",
    "nested lists": lambda n: "".join(" " * (i % 2_000) + "- a\n" for i in range(n // 10)),
    "nested lists on a line": lambda n: "- " * n + f"{COMMAND}\n",
    "nested numbers": lambda n: "1. " * n + f"{COMMAND}\n",
    "backticks": lambda n: "`" * n + f"{COMMAND}\n",
    "backticks in pairs": lambda n: "`a` " * n + "\n",
    "backticks that do not match": lambda n: "".join(
        "`" * (i % 300) + " " for i in range(n // 100)
    ),
    "tildes": lambda n: "~" * n + f"\n{COMMAND}\n",
    "stars": lambda n: "*" * n + "\n",
    "stars and letters": lambda n: "*a_" * n + "\n",
    "brackets": lambda n: "[" * n + "\n",
    "links": lambda n: "[a](" * n + "\n",
    "images": lambda n: "![" * n + "](a)" * n + "\n",
    "angles": lambda n: "<" * n + "\n",
    "tags": lambda n: "<a>" * n + "\n",
    "comments": lambda n: "<!--" * n + "\n",
    "entities": lambda n: "&amp" * n + "\n",
    "headings": lambda n: "# a\n" * n,
    "rules": lambda n: "---\n" * n,
    "fences": lambda n: "```\n" * n,
    "open fences": lambda n: f"```bash\n{COMMAND}\n" * (n // 14),  # leaves room for the fixes
    "fences in quotes": lambda n: f"> ```bash\n> {COMMAND}\n" * (n // 10),
    "fences in lists": lambda n: "- a\n\n  ```bash\n  " + f"{COMMAND}\n  ```\n" * (n // 10),
    "tables": lambda n: "|a" * n + "|\n" + "|-" * n + "|\n",
    "pipes": lambda n: "|" * n + "\n",
    "footnotes": lambda n: "[^a]: b\n" * n,
    "definitions": lambda n: "[a]: b\n" * n,
    "backslashes": lambda n: "\\" * n + "\n",
    "blank lines": lambda n: "\n" * n,
    "indents": lambda n: " " * n + f"{COMMAND}\n",
    "tabs": lambda n: "\t" * n + f"{COMMAND}\n",
    "dollars": lambda n: "$" * n + f" {COMMAND}\n",
    "prompts": lambda n: "$ " * n + f"{COMMAND}\n",
    "wrong marks": lambda n: "\u274c wrong: " * n + f"`{COMMAND}`\n",
}
YAML: dict[str, str] = {
    "a bomb": "a: &a [x, x]\n"
    + "".join(f"b{i}: &b{i} [{', '.join([f'*b{i - 1}' if i else '*a'] * 9)}]\n" for i in range(40)),
    "an anchor of itself": "a: &a [*a, *a]\n",
    "anchors in a circle": "a: &a [*b]\nb: &b [*a]\n",
    "merges of itself": "a: &a\n  <<: *a\n  run: x\n",
    "an anchor for a command": f"x: &x {COMMAND}\nrun: *x\n",
    "tabs": f"jobs:\n\trun: {COMMAND}\n",
    "brackets": "a: " + "[" * 20_000 + "\n",
    "brackets that close": "a: " + "[" * 20_000 + "]" * 20_000 + "\n",
    "braces": "a: " + "{a: " * 20_000 + "\n",
    "dashes": "- " * 20_000 + "a\n",
    "nested maps": "".join(" " * i + "a:\n" for i in range(900)),
    "documents": "---\n" * 20_000,
    "directives": "%YAML 9.9\n%TAG ! !\n" * 1_000,
    "tags": "a: " + "!!a " * 20_000 + "b\n",
    "anchors": "a: " + "&a " * 20_000 + "b\n",
    "question marks": "? " * 20_000 + "a\n",
    "colons": ":" * 100_000 + "\n",
    "quotes": "a: '" * 20_000 + "\n",
    "a quote that is not closed": "a: 'b\n",
    "a double quote that is not closed": 'a: "b\\\n',
    "a block of odd indent": f"run: |9\n {COMMAND}\nrun: |+0\n{COMMAND}\n",
    "a block without text": "run: |",
    "a block that is folded": f"run: >-\n  {COMMAND}\n\n    more\n  end\n",
    "blocks": f"a:\n  - run: |\n      {COMMAND}\n" + f"  - run: |\n      {COMMAND}\n" * 500,
    "the same key": f"run: {COMMAND}\n" * 2_000,
    "expressions": f"run: {COMMAND} ${{{{ a }}}} ${{{{ b\n",
    "open expressions": f"run: {COMMAND} {'${{ ' * 20_000}\n",
    "escapes": 'run: "hf jobs uv run \\x74rain.py \\U0001F600 --flavor l4x1 \\uD800"\n',
    "a NUL": f"run: {COMMAND} \0\n",
    "a lone surrogate": f"run: {COMMAND} \ud800\n",
    "emoji": f"😀: 1\nrun: 😀 && {COMMAND}\n",
    "U+2028": f"a: b\u2028run: {COMMAND}\n",
    "a byte order mark": f"\ufeffrun: {COMMAND}\n",
    "a line of 500 KB": f"run: {COMMAND}\na: {'b' * 500 * 1024}\n",
    "numbers": "a: " + "1" * 20_000 + "\n",
    "a backslash": f"run: {COMMAND} \\",
}


def documents() -> Iterator[Nasty]:
    for title, make in MARKDOWN.items():
        for count in (50, 2_000, 100_000):
            text = make(count if count < 100_000 or len(make(10)) < 90 else 10_000)
            yield nasty(f"md: {count:,} {title}", "README.md", FENCE + text)
            yield nasty(f"md: {count:,} {title}, before", "README.md", text + "\n\n" + FENCE)
    for title, text in YAML.items():
        steps = f"jobs:\n  a:\n    steps:\n      - run: {COMMAND}\n"
        yield nasty(f"yaml: {title}", "ci.yml", text + steps)
        yield nasty(f"yaml: {title}, later", "ci.yml", steps + text)
    yield from _text()


def _text() -> Iterator[Nasty]:
    yield nasty("md: CRLF", "README.md", "# A\r\n\r\n" + FENCE.replace("\n", "\r\n"), FLAGS)
    yield nasty("md: lone CR", "README.md", FENCE.replace("\n", "\r"))
    yield nasty("md: a byte order mark", "README.md", f"\ufeff{FENCE}", FLAGS)
    yield nasty("md: latin-1", "README.md", f"caf\xe9\n\n{FENCE}".encode("latin-1"))
    yield nasty("md: NUL", "README.md", f"a\0b\n\n{FENCE}")
    yield nasty("md: a lone surrogate", "README.md", f"a\ud800b\n\n{FENCE}")
    yield nasty(
        "md: emoji",
        "README.md",
        f"# 😀\n\n- 🚀\n\n  {FENCE.replace(chr(10), chr(10) + '  ')}",
        FLAGS,
    )
    yield nasty("md: U+2028", "README.md", f"a\u2028b\n\n{FENCE}", FLAGS)
    yield nasty("md: control characters", "README.md", f"a\x01\x02\x1b[2J\n\n{FENCE}")
    yield nasty("md: 2,000 fences", "README.md", f"{FENCE}\n" * 2_000, FLAGS)
    yield nasty("md: 500 KB", "README.md", FENCE + "\nword " * 80_000, FLAGS)
    yield nasty("md: 5 MB", "README.md", FENCE + "word\n" * 1_000_000)
    yield nasty(
        "md: Python in a fence", "README.md", f"```python\nimport os\nos.system('{COMMAND}')\n```\n"
    )
    nested = f"```python\nx = {'(' * 20_000}\nos.system('{COMMAND}')\n```\n"
    yield nasty("md: nested Python in a fence", "README.md", nested)
