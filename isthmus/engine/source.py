"""The engine from Go modules, for machines where its release cannot be downloaded."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from isthmus.engine import pins
from isthmus.progress import Reporter, task
from isthmus.supply import cache, go

_SDK = "github.com/pulumi/pulumi/sdk/v3"


@dataclass(frozen=True)
class _Program:
    """What is asked of `go.build`, and what people are told of it."""

    task: str
    expected_s: float
    version: str
    part: str
    source: Path
    package: str
    module_files: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def ldflags(self) -> str:
        return f"-s -w -X {_SDK}/go/common/version.Version=v{self.version}"

    def built(self) -> Path | None:
        return go.built(self.part, self.source, [self.package], ldflags=self.ldflags, module_files=self.module_files)

    def build(self, reporter: Reporter) -> Path:
        if done := self.built():
            return done
        with task(reporter, self.task, self.expected_s) as running:
            folder = go.build(
                self.part,
                self.source,
                [self.package],
                say=running.say,
                ldflags=self.ldflags,
                module_files=self.module_files,
            )
            running.result = f"version {self.version}, {megabytes(folder)} MB"
        return folder


_CLI = _Program(
    task="pulumi (build)",
    expected_s=200,
    version=pins.CLI,
    part=f"engine/pulumi-{pins.CLI}",
    source=pins.MODULES / "cli",
    package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
)
_LANGUAGE = _Program(
    task="pulumi-python (build)",
    expected_s=30,
    version=pins.LANGUAGE_HOST,
    part=f"engine/language-python-{pins.LANGUAGE_HOST}",
    source=pins.MODULES / "language",
    package=f"{_SDK}/python/cmd/pulumi-language-python",
    module_files={_SDK: ["python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"]},
)


def is_built() -> bool:
    """Whether the command line is here already, so that `build_cli` returns at once."""
    return _CLI.built() is not None


def build_cli(reporter: Reporter) -> Path:
    """The folder with a `pulumi` built from its module; raises Unavailable when it cannot be built."""
    return _CLI.build(reporter)


def build_language(reporter: Reporter) -> Path:
    """The folder with the Python language host and its helpers; raises Unavailable when it cannot be built."""
    return _LANGUAGE.build(reporter)


def together(cli: Path, language: Path) -> Path:
    """One folder with the programs of both: the command line takes a language host beside it as its own."""

    def make(scratch: Path) -> None:
        for program in [*cli.iterdir(), *language.iterdir()]:
            try:
                os.link(program, scratch / program.name)
            except OSError:
                shutil.copy2(program, scratch / program.name)

    return cache.part(f"engine/built-{cli.name}-{language.name}", make)


def megabytes(folder: Path) -> int:
    """Size of the files in `folder`, in 10^6 bytes."""
    return round(sum(file.stat().st_size for file in folder.iterdir()) / 1e6)
