"""A thin driver of the `pulumi` command line: one method a command, values in and out, logs never mixed."""

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from isthmus.access import PASSPHRASE, PASSPHRASE_FILE, Access
from isthmus.errors import IsthmusError
from isthmus.run.events import Story, Trouble
from isthmus.run.process import Running, end_marked
from isthmus.run.project import Project
from isthmus.supply.cache import lock

Say = Callable[[str], None]
CONFIG_FILE = "PULUMI_OPTION_CONFIG_FILE"
SETTINGS = "stacks.yaml"
MARK = "ISTHMUS_ENGINE_OF"
"""Environment of engine processes: the backend and stack they work on."""


@dataclass(frozen=True)
class Outcome:
    """How one engine command ended. `changes` counts resources by operation; `changed` lists (operation, URN)."""

    ok: bool
    log: Path
    changes: Mapping[str, int] = field(default_factory=dict)
    changed: tuple[tuple[str, str], ...] = ()
    troubles: tuple[Trouble, ...] = ()
    words: str = ""
    seconds: float = 0.0

    def count(self, *operations: str) -> int:
        return sum(self.changes.get(op, 0) for op in operations)


class EngineFailed(IsthmusError):
    """A command of the engine failed; `words` is what it said. Callers translate it (`isthmus.run.faults`)."""

    def __init__(self, command: str, words: str, log: Path) -> None:
        super().__init__(f"pulumi {command} failed", why=first_error(words), next_step=f"read {log}")
        self.words = words
        self.log = log


