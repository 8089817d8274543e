"""The versions of the engine and its providers, in one place.

The Python SDKs are pinned in `pyproject.toml` to match: a test compares.
"""

from pathlib import Path

CLI = "3.255.0"
"""The Pulumi command line, equal to the `pulumi` package."""

OLDEST_CLI = (3, 255, 0)
"""A `pulumi` on PATH fits from this version on, within the same major version: older ones lack options we use."""

LANGUAGE_HOST = "3.79.0"
"""The last version whose Python language host builds from a Go module; used only where the CLI is built too."""

RELEASES = "https://get.pulumi.com/releases/sdk"
CHECKSUMS = "https://github.com/pulumi/pulumi/releases/download"
PLUGINS = "https://get.pulumi.com/releases/plugins"

MODULES = Path(__file__).parent / "modules"
"""A folder per program that is built here, with its go.mod and go.sum."""
