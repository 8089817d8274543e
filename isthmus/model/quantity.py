"""Quantities with units: bytes, bits per second, durations, and counted devices.

Decimal prefixes are decimal and binary ones binary (IEC 80000-13), so 360 TB
is 360e12 bytes and 360 TiB is 360 * 2**40. A bare number is refused: the unit
is part of what the author means.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_BYTE_UNITS = {
    "B": 1,
    **{f"{p}B": 1000 ** (i + 1) for i, p in enumerate(["k", "M", "G", "T", "P"])},
    "KB": 1000,
    **{f"{p}iB": 1024 ** (i + 1) for i, p in enumerate(["K", "M", "G", "T", "P"])},
}
_MOST_BYTES = 2**63 - 1
"""What Kubernetes quantities and the databases below OpenStack hold: a signed integer of 64 bits."""
_RATE_UNITS = {"kb": 10**3, "Mb": 10**6, "Gb": 10**9, "Tb": 10**12}
_TIME_UNITS: dict[str, int | Fraction] = {"ms": Fraction(1, 1000), "s": 1, "min": 60, "h": 3600, "d": 86400}
_NUMBER = re.compile(r"\s*([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([A-Za-z/]*)\s*\Z")


def parse_bytes(text: object) -> int:
    """`360TB`, `1.5 TiB` -> bytes. Raises the error 'unit' otherwise."""
    count = int(_scaled(text, _BYTE_UNITS, "write {n}TB (decimal) or {n}TiB (binary)"))
    if count > _MOST_BYTES:
        raise PydanticCustomError("unit", f"'{text}' is more than can be counted", {"fix": "the largest is 8191PiB"})
    return count


def parse_rate(text: object) -> int:
    """`10Gb` or `10Gb/s` -> bits per second. Raises the error 'unit' otherwise."""
    stripped = text.removesuffix("/s") if isinstance(text, str) else text
    return int(_scaled(stripped, _RATE_UNITS, "write {n}Gb or {n}Mb (bits per second)"))


def parse_duration(text: object) -> float:
    """`250ms`, `30 s`, `5min`, `24h`, `30d` -> seconds. Raises the error 'unit' otherwise."""
    return float(_scaled(text, _TIME_UNITS, "write {n}s, {n}min, {n}h or {n}d"))


def _scaled(text: object, units: Mapping[str, int | Fraction], fix: str) -> Fraction | int:
    match = _NUMBER.match(text) if isinstance(text, str) else None
    if match and match[2] in units:
        return (Fraction(match[1]) if "." in match[1] else int(match[1])) * units[match[2]]
    number = match[1] if match else text if isinstance(text, int | float) and not isinstance(text, bool) else "10"
    shown = f"'{text}'" if isinstance(text, str) else str(text)
    problem = "is not a quantity" if isinstance(text, str) and not match else "has no unit I know"
    raise PydanticCustomError("unit", f"{shown} {problem}", {"fix": fix.format(n=number)})


@dataclass(frozen=True)
class Devices:
    """A count of one kind of device, written `4 x H100`."""

    count: int
    kind: str

    def __str__(self) -> str:
        return f"{self.count} x {self.kind}"


_DEVICES = re.compile(r"\s*([0-9]{1,9})\s*[xX]\s*([A-Za-z0-9](?:[A-Za-z0-9.+-]{0,38}[A-Za-z0-9])?)\s*\Z")


def parse_devices(text: object) -> Devices:
    """`4 x H100`, `3 x 1g.10gb` -> Devices. Raises the error 'devices' otherwise."""
    if isinstance(text, Devices):
        return text
    match = _DEVICES.match(text) if isinstance(text, str) else None
    if not match or int(match[1]) == 0:
        raise PydanticCustomError(
            "devices", f"'{text}' is not a count of devices", {"fix": "write for example 4 x H100"}
        )
    return Devices(int(match[1]), match[2])


def _memory(count: int) -> int:
    if count < 2**20:
        raise PydanticCustomError("unit", f"{count} bytes are too little memory", {"fix": "the smallest is 1MiB"})
    return count


def format_bytes(count: int) -> str:
    """The shortest exact-enough form people use: binary where it divides well, else decimal."""
    for unit in ("PiB", "TiB", "GiB", "MiB"):
        scaled = count / _BYTE_UNITS[unit]
        if scaled >= 1 and scaled * 2 == int(scaled * 2):
            return f"{scaled:.10g} {unit}"
    for unit in ("PB", "TB", "GB", "MB"):
        if count >= _BYTE_UNITS[unit]:
            scaled = count / _BYTE_UNITS[unit]
            return f"{scaled:.0f} {unit}" if scaled >= 1000 else f"{scaled:.4g} {unit}"
    return f"{count} B"


def _schema(pattern: str, example: str, meaning: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example], "description": meaning})


Bytes = Annotated[
    int, PlainValidator(parse_bytes), _schema(r"^\s*\d+(\.\d+)?\s*([kKMGTP]i?)?B\s*$", "360TB", "an amount of bytes")
]
Memory = Annotated[Bytes, AfterValidator(_memory)]
"""Main memory of a server; nova counts it in MiB and refuses none."""
Rate = Annotated[
    int,
    PlainValidator(parse_rate),
    _schema(r"^\s*\d+(\.\d+)?\s*[kMGT]b(/s)?\s*$", "10Gb", "bits per second"),
]
Duration = Annotated[
    float,
    PlainValidator(parse_duration),
    _schema(r"^\s*\d+(\.\d+)?\s*(ms|s|min|h|d)\s*$", "24h", "a length of time"),
]
DeviceCount = Annotated[
    Devices,
    PlainValidator(parse_devices),
    _schema(r"^\s*\d+\s*[xX]\s*[A-Za-z0-9].*$", "4 x H100", "a count of devices of one kind"),
]
