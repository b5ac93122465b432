"""Sphinx extension: the fields of our dataclasses with their types, defaults and the comments beside them."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import io
import textwrap
import tokenize
from enum import Enum
from typing import Any


def setup(app: Any) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", _append_fields)
    return {"parallel_read_safe": True}


def _append_fields(*event: Any) -> None:
    _, what, _, obj, _, lines = event
    if what == "class" and (dataclasses.is_dataclass(obj) or issubclass(obj, Enum)):
        lines.extend(["", *field_list(obj)])


def field_list(kind: type) -> list[str]:
    """Return a list in reStructuredText of what a class says of its fields: name, type, comment."""
    source = textwrap.dedent(inspect.getsource(kind))
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
    (tree,) = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    rows = []
    for statement in tree.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            words = ast.unparse(statement.annotation)
            if statement.value is not None:
                words += f" = {ast.unparse(statement.value)}"
            rows.append((statement.target.id, words, comments.get(statement.end_lineno or 0, "")))
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            rows.append((statement.targets[0].id, ast.unparse(statement.value), comments.get(statement.lineno, "")))
        elif isinstance(statement, ast.FunctionDef) and any(
            isinstance(d, ast.Name) and d.id == "property" for d in statement.decorator_list
        ):
            returns = ast.unparse(statement.returns) if statement.returns else ""
            rows.append((statement.name, returns, (ast.get_docstring(statement) or "").rstrip(".")))
    return [f"- ``{name}`` (``{words}``){': ' + comment if comment else ''}" for name, words, comment in rows]
