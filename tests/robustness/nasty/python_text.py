"""Python files in odd encodings, with odd line ends and odd characters."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from robustness.nasty.document import COMMAND, FLAGS, Nasty, nasty

CALL = 'from trl import SFTTrainer\ntrainer = SFTTrainer("m", model_init_kwargs={"a": 1})\n'
FOUND = frozenset({"misplaced-model-init-kwargs"})
HEADER = '# /// script\n# dependencies = ["trl", "flash-attn"]\n# ///\n'


def python(title: str, text: str | bytes, findings: frozenset[str] | None = None) -> Nasty:
    return nasty(title, "train.py", text, findings)


def documents() -> Iterator[Nasty]:
    yield from _encodings()
    yield from _line_ends()
    yield from _characters()
    yield from _broken()


def _encodings() -> Iterator[Nasty]:
    accented = "name = 'Jos\xe9'\n" + CALL
    yield python("Python 2", 'print "no"\nexec "code"\nraise ValueError, "no"\n' + CALL)
    yield python("latin-1, declared", f"# coding: latin-1\n{accented}".encode("latin-1"), FOUND)
    yield python("latin-1, not declared", accented.encode("latin-1"))
    yield python("UTF-8 declared as ASCII", f"# coding: ascii\n{accented}")
    for codec in ("no-such", "rot13", "hex", "zlib", "idna", "undefined", "utf-7", "mbcs", "\xe9"):
        yield python(f"coding {codec}", f"# -*- coding: {codec} -*-\n{CALL}")
    yield python("byte order mark", codecs.BOM_UTF8 + accented.encode(), FOUND)
    yield python("two byte order marks", codecs.BOM_UTF8 * 2 + CALL.encode())
    yield python("byte order mark inside", CALL.encode() + codecs.BOM_UTF8 + b"\n")
    yield python("UTF-16", codecs.BOM_UTF16_LE + accented.encode("utf-16-le"), FOUND)
    yield python("UTF-16, big end first", codecs.BOM_UTF16_BE + accented.encode("utf-16-be"), FOUND)
    yield python("UTF-16, cut in half", codecs.BOM_UTF16_LE + accented.encode("utf-16-le")[:-1])
    yield python("UTF-16 without mark", CALL.encode("utf-16-le"))
    yield python("UTF-32", codecs.BOM_UTF32_LE + CALL.encode("utf-32-le"))
    yield python("encoded surrogates", CALL.encode() + b"x = '\xed\xa0\x80'\n")
    yield python("bytes that are no text", bytes(range(256)) * 40)
    yield python("empty", b"")
    yield python("a mark alone", codecs.BOM_UTF8)
    yield python("one NUL", b"\0")


def _line_ends() -> Iterator[Nasty]:
    text = HEADER + f'"""Start:\n\n    {COMMAND}\n"""\n' + CALL
    found = FOUND | FLAGS | {"flash-attn-under-uv"}
    yield python("CRLF", text.replace("\n", "\r\n"), found)
    yield python("lone CR", text.replace("\n", "\r"))
    mixed = "".join(
        line.rstrip("\n") + ("\n", "\r\n")[index % 2]
        for index, line in enumerate(text.splitlines(keepends=True))
    )
    yield python("LF and CRLF in turns", mixed, found)
    yield python("no line end at the end", text.rstrip("\n"), found)
    yield python("CR before CRLF", text.replace("\n", "\r\r\n"))
    yield python("form feeds", text.replace("\nfrom", "\n\f\nfrom") + "\f\n", found)
    yield python("a form feed at the start", "\f" + text, FOUND | FLAGS)
    yield python("form feed before code", text.replace("\nfrom", "\n\ffrom"))
    yield python("only form feeds and tabs", "\f\t\v\f\n \t\f" * 50 + CALL)
    for name, mark in (("U+2028", "\u2028"), ("U+0085", "\x85"), ("vertical tab", "\v")):
        yield python(f"{name} in a string", f"x = 'a{mark}b'\n" + text, found)
        yield python(f"{name} in code", f"x = 1{mark}y = 2\n" + text)


def _characters() -> Iterator[Nasty]:
    yield python("NUL in a string", "x = 'a\0b'\n" + CALL)
    yield python("NUL in code", "x = 1\0\n" + CALL)
    yield python("NUL in a comment", "# a\0b\n" + CALL)
    yield python("lone surrogate in a string", "x = '\ud800'\n" + CALL)
    yield python("lone surrogate before the call", f"# \udc00\n{CALL}# \ud83d\n")
    yield python("emoji before the call", "x = '😀🚀'; " + CALL.replace("\n", "; ", 1), FOUND)
    yield python("emoji in the call", CALL.replace('"m"', '"👩\u200d👩\u200d👧"'), FOUND)
    yield python("emoji identifiers", "😀 = 1\n" + CALL)
    yield python(
        "letters of many scripts", "变量 = 1\nпеременная = 2\nﬁ = 3\nº = 4\n" + CALL, FOUND
    )
    yield python("right to left", f"# \u202e\u2066 \u05d0\u05d1\n{CALL}# \u2069\n", FOUND)
    yield python("combining characters", "x = 'e" + "\u0301" * 5_000 + "'\n" + CALL, FOUND)
    yield python(
        "escape sequences", "x = '\x1b[2J\x1b]0;title\x07'; " + CALL.replace("\n", "; ", 1)
    )
    yield python("control characters", "x = '" + "".join(map(chr, range(1, 9))) + "'\n" + CALL)
    yield python("the substitute character", CALL + "\x1a")
    yield python("noncharacters", "x = '\ufffe\uffff\U0010ffff'\n" + CALL, FOUND)
    yield python("tabs", CALL + "if trainer:\n\tpass\n        \nif 1:\n\tif 2:\n\t\tpass\n", FOUND)
    yield python("tabs and blanks mixed", CALL + "if 1:\n\tx = 1\n        y = 2\n")
    yield python("a long name", "x" * 100_000 + " = 1\n" + CALL)


def _broken() -> Iterator[Nasty]:
    for title, text in {
        "a string": "x = 'abc\n",
        "a long string": 'x = """abc\n' * 3,
        "an f-string": "x = f'{a'\n",
        "an f-string's field": "x = f'{'\n",
        "a bracket": "x = (1,\n",
        "a call": CALL.rstrip("\n)"),
        "a subscript": "x = [1, 2\n",
        "a dict": "x = {'a': 1,\n",
    }.items():
        yield python(f"{title} that is not closed", CALL + text)
        yield python(f"{title} that is not closed, before", text + CALL)
    yield python("a backslash at the end", CALL + "x = 1 + \\")
    yield python("a backslash and a line end at the end", CALL + "x = 1 + \\\n")
    yield python("a backslash in a string at the end", CALL + "x = '\\")
    yield python("an indent too much", CALL + "  x = 1\n")
    yield python("brackets closed twice", CALL + "x = (1))]}\n")
    yield python("conflict marks", f"<<<<<<< ours\n{CALL}=======\n{CALL}>>>>>>> theirs\n")
    yield python("a header that is not closed", HEADER.replace("# ///\n", "") + CALL)
    yield python("two headers", HEADER + "\n" + HEADER + CALL)
    yield python("a header of brackets", f"# /// script\n# a = {'[' * 20_000}\n# ///\n" + CALL)
    yield python("a header of dots", f"# /// script\n# {'a.' * 20_000}a = 1\n# ///\n" + CALL)
    yield python("a header of tables", "# /// script\n" + "# [[a.b]]\n" * 9_000 + "# ///\n" + CALL)
    many = ", ".join(f'"package-{number}>=1"' for number in range(5_000))
    yield python("a header of 5,000", f"# /// script\n# dependencies = [{many}]\n# ///\n" + CALL)
    odd = '["", "-", "é", "a @", "a @ file:///x", 1, "trl>=", "trl; x", "trl[", "\\ud800"]'
    yield python("a header of nonsense", f"# /// script\n# dependencies = {odd}\n# ///\n" + CALL)