@dataclass(frozen=True)
class Pulumi:
    """The engine in one project, with one target. `environment` comes from `isthmus.engine`."""

    program: Path
    environment: Mapping[str, str] = field(repr=False)
    project: Project
    access: Access
    logs: Path
    running: Running = field(default_factory=Running)

    def exists(self, stack: str) -> bool:
        """Whether the stack was made; in a backend of files without asking the engine."""
        url = urlparse(self.access.backend_url)
        if url.scheme != "file":
            return stack in self.stacks()
        folder = Path(unquote(url.path)) / ".pulumi" / "stacks" / self.project.name
        return any((folder / f"{stack}.json{end}").exists() for end in ("", ".gz"))

    def stacks(self) -> tuple[str, ...]:
        """Names of the project's stacks in this backend."""
        told = json.loads(self._plain("", "stack", "ls", "--json") or "[]")
        return tuple(str(item["name"]).rsplit("/", 1)[-1] for item in told)

    def init(self, stack: str) -> None:
        """Make the stack if it is not there. Its settings go where they dirty no checkout, for a box."""
        if self.exists(stack):
            return
        folder = self.access.stacks
        if folder is None:
            self._plain(stack, "stack", "init", stack, "--no-select")
            return
        with lock(folder / "lock"):
            (folder / "Pulumi.yaml").write_text(f"name: {self.project.name}\nruntime: python\n")
            self._plain(stack, "-C", str(folder), "stack", "init", stack, "--no-select")
            made = folder / f"Pulumi.{stack}.yaml"
            # One settings file for all stacks of a box: it says no more than how secrets are encrypted.
            if made.exists() and not (folder / SETTINGS).exists():
                shutil.copy(made, folder / SETTINGS)

    def export(self, stack: str) -> dict[str, Any]:
        """The stack's deployment, secrets encrypted."""
        document: dict[str, Any] = json.loads(self._plain(stack, "stack", "export", "-s", stack))
        return document

    def put(self, stack: str, document: Mapping[str, Any]) -> None:
        """Replace the stack's deployment. The engine drops its pending operations: settle them before.

        Raises EngineFailed for one whose references do not fit.
        """
        self._plain(stack, "stack", "import", "-s", stack, given=json.dumps(document))

    def cancel(self, stack: str) -> None:
        """Remove the stack's locks."""
        self._plain(stack, "cancel", "--yes", "-s", stack)

    def opens(self, stack: str) -> bool:
        """Whether the passphrase in use opens the stack's secrets. They are read and thrown away."""
        try:
            self._plain(stack, "stack", "export", "--show-secrets", "-s", stack)
        except EngineFailed:
            return False
        return True

    def remove(self, stack: str, *, force: bool = False) -> None:
        """Forget an empty stack; with `force`, also one that is not."""
        extra = ["--force"] if force else []
        self._plain(stack, "stack", "rm", "--yes", "--preserve-config", *extra, "-s", stack)

    def with_environment(self, **more: str) -> "Pulumi":
        return replace(self, environment={**self.environment, **more})

    def up(
        self, stack: str, say: Say, *, targets: Sequence[str] = (), refresh: bool = False, expected: int = 0
    ) -> Outcome:
        chosen = [part for urn in targets for part in ("--target", urn)]
        extra = [*chosen, *(["--refresh"] if refresh else [])]
        return self._told(stack, "up", ["--yes", "--skip-preview", "--json", *extra], say, expected)

    def preview(self, stack: str, say: Say, *, refresh: bool = False) -> Outcome:
        """What `up` would do; `--json` gives one document at the end, turned into an Outcome's `changed`."""
        return self.digest(stack, say, refresh=refresh)[0]

    def digest(self, stack: str, say: Say, *, refresh: bool = False) -> tuple[Outcome, dict[str, Any]]:
        """A preview with every step's full new state (secrets blinded)."""
        log, begun = self._log(stack, "preview"), time.monotonic()
        lines: list[str] = []
        with log.open("w") as out:
            story = Story(say, out)
            say("asking the engine what would change")
            argv = ["preview", "--json", "-s", stack, *(["--refresh"] if refresh else [])]
            status = self._call(stack, argv, lines.append, story.words)
        text = "\n".join(lines)
        document = _last_object(text)
        steps = document.get("steps") or []
        troubles = tuple(
            Trouble(str(d.get("urn") or ""), str(d.get("message", "")).strip())
            for d in document.get("diagnostics") or []
            if d.get("severity") == "error"
        )
        changed = tuple((s["op"], s["urn"]) for s in steps if s["op"] not in ("same", "refresh", "read"))
        counts = document.get("changeSummary") or {}
        words = "\n".join(story.last_words) or ("" if document else text[-2000:])
        outcome = Outcome(status == 0, log, counts, changed, troubles, words, time.monotonic() - begun)
        return outcome, document

    def refresh(self, stack: str, say: Say, *, targets: Sequence[str] = (), fresh_login: bool = False) -> Outcome:
        """Bring the state to what the APIs say. `fresh_login` takes addresses and credentials as they are now,
        not as the state remembers them, by running the program."""
        chosen = [part for urn in targets for part in ("--target", urn)]
        extra = ["--run-program"] if fresh_login else []
        return self._told(stack, "refresh", ["--yes", "--skip-preview", "--json", *extra, *chosen], say, 0)

    def destroy(self, stack: str, say: Say, *, expected: int = 0) -> Outcome:
        """Delete everything of the stack, by the logins that its state holds."""
        return self._told(stack, "destroy", ["--yes", "--skip-preview", "--json"], say, expected)

    def _told(self, stack: str, command: str, extra: Sequence[str], say: Say, expected: int) -> Outcome:
        log, begun = self._log(stack, command), time.monotonic()
        with log.open("w") as out:
            log.chmod(0o600)
            story = Story(say, out, expected)
            status = self._call(stack, [command, "-s", stack, *extra], story.line, story.words)
        return Outcome(
            ok=status == 0,
            log=log,
            changes=story.changes,
            changed=tuple(story.changed),
            troubles=tuple(story.troubles),
            words="\n".join(story.last_words),
            seconds=time.monotonic() - begun,
        )

    def _plain(self, stack: str, *argv: str, given: str | None = None) -> str:
        out: list[str] = []
        errors: list[str] = []
        status = self._call(stack, list(argv), out.append, errors.append, given)
        if status:
            log = self._log(stack or "engine", argv[0] if not argv[0].startswith("-") else "init")
            log.write_text("\n".join([*errors, *out]) + "\n")
            raise EngineFailed(" ".join(a for a in argv[:2]), "\n".join([*errors, *out]), log)
        return "\n".join(out)

    def end_leftovers(self, stack: str) -> None:
        """End plugins that an engine left behind when it was killed, lest they make things after we looked.

        Only for whoever holds the stack's lock.
        """
        end_marked(MARK, self._mark(stack))

    def _mark(self, stack: str) -> str:
        return f"{self.access.backend_url}#{stack}"

    def _call(self, stack: str, argv: Sequence[str], line: Say, said: Say, given: str | None = None) -> int:
        env = {**self.environment, **self.access.environment(), MARK: self._mark(stack)}
        # A shell readied for another target may name that one's settings file.
        env.pop(CONFIG_FILE, None)
        # The engine prefers a passphrase in the environment to the file that the target names.
        env.pop(PASSPHRASE if self.access.passphrase_file else PASSPHRASE_FILE, None)
        settings = self.access.stacks / SETTINGS if self.access.stacks else None
        if settings and settings.exists():
            env[CONFIG_FILE] = str(settings)
        command = [str(self.program), "--non-interactive", "--color", "never", *argv]
        stoppable = argv[0] in ("up", "preview", "refresh", "destroy")
        return self.running.call(command, env, self.project.folder, line, said, given, stoppable=stoppable)

    def _log(self, stack: str, command: str) -> Path:
        self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        stamp = time.strftime("%H%M%S")
        return self.logs / f"{stack}-{command}-{stamp}-{os.getpid()}.log"


def first_error(words: str) -> str:
    """The first line that says what went wrong."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return re.sub(r"^error:\s*", "", (errors or lines or ["it said nothing"])[0])


def _last_object(text: str) -> dict[str, Any]:
    start = text.find("{")
    try:
        document = json.loads(text[start:]) if start >= 0 else {}
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
