"""The engine from Go modules, for machines where its release cannot be downloaded."""

from pathlib import Path

from isthmus.engine import pins
from isthmus.progress import Reporter, task
from isthmus.supply import go

_CLI_SECONDS = 200.0
_LANGUAGE_SECONDS = 30.0


def build_cli(reporter: Reporter) -> Path:
    """The folder with a `pulumi` built from its module; raises Unavailable when it cannot be built."""
    with task(reporter, "pulumi (build)", _CLI_SECONDS) as running:
        folder = go.build(
            f"engine/pulumi-{pins.CLI}",
            pins.MODULES / "cli",
            ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
            say=running.say,
            ldflags=f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{pins.CLI}",
        )
        running.result = f"version {pins.CLI}, {_megabytes(folder)} MB"
    return folder


def build_language(reporter: Reporter) -> Path:
    """The folder with the Python language host and its helpers; raises Unavailable when it cannot be built."""
    module = "github.com/pulumi/pulumi/sdk/v3"
    with task(reporter, "pulumi-python (build)", _LANGUAGE_SECONDS) as running:
        folder = go.build(
            f"engine/language-python-{pins.LANGUAGE_HOST}",
            pins.MODULES / "language",
            [f"{module}/python/cmd/pulumi-language-python"],
            say=running.say,
            ldflags=f"-s -w -X {module}/go/common/version.Version=v{pins.LANGUAGE_HOST}",
            module_files={
                module: ["python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"]
            },
        )
        running.result = f"version {pins.LANGUAGE_HOST}, {_megabytes(folder)} MB"
    return folder


def _megabytes(folder: Path) -> int:
    return round(sum(file.stat().st_size for file in folder.iterdir()) / 1e6)
