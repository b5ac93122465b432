"""Libraries of the system that wheels need, and small images of Debian lack."""

from __future__ import annotations

_DEBIAN = {
    "libgomp.so.1": "libgomp1",
    "libXrender.so.1": "libxrender1 libxext6",
    "libXext.so.6": "libxrender1 libxext6",
    "libX11.so.6": "libxrender1 libxext6",
}
"""By their name the packages that have them, and what is asked for next."""


def import_problem(error: ImportError) -> str:
    """Return in words why a package can't be loaded, and what to install where that is known."""
    reason = str(error.__cause__ or error)
    packages = _DEBIAN.get(reason.partition(":")[0])
    return f"{reason}; Debian: apt-get install {packages}" if packages else reason
