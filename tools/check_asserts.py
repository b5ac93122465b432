"""Refuse asserts that do not say what they seem to say: `python tools/check_asserts.py FOLDER…`.

`assert x < 0.1 if loose else 0.02` is `assert (x < 0.1) if loose else True`: parentheses belong round the bound. What
is true whatever the program does is no test either. Ruff knows `assert (x, "words")` and `assert x or True`, not these.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

_ALWAYS_TRUE = (ast.Constant, ast.JoinedStr, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Lambda, ast.GeneratorExp)


def problem(statement: ast.Assert) -> str:
    """Return in words what is wrong with an assert, "" if nothing is."""
    test = statement.test.operand if isinstance(statement.test, ast.UnaryOp) else statement.test
    if isinstance(test, ast.IfExp):
        return "a conditional expression takes the whole comparison in: put parentheses round it"
    if isinstance(test, _ALWAYS_TRUE):
        return "this does not depend on the program"
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) and any(map(_asks_for_attribute, test.values)):
        return "`or hasattr(…)` is content with an attribute: assert the one or the other"
    if isinstance(test, ast.Compare) and len(test.ops) > 1 and any(isinstance(o, ast.In | ast.NotIn) for o in test.ops):
        return "`in` in a chain of comparisons compares with the container: put parentheses"
    if isinstance(statement.msg, ast.Compare):
        return "a comparison stands in place of the message"
    return ""


def _asks_for_attribute(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hasattr"


def problems(folders: list[Path]) -> Iterator[str]:
    """Yield file, line and reason of each assert below the folders that is wrong."""
    for path in sorted(p for folder in folders for p in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
            if isinstance(node, ast.Assert) and (reason := problem(node)):
                yield f"{path}:{node.lineno}: {reason}"


if __name__ == "__main__":
    found = list(problems([Path(name) for name in sys.argv[1:]]))
    sys.exit("\n".join(found) if found else 0)
