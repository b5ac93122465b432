"""Prose of Markdown has one sentence a line, and nothing else is touched."""

from __future__ import annotations

import pytest

from tools.sentence_lines import at_sentences


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("One. Two\nends here.", "One.\nTwo ends here."),
        ("- **Lead.** One. Two.\n  Three.\n- Four.", "- **Lead.** One.\n  Two.\n  Three.\n- Four."),
        ("> One. Two.", "> One.\n> Two."),
        (
            "Grimme et al. say so (J. Chem. Phys. 2010. More). End.",
            "Grimme et al. say so (J. Chem. Phys. 2010. More).\nEnd.",
        ),
        ("Run `a. B` now. wB97X is a name. 3. is no item.", "Run `a. B` now. wB97X is a name. 3. is no item."),
    ],
    ids=["paragraph", "list", "quotation", "brackets and abbreviations", "code, small letters, items"],
)
def test_prose(text: str, wanted: str):
    assert at_sentences(text) == wanted
    assert at_sentences(wanted) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "```console\n$ a. B\nC. D\n```",
        "| One. Two | Three |\n|---|---|",
        "# A. B",
        "<!-- run. This -->",
        "    code. More",
    ],
)
def test_what_is_no_prose_stays(text: str):
    assert at_sentences(text) == text
