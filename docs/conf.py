"""How `make docs` builds the site: Sphinx with MyST (the pages are plain Markdown) and Furo, without any network."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "qmnmr"
author = "The qmnmr developers"
copyright = "2026, the qmnmr developers"
version = release = metadata.version("qmnmr")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "field_comments"]
exclude_patterns = ["*-proofs"]

myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # the command line's help begins at the second level

default_role = "literal"  # docstrings write `code` as Markdown does
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
python_use_unqualified_type_names = True
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = f"qmnmr {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
pygments_style = "default"
