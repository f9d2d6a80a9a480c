"""Shell scripts, PowerShell scripts, makefiles, justfiles and Dockerfiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from robustness.nasty.document import COMMAND, FLAGS, Nasty, nasty

SHELL: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "(" * n + "\n",
    "command substitutions": lambda n: "echo " + "$(" * n + "a" + ")" * n + "\n",
    "open substitutions": lambda n: "echo " + "$(" * n + "\n",
    "quoted substitutions": lambda n: "echo " + '"$(' * n + "a" + ')"' * n + "\n",
    "parameters": lambda n: "echo " + "${a:-" * n + "b" + "}" * n + "\n",
    "braces": lambda n: "echo " + "{a," * n + "b" + "}" * n + "\n",
    "sums": lambda n: "echo $((" + "(" * n + "1" + ")" * n + "))\n",
    "ifs": lambda n: "if a; then\n" * n + "b\n" + "fi\n" * n,
    "functions": lambda n: "f() {\n" * n + "b\n" + "}\n" * n,
    "cases": lambda n: "case a in a)\n" * n + "b\n" + ";; esac\n" * n,
    "here documents": lambda n: "cat <<A\n" * n + "A\n" * n,
    "backticks": lambda n: "`" * (n + 1) + "\n",
    "quotes": lambda n: "'\"" * n + "\n",
    "dollars": lambda n: "echo " + "$" * n + "\n",
    "backslashes": lambda n: "echo " + "\\" * n + "\n",
    "pipes": lambda n: "a" + " | a" * n + "\n",
    "and": lambda n: "a" + " && a" * n + "\n",
    "exclamation marks": lambda n: "! " * n + "a\n",
    "redirections": lambda n: "a" + " > b" * n + "\n",
    "assignments": lambda n: "A=1 " * n + "b\n",
    "semicolons": lambda n: ";" * n + "\n",
    "words": lambda n: f"{COMMAND}{' a' * n}\n",
    "options": lambda n: f"{COMMAND}{' --env A=1' * n}\n",
    "lines continued": lambda n: COMMAND + " \\\n  a" * n + "\n",
    "elements of an array": lambda n: f"A=({'a ' * n})\n{COMMAND} ${{A[@]}}\n",
    "variables": lambda n: (
        "".join(f"A{i}=$A{i - 1}\n" for i in range(1, n)) + f"{COMMAND} $A{n - 1}\n"
    ),
}
UNFINISHED = {
    "a quote": " 'abc",
    "a double quote": ' "abc',
    "a C quote": " $'abc",
    "a substitution": " $(abc",
    "a parameter": " ${abc",
    "a backtick": " `abc",
    "a sum": " $((1",
    "a here document": " <<EOF\nabc\n",
    "a quoted here document": " <<'EOF'\nabc\n",
    "a here document without a name": " <<\n",
    "a pipe": " |",
    "and": " &&",
    "a backslash": " \\",
    "a backslash and a line end": " \\\n",
    "a redirection": " >",
    "an array": "\nA=(a b",
    "a function": "\nf() {",
    "a NUL": " \0 a\n",
    "a lone surrogate": " \ud800 a\n",
    "emoji": " 😀🚀 --flavor\n",
    "escape sequences": " \x1b[2J\n",
    "control characters": " \x01\x02\ufffc\n",
    "U+2028": " a\u2028b\n",
    "a form feed": " a\fb\n",
    "a lone CR": " a\rb\n",
}
CIRCLES = {
    "variables in a circle": "A=$B\nB=$A\n",
    "a variable of itself": "A=$A\n",
    "a variable doubled": 'A="--flavor l4x1"\n' + 'A="$A $A"\n' * 60,
    "variables doubled": "A0=x\n" + "".join(f'A{i}="$A{i - 1} $A{i - 1}"\n' for i in range(1, 61)),
    "an array doubled": "A=(x)\n" + 'A=("${A[@]}" "${A[@]}")\n' * 60,
    "an array that grows": "A=(x)\n" + 'A+=("${A[@]}")\n' * 60,
    "a command of itself": 'A="hf jobs uv run $A"\n$A\n',
    "an alias of itself": "alias hf='hf hf'\nalias a=b\nalias b=a\na\n",
    "a function of itself": 'hf() { hf "$@"; }\n',
    "positional parameters": 'set -- "$@" "$@"\n' * 60,
}
MAKE: dict[str, str] = {
    "variables in a circle": "A = $(B)\nB = $(A)\n",
    "a variable of itself": "A = $(A)\nA += $(A)\n",
    "a variable doubled": "A = x\n" + "A := $(A) $(A)\n" * 60,
    "variables doubled": "A0 = x\n"
    + "".join(f"A{i} = $(A{i - 1}) $(A{i - 1})\n" for i in range(1, 61)),
    "nested references": "A = " + "$(" * 20_000 + ")" * 20_000 + "\n",
    "open references": "A = " + "$(" * 20_000 + "\n",
    "definitions": "define A\n" * 10_000,
    "conditions": "ifdef A\n" * 10_000,
    "dollars": "A = " + "$" * 20_001 + "\n",
    "continued lines": "A = \\\n" * 20_000,
    "targets": "a: b\n" * 20_000,
    "tabs": "\t\n" * 20_000,
    "colons": ":" * 100_000 + "\n",
}
DOCKER = {
    "a here document": "RUN <<EOF\n",
    "here documents": "RUN <<A <<B <<'C'\n" * 1_000,
    "continued lines": "RUN a \\\n" * 20_000,
    "another escape": "# escape=`\nRUN a `\n  b\n",
    "a list that is not closed": 'RUN ["a", "b"\n',
    "brackets": "RUN " + "[" * 20_000 + "\n",
    "nested parameters": "ENV A=" + "${A:-" * 10_000 + "\n",
    "variables in a circle": "ENV A=$B\nENV B=$A\n",
    "a variable doubled": "ENV A=x\n" + "ENV A=$A$A\n" * 60,
    "instructions": "ONBUILD " * 20_000 + "RUN a\n",
    "comments": "# a\n" * 20_000,
    "a backslash": "RUN a \\",
}
POWERSHELL = {
    "a here string": '$a = @"\n',
    "a literal here string": "$a = @'\n",
    "parentheses": "(" * 10_000 + "\n",
    "subexpressions": '"' + "$(" * 10_000 + "\n",
    "braces": "{" * 10_000 + "}" * 10_000 + "\n",
    "hash tables": "@{a=" * 10_000 + "\n",
    "backticks": "`" * 20_001 + "\n",
    "continued lines": "a `\n" * 10_000,
    "pipes": "a" + " | a" * 10_000 + "\n",
    "quotes": "'\"" * 20_000 + "\n",
    "a comment": "<# a\n",
    "variables in a circle": "$a = $b\n$b = $a\n",
    "a variable doubled": "$a = 'x'\n" + "$a = $a + $a\n" * 60,
    "an array that grows": "$a = @('x')\n" + "$a += $a\n" * 60,
    "a splat of itself": "$a = @('hf', @a)\n& hf @a\n",
    "a backtick at the end": "hf `",
}

JUST = {
    "open braces": "b:\n    x " + "{{" * 20_000 + "\n",
    "blank lines": "b:\n    x\n" + "   \n" * 20_000,
    "continuations": "b:\n    x " + "\\\n" * 20_000,
    "a shebang alone": "b:\n    #!",
    "the shebang of nothing known": f"b:\n    #!/bin/x\n    {COMMAND}",
    "less indentation": f"b:\n    #!/bin/sh\n  {COMMAND}\n",
}


def documents() -> Iterator[Nasty]:
    for title, make in SHELL.items():
        for count in (50, 2_000, 20_000):
            yield nasty(f"sh: {count:,} {title}", "run.sh", f"{COMMAND}\n{make(count)}", None)
    for title, text in UNFINISHED.items():
        yield nasty(f"sh: {title}", "run.sh", f"{COMMAND}{text}")
        findings = None if {"\0", "\ud800"}.intersection(text) else FLAGS
        yield nasty(f"sh: {title}, later", "run.sh", f"{COMMAND}\necho{text}", findings)
    for title, text in CIRCLES.items():
        use = f'{text}{COMMAND} $A ${{A[@]}} "$@" $A60\n'
        yield nasty(f"sh: {title}", "run.sh", use)
    for title, text in MAKE.items():
        recipe = f"all:\n\t{COMMAND} $(A) $(A60)\n"
        yield nasty(f"make: {title}", "Makefile", recipe + text)
        yield nasty(f"make: {title}, before", "Makefile", text + recipe)
    for title, text in JUST.items():
        recipe = f"a:\n    {COMMAND} {{{{x}}}}\n"
        yield nasty(f"just: {title}", "justfile", recipe + text)
        yield nasty(f"just: {title}, before", "justfile", f"{text}\n{recipe}")
    for title, text in DOCKER.items():
        recipe = f"FROM a\nRUN {COMMAND} $A\n"
        yield nasty(f"docker: {title}", "Dockerfile", recipe + text)
        yield nasty(f"docker: {title}, before", "Dockerfile", text + recipe)
    for title, text in POWERSHELL.items():
        yield nasty(f"ps1: {title}", "run.ps1", f"{COMMAND} $a @a\n{text}")
        yield nasty(f"ps1: {title}, before", "run.ps1", f"{text}{COMMAND} $a @a\n")
    yield from _large()


def _large() -> Iterator[Nasty]:
    yield nasty("sh: CRLF", "run.sh", f"#!/bin/sh\r\n{COMMAND}\r\n", FLAGS)
    yield nasty("sh: lone CR", "run.sh", f"#!/bin/sh\r{COMMAND}\r")
    yield nasty("sh: a byte order mark", "run.sh", f"\ufeff{COMMAND}\n", FLAGS)
    yield nasty("sh: latin-1", "run.sh", f"# caf\xe9\n{COMMAND}\n".encode("latin-1"))
    yield nasty("sh: UTF-16", "run.sh", f"\ufeff{COMMAND}\n".encode("utf-16-le"), FLAGS)
    yield nasty("sh: 5,000 commands", "run.sh", f"{COMMAND}\n" * 5_000, FLAGS)
    yield nasty("sh: 5,000 commented commands", "run.sh", f"# {COMMAND}\n" * 5_000)
    yield nasty("sh: 5,000 words before", "run.sh", f"{'a ' * 5_000}{COMMAND}\n")
    yield nasty("sh: a line of 512 KB", "run.sh", f"{COMMAND}\necho {'a' * 500 * 1024}\n", FLAGS)
    yield nasty("sh: 5 MB", "run.sh", f"{COMMAND}\n" * 120_000)
    yield nasty("sh: Japanese", "run.sh", f"echo '日本語'; {COMMAND}\n", FLAGS)
    yield nasty("sh: jobs everywhere", "run.sh", "jobs " * 50_000 + "run\n")
    yield nasty("sh: almost commands", "run.sh", "hf jobs " + "-" * 100_000 + " run\n")
    yield nasty("sh: half commands", "run.sh", "hf jobs uv\n" * 20_000)
