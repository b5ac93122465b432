"""What all pages have in common: templates that escape every value, one style, one script, and a strict policy.

A page is one file that asks nothing of a network. Its policy allows the very style and script that stand in it, by
their digests, and nothing else: were a name to come through as markup, it would do nothing.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from jinja2 import Environment

_HARMLESS = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def rendered(template: str, *, script: str, values: dict[str, Any], data: object = None) -> str:
    """Return a page of a template; `data` comes to the script as JSON."""
    from markupsafe import Markup

    style_text, script_text = asset("page.css"), "\n".join(('"use strict";', asset("sorting.js"), asset(script)))
    policy = (
        f"default-src 'none'; script-src '{_digest(script_text)}'; style-src '{_digest(style_text)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        _environment()
        .get_template(template)
        .render(
            **values,
            policy=policy,
            style=Markup(style_text),  # noqa: S704  # our own files
            script=Markup(script_text),  # noqa: S704
            data=Markup(embedded_json(data)),  # noqa: S704  # no character in it can end the element that it is in
        )
    )


def embedded_json(value: object) -> str:
    """Return a value as JSON that can stand in an element of HTML: nothing in it ends a script or begins one."""
    text = msgspec.json.encode(value).decode()
    for character, escaped in _HARMLESS.items():
        text = text.replace(character, escaped)
    return text


@lru_cache(maxsize=8)
def asset(name: str) -> str:
    """Return the text of a file that goes into pages."""
    return (resources.files("qmnmr.report.page") / "assets" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def assets_digest() -> bytes:
    """Return what tells pages of one version of qmnmr from those of another."""
    files = sorted(
        (file.name, file.read_bytes()) for file in (resources.files("qmnmr.report.page") / "assets").iterdir()
    )
    return hashlib.sha256(repr((metadata.version("qmnmr"), files)).encode()).digest()


@lru_cache(maxsize=8)
def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("qmnmr.report.page", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
