"""Quantities: units are parsed exactly, bare numbers are refused, what is printed can be read again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from isthmus.model.quantity import Devices, format_bytes, parse_bytes, parse_devices, parse_duration, parse_rate


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("360TB", 360 * 10**12),
        ("360 TiB", 360 * 2**40),
        ("1.5TiB", 3 * 2**39),
        ("0.1TB", 10**11),
        ("512MiB", 2**29),
        ("64 kB", 64_000),
        ("7B", 7),
        ("9007199254740993B", 9007199254740993),
    ],
)
def test_bytes(text: str, value: int) -> None:
    assert parse_bytes(text) == value


@pytest.mark.parametrize(
    "text",
    ["360", "360 T", "360 tb", "360Gb", "TB", "", "-1TB", "1,5TB", "1e3TB", "1TB 2GB", 360, 1.5, True, None, [1]],
)
def test_bytes_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        parse_bytes(text)
    assert caught.value.type == "unit"
    assert caught.value.context and caught.value.context["fix"]


@pytest.mark.parametrize(
    ("text", "value"), [("10Gb", 10**10), ("10Gb/s", 10**10), ("2.5 Gb/s", 25 * 10**8), ("200Mb", 2 * 10**8)]
)
def test_rates(text: str, value: int) -> None:
    assert parse_rate(text) == value


@pytest.mark.parametrize("text", ["10GB", "10", "10Gb/h", "Gb", 10])
def test_rates_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        parse_rate(text)


@pytest.mark.parametrize(
    ("text", "value"), [("250ms", 0.25), ("30 s", 30), ("5min", 300), ("24h", 86400), ("30d", 2592000)]
)
def test_durations(text: str, value: float) -> None:
    assert parse_duration(text) == pytest.approx(value)


def test_devices() -> None:
    assert parse_devices("4 x H100") == parse_devices(" 4xH100 ") == Devices(4, "H100")
    assert str(parse_devices("3 x 1g.10gb")) == "3 x 1g.10gb"
    for wrong in ("0 x H100", "H100", "4 H100", "4 x", "-1 x H100", 4, None):
        with pytest.raises(PydanticCustomError):
            parse_devices(wrong)


@settings(deadline=None)
@given(st.integers(1, 9 * 10**6), st.sampled_from(["B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB"]))
def test_whole_bytes_are_exact(number: int, unit: str) -> None:
    scale = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
    assert parse_bytes(f"{number}{unit}") == number * scale[unit]


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=10**18))
def test_what_is_printed_reads_back_near_enough(count: int) -> None:
    assert parse_bytes(format_bytes(count)) == pytest.approx(count, rel=1e-3)


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=10**6), st.sampled_from([1024**2, 1024**3, 1024**4]))
def test_binary_sizes_read_back_exactly(count: int, unit: int) -> None:
    assert parse_bytes(format_bytes(count * unit)) == count * unit


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_a_quantity_or_refused(text: str) -> None:
    for parse in (parse_bytes, parse_rate, parse_duration, parse_devices):
        try:
            parse(text)
        except PydanticCustomError as refused:
            assert refused.type in ("unit", "devices")


def test_more_bytes_than_anybody_counts_are_refused() -> None:
    assert parse_bytes("8191PiB") < 2**63
    with pytest.raises(PydanticCustomError):
        parse_bytes("8192PiB")
