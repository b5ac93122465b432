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
    app.connect("autodoc-process-signature", _without_fields)
    return {"parallel_read_safe": True}


def _append_fields(*event: Any) -> None:
    _, what, _, obj, _, lines = event
    if what == "class" and (dataclasses.is_dataclass(obj) or issubclass(obj, Enum)):
        lines.extend(["", *field_list(obj)])
    elif what == "module" and obj.__name__ == "qmnmr":
        lines.clear()  # the page has said it


def _without_fields(*event: Any) -> tuple[str, None] | None:
    """Leave the arguments of a dataclass to the list of its fields."""
    _, what, _, obj, *_ = event
    return ("", None) if what == "class" and (dataclasses.is_dataclass(obj) or issubclass(obj, Enum)) else None


def field_list(kind: type) -> list[str]:
    """Return a list in reStructuredText of what a class says of its fields: name, type, comment."""
    source = textwrap.dedent(inspect.getsource(kind))
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
    (tree,) = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    rows = []
    for statement, following in zip(tree.body, [*tree.body[1:], ast.Pass()], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            words = ast.unparse(statement.annotation)
            said = comments.get(statement.end_lineno or 0, "")
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                said = " ".join(str(following.value.value).split()).rstrip(".")
            rows.append((statement.target.id, words, said))
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            rows.append((statement.targets[0].id, ast.unparse(statement.value), comments.get(statement.lineno, "")))
        elif isinstance(statement, ast.FunctionDef) and any(
            isinstance(d, ast.Name) and d.id == "property" for d in statement.decorator_list
        ):
            returns = ast.unparse(statement.returns) if statement.returns else ""
            rows.append((statement.name, returns, (ast.get_docstring(statement) or "").rstrip(".")))
    return [f"- ``{name}`` (``{words}``){': ' + comment if comment else ''}" for name, words, comment in rows]
