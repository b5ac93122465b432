"""The script that sbatch gets, rendered from `slurm_templates/`."""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import traceback
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import jinja2
from jinja2 import nodes

from qmnmr.cluster.sites.site_profile import SiteProfile
from qmnmr.cluster.slurm.environment import REQUEUE_EXIT_CODE
from qmnmr.errors import SiteError
from qmnmr.image.image_file import StatedImage
from qmnmr.programs.container import Bind, container_argv

_VARIABLE = re.compile(r"\$\{?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptValues:
    """What a template may place; docs/reference/templates.md explains each."""

    site: SiteProfile
    directives: str  # the #SBATCH lines
    command: str  # starts the task, as shell words
    folder: Path  # of the submission, private
    run_folder: Path
    task_count: int
    scratch_folders: tuple[str, ...]  # as shell words; one that is empty on the node is passed over
    scratch_needed_mb: int
    grace_seconds: int  # from the signal that ends the task to the kill
    images: tuple[StatedImage, ...] = ()  # of the site's container
    read_folders: tuple[Path, ...] = ()  # that the task reads beside its run folder


def template_folder() -> Path:
    """Return the folder of qmnmr's own templates: in the wheel beside the code, in a checkout at its top."""
    package = Path(__file__).resolve().parents[2]
    installed = package / "slurm_templates"
    return installed if installed.is_dir() else package.parent / "slurm_templates"


def render_script(values: ScriptValues) -> str:
    """Return the script of an array.

    Raises SiteError if the site's template is missing, can be written by others, uses a variable nobody set, fills a
    block that is not there, does not start the task, or gives what bash can't read.
    """
    template = Path(values.site.template)
    folders = [template_folder()]
    if template.is_absolute():
        _refuse_foreign(template)
        folders.insert(0, template.parent)
    environment = _environment(tuple(folders))
    try:
        _known_blocks(environment, template.name)
        script = environment.get_template(template.name).render(
            site=values.site,
            directives=values.directives,
            command=values.command,
            folder=values.folder,
            run_folder=values.run_folder,
            task_count=values.task_count,
            scratch_folders=values.scratch_folders,
            scratch_needed_mb=values.scratch_needed_mb,
            grace_seconds=values.grace_seconds,
            images=values.images,
            launcher=_launcher(values),
            requeue_code=REQUEUE_EXIT_CODE,
            qmnmr_version=metadata.version("qmnmr"),
        )
    except jinja2.TemplateNotFound as error:
        raise SiteError(
            f"site {values.site.name} wants the template {values.site.template}, but there is no {error.name}",
            hint=f"templates are in {template_folder()}; an own one is named by its absolute path",
        ) from None
    except jinja2.TemplateError as error:
        raise SiteError(
            f"the template {values.site.template}{_line_of(error)} can't be rendered: {error}",
            hint="docs/reference/templates.md lists the variables and blocks",
        ) from None
    _check_script(script, values)
    return script


@lru_cache(maxsize=4)
def _environment(folders: tuple[Path, ...]) -> jinja2.Environment:
    """Return what reads templates of these folders; it compiles one anew only where its file has changed."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  (a shell script; what a user wrote goes through the filter `quote`)
    )
    environment.filters["quote"] = lambda value: shlex.quote(str(value))
    return environment


def _known_blocks(environment: jinja2.Environment, name: str) -> set[str]:
    """Return the blocks that a template has, with those of the ones that it extends.

    Raises SiteError for a block that it would fill and that they don't have: jinja2 drops it without a word.
    """
    if environment.loader is None:
        raise jinja2.TemplateNotFound(name)
    source, path, _ = environment.loader.get_source(environment, name)
    tree = environment.parse(source)
    blocks = {block.name for block in tree.find_all(nodes.Block)}
    parents = [n.template.value for n in tree.find_all(nodes.Extends) if isinstance(n.template, nodes.Const)]
    if not parents:
        return blocks
    known = _known_blocks(environment, parents[0])
    for block in tree.body:
        if isinstance(block, nodes.Block) and block.name not in known:
            raise SiteError(
                f"{path}, line {block.lineno}: {parents[0]} has no block {block.name!r}",
                hint=f"its blocks are {', '.join(sorted(known))}",
            )
    return known | blocks


def _line_of(error: jinja2.TemplateError) -> str:
    """Return in words the line of a template where an error is, "" if that is not known."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return f", line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    return next((f", line {frame.lineno}" for frame in reversed(frames) if frame.filename.endswith(".j2")), "")


def _check_script(script: str, values: ScriptValues) -> None:
    """Raise SiteError if a script does not start the task, or is no bash."""
    if values.command not in script:
        raise SiteError(
            f"the template {values.site.template} starts no task: its script lacks the command",
            hint="extend array.sh.j2, and keep its block task",
        )
    done = subprocess.run(
        ["bash", "-n"], executable="/bin/bash", input=script, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        words = done.stderr.strip().splitlines()[0] if done.stderr.strip() else f"exit code {done.returncode}"
        raise SiteError(
            f"bash can't read the script of the template {values.site.template}: {words}",
            hint="mend the shell in its blocks: every task would end there",
        )


def _launcher(values: ScriptValues) -> str:
    """Return the shell words, one blank after them, that start the task inside the image IMAGE; empty: outside.

    Raises SiteError for a folder that can't be bound.
    """
    container = values.site.container
    if container is None or container.runs != "task":
        return ""
    folders = (values.run_folder, *values.read_folders, *map(Path, container.binds))
    binds = [Bind(source=folder, target=folder) for folder in folders]
    argv = container_argv(Path("IMAGE"), (), binds=binds, folder=values.run_folder, command=container.command)
    *words, _ = argv
    return " ".join([*map(shlex.quote, words), '${SCRATCH_DIR:+--bind "$SCRATCH_DIR"}', '"$IMAGE"', ""])


def shell_words(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Return folders as shell words in which only $NAME and ${NAME} are replaced, by nothing if not set."""
    words = []
    for folder in folders:
        parts, position = [], 0
        for found in _VARIABLE.finditer(folder):
            parts.append(shlex.quote(folder[position : found.start()]) if found.start() > position else "")
            parts.append(f'"${{{found["name"]}:-}}"')
            position = found.end()
        rest = folder[position:]
        words.append("".join(parts) + (shlex.quote(rest) if rest else ""))
    return tuple(words)


def _refuse_foreign(path: Path) -> None:
    if not path.is_file():
        raise SiteError(f"there is no template {path}")
    status = path.stat()
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or status.st_uid not in (0, os.getuid()):
        raise SiteError(
            f"{path} can be written by others; what it says is run in your jobs",
            hint=f"`chmod go-w {shlex.quote(str(path))}`, and own it",
        )
