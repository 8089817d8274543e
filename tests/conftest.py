"""Quick tests first, so that what fails fails early; lab tests, which build real parts, last."""

import pytest

_ORDER = ("unit", "golden", "lab")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        parts = item.path.parts
        return next((i for i, name in enumerate(_ORDER) if name in parts), len(_ORDER))

    items.sort(key=rank)
