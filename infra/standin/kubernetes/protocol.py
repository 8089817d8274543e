"""Pulumi's wire messages, loaded without importing the whole SDK.

`import pulumi` takes a second, which every provider process would pay. The
generated messages import only protobuf and each other, so they are loaded
from the SDK's folder under a package name of their own.
"""

import importlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import Any

_PACKAGE = "_isthmus_pulumi_protocol"


def _load(module: str) -> Any:
    if _PACKAGE not in sys.modules:
        found = importlib.util.find_spec("pulumi")
        if found is None or not found.submodule_search_locations:
            raise ImportError("the Pulumi SDK for Python is not installed beside this provider")
        package = types.ModuleType(_PACKAGE)
        package.__path__ = [str(Path(found.submodule_search_locations[0]) / "runtime" / "proto")]
        sys.modules[_PACKAGE] = package
    return importlib.import_module(f"{_PACKAGE}.{module}")


messages = _load("provider_pb2")
services = _load("provider_pb2_grpc")
plugin = _load("plugin_pb2")
status = _load("status_pb2")
