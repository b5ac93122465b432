"""What decides whether a stored result may be used again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping


def input_digest(text: str, settings: Mapping[str, str]) -> str:
    """Return the SHA-256 (hex) of an input's text and of the engine's settings, in whatever order they are given.

    Settings that the text doesn't spell out decide numbers too: a finer grid of tomorrow's version is another
    calculation.
    """
    return hashlib.sha256((text + json.dumps(dict(settings), sort_keys=True)).encode()).hexdigest()
