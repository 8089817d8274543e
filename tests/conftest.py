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
            # One worker per group: all that share the session's box stay together, other files keep their own parts.
            shared = "bench" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("bench" if shared else item.path.stem))
