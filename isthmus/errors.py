"""The one family of errors a user ever sees.

Every error says where, what, why and what to do next. Code that meets an
exception from a library turns it into one of these at the driver boundary;
the command line prints them and nothing else, so that no traceback reaches
a user.
"""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Location:
    """A place in a file: path as the user knows it; line and column count from 1, 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong (or doubtful) in what people wrote.

    `code` is stable (E1xx one value, E2xx between values, E3xx ledger,
    W... warnings); `message` says what and why in one sentence; `hint` is
    the fix or the nearest right word.
    """

    where: Location
    code: str
    message: str
    hint: str = ""

    @property
    def is_error(self) -> bool:
        return self.code.startswith("E")

    def __str__(self) -> str:
        text = f"{self.where}  {self.code}  {self.message}"
        return f"{text}\n    {self.hint}" if self.hint else text


class IsthmusError(Exception):
    """An expected failure: `what` happened, `why`, and the `next_step`.

    `exit_code` is the command line's: 1 failed, 2 bad input, 3 changes
    pending, 4 drift.
    """

    exit_code = 1

    def __init__(self, what: str, *, why: str = "", next_step: str = "", where: Location | str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_step = next_step
        self.where = where

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.why:
            lines.append(f"    because {self.why}")
        if self.next_step:
            lines.append(f"    next: {self.next_step}")
        return "\n".join(lines)


class BadInput(IsthmusError):
    """What people wrote, or asked for, cannot be used. Carries all findings at once."""

    exit_code = 2

    def __init__(
        self,
        what: str,
        *,
        findings: tuple[Finding, ...] = (),
        why: str = "",
        next_step: str = "",
        where: Location | str = "",
    ) -> None:
        super().__init__(what, why=why, next_step=next_step, where=where)
        self.findings = findings


class Refused(IsthmusError):
    """A guard said no: doing it would lose data or touch what belongs to others. Nothing was changed."""


class Unavailable(IsthmusError):
    """Something outside is missing, down, or refuses us: an API, a download, a tool."""


class Busy(IsthmusError):
    """Somebody else holds the lock."""
