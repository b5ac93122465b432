"""Where a user's own settings are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def user_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Return $XDG_CONFIG_HOME/qmnmr, ~/.config/qmnmr without that variable; it need not exist."""
    base = (os.environ if environment is None else environment).get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "qmnmr"
