"""The characters of a text as PDF files, browsers and word processors give them, made one spelling.

Line breaks stay where they are, so that places are still right.
"""

from __future__ import annotations

import html
import re
import unicodedata

_SUPERSCRIPTS = {"⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9"}

# The delta of the Symbol font and of broken encodings is another letter in every PDF.
_ONE_FOR_ONE = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63\uff0d", "-"),
        **dict.fromkeys(
            "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\f\v", " "
        ),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"),
        **dict.fromkeys("\u2032\u2019\u2018\u02b9\u00b4`\u02bc", "'"),
        **dict.fromkeys("\u2033\u201d\u201c\u02ba", "''"),
        **dict.fromkeys("∂␦ð\uf064", "δ"),
        "×": "x",
        "∼": "~",
        "≃": "≈",
    }
)
_SPECIAL = re.compile(r"[^\t -~]|[\\^$_<&`]")
_RAISED = re.compile(f"[{''.join(_SUPERSCRIPTS)}]+")
_RAISED_MARKUP = re.compile(r"<sup>\s*(?P<inside>[^<>\n]{1,8}?)\s*</sup>", re.IGNORECASE)
_OTHER_MARKUP = re.compile(r"</?(?:sup|sub|i|b|em|strong|span|p|br|font)\b[^<>\n]*>", re.IGNORECASE)
_MIDDLE_DOT = re.compile(r"(?<=\d)[·⋅∙•](?=\d)")

_LATEX_RAISED = re.compile(r"(?:\{\})?\^\s*\{?\s*(?P<digits>\d{1,3})\s*\}?(?=[\\\w{]*[A-Z])")
_LATEX_WORDS = re.compile(r"\\(?:mathrm|text\w*|mathit|rm|it|ce|[,;:! ])|\$")
_LATEX_LOWERED = re.compile(r"(?<=[A-Za-zδ)])_\{{0,2}(?P<inside>[A-Za-z0-9,'\-]{1,6})\}{0,2}")
_LATEX_GROUP = re.compile(r"\{(?!(?:1H|13C|19F|31P)\})(?P<inside>[A-Za-z0-9,'\-]{1,12})\}")


def clean(text: str) -> str:
    """Return a text in one spelling: one hyphen, one delta, plain digits, blanks and quotes; lines stay lines.

    A raised number before a letter is an isotope or the bonds of a coupling (13C, 3J); behind a number it is the mark
    of a footnote, which becomes "^1".
    """
    return "\n".join(_clean_line(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def _clean_line(line: str) -> str:
    if line.isascii() and not _SPECIAL.search(line):
        return line
    line = _RAISED_MARKUP.sub(lambda m: _raised(m, m["inside"]), html.unescape(line))
    line = _RAISED.sub(lambda m: _raised(m, "".join(_SUPERSCRIPTS[c] for c in m[0])), _OTHER_MARKUP.sub("", line))
    line = _MIDDLE_DOT.sub(".", line.translate(_ONE_FOR_ONE))
    line = unicodedata.normalize("NFKC", line).translate(_ONE_FOR_ONE)
    return _without_latex("".join(c if c == "\t" or c.isprintable() else " " for c in line))


def _raised(found: re.Match[str], inside: str) -> str:
    before, after = found.string[: found.start()], found.string[found.end() :].lstrip()
    is_mark = before[-1:].isdigit() and not after[:1].isupper()
    return f"^{inside}" if is_mark else inside


def _without_latex(line: str) -> str:
    if not set(line) & set("\\^$_"):
        return line
    line = re.sub(r"\\(?:up)?delta(?![a-z])", "δ", line).replace(r"\times", "x").replace(r"\pm", "±")
    line = _LATEX_WORDS.sub("", line.replace(r"\{", "{").replace(r"\}", "}"))
    line = _LATEX_RAISED.sub(lambda m: m["digits"], line)
    line = _LATEX_LOWERED.sub(lambda m: m["inside"], line)
    return _LATEX_GROUP.sub(lambda m: m["inside"], line)
