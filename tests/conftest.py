"""Quick tests first, so that what fails fails early; lab tests, which build real parts, last and file by file."""

import pytest

_ORDER = ("unit", "golden", "lab")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        parts = item.path.parts
        return next((i for i, name in enumerate(_ORDER) if name in parts), len(_ORDER))

    items.sort(key=rank)
    for item in items:
        if "lab" in item.path.parts:
            # A file's tests follow each other on one worker: they share its parts.
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
