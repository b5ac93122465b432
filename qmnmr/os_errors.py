"""What the operating system refuses every day: sentences and exit codes for it, in one table."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass

from qmnmr.errors import InputError, QmnmrError, SiteError

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""No space, no inodes, or the quota is used up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    kind: type[QmnmrError]
    words: str
    hint: str


_NOT_YOURS = _Refusal(
    kind=InputError,
    words="you may not read or write it",
    hint="whose it is, `ls -ld` tells; name a folder of yours with --out, or ask its owner",
)
_FULL = _Refusal(
    kind=SiteError,
    words="its disk is full, or your quota is used up",
    hint="free space or files there; nothing finished is lost, the same command goes on",
)
_SICK = _Refusal(
    kind=SiteError,
    words="its file system does not answer as it should",
    hint="try again; if it stays so, tell whoever runs this machine",
)
_REFUSALS: dict[int, _Refusal] = {
    errno.EACCES: _NOT_YOURS,
    errno.EPERM: _NOT_YOURS,
    errno.EROFS: _Refusal(
        kind=InputError, words="it is on a read-only file system", hint="name a folder elsewhere with --out"
    ),
    errno.ENOENT: _Refusal(kind=InputError, words="it is not there", hint="check the path"),
    errno.ENOTDIR: _Refusal(kind=InputError, words="it is a file where a folder is meant", hint="check the path"),
    errno.EISDIR: _Refusal(kind=InputError, words="it is a folder where a file is meant", hint="check the path"),
    errno.ENAMETOOLONG: _Refusal(kind=InputError, words="its name is too long", hint="choose a shorter one"),
    errno.ELOOP: _Refusal(kind=InputError, words="it is a link to itself", hint="check the path"),
    **dict.fromkeys(DISK_FULL, _FULL),
    **dict.fromkeys((errno.EIO, errno.ESTALE, errno.ENXIO, errno.ETIMEDOUT), _SICK),
    **dict.fromkeys(
        (errno.EMFILE, errno.ENFILE),
        _Refusal(kind=SiteError, words="too many files are open", hint="raise the limit: `ulimit -n 4096`"),
    ),
}


def everyday_error(error: OSError) -> QmnmrError | None:
    """Return what a user is told of an error of the operating system; None if it is not one of every day."""
    refusal = _REFUSALS.get(error.errno or 0)
    if refusal is _FULL and error.filename is None:  # what writes to an open file, such as stdout, names none
        return refusal.kind(f"what is written now: {refusal.words} ({error.strerror})", hint=refusal.hint)
    if refusal is None or error.filename is None:
        return None
    path = os.fsdecode(error.filename) if isinstance(error.filename, bytes | str) else str(error.filename)
    return refusal.kind(f"{path}: {refusal.words} ({error.strerror})", hint=refusal.hint)
