"""What every part of the model shares: strictness, names, addresses, owners."""

import ipaddress
import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError


class Part(BaseModel):
    """A part of what people write: unknown keys are errors, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


MOST = 2**31 - 1
"""The largest count that the databases of OpenStack's services hold: a signed integer of 32 bits."""

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?\Z")


def _name(text: str) -> str:
    if not _NAME.match(text) or len(text) > 40:
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        suggestion = re.sub(r"[^a-z0-9]+", "-", text.lower()).lstrip("-0123456789")[:40].strip("-") or "site-1"
        raise PydanticCustomError(
            "name", f"'{shown}' cannot be a name", {"fix": f"lower-case letters, digits and hyphens: {suggestion}"}
        )
    return text


def _network(value: Any) -> Any:
    if isinstance(value, IPNetwork):
        return value
    fix = "write for example 10.64.0.0/16 or 2001:db8::/48"
    try:
        if "/" not in str(value):
            raise ValueError("no prefix length")
        return ipaddress.ip_network(str(value), strict=True)
    except ValueError as problem:
        if "host bits" in str(problem):
            fix = f"did you mean {ipaddress.ip_network(value, strict=False)}?"
        raise PydanticCustomError("network", f"'{value}' is not a network", {"fix": fix}) from None


def _address(value: Any) -> Any:
    if isinstance(value, IPAddress):
        return value
    try:
        if "%" in str(value):
            raise ValueError("a zone identifier means something on one machine only")
        return ipaddress.ip_address(str(value))
    except ValueError:
        raise PydanticCustomError(
            "address", f"'{value}' is not an IP address", {"fix": "write for example 192.0.2.10 or 2001:db8::10"}
        ) from None


def _url(text: str) -> str:
    host = r"(\[[0-9a-fA-F:.]+\]|[^\s/:@?#\[\]]+)"
    match = re.match(rf"https?://{host}(:(?P<port>\d{{1,5}}))?(/\S*)?\Z", text)
    if not match or not 0 < int(match["port"] or 443) < 65536:
        raise PydanticCustomError(
            "url", f"'{text}' is not a web address", {"fix": "write for example https://keystone.example.org:5000/v3"}
        )
    return text


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
            raise ValueError("not the extended form of ISO 8601")
        return date.fromisoformat(str(value))
    except ValueError:
        raise PydanticCustomError("day", f"'{value}' is not a day", {"fix": "write for example 2027-03-31"}) from None


def _mailbox(text: str) -> str:
    if not re.match(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z", text):
        raise PydanticCustomError(
            "owner", f"'{text}' is not a mailbox", {"fix": "name a role, for example operations@example.org"}
        )
    return text


Name = Annotated[str, AfterValidator(_name), Field(description="lower-case letters, digits and hyphens")]
Network = Annotated[
    IPNetwork, PlainValidator(_network), WithJsonSchema({"type": "string", "description": "an IPv4 or IPv6 network"})
]
Address = Annotated[
    IPAddress, PlainValidator(_address), WithJsonSchema({"type": "string", "description": "an IPv4 or IPv6 address"})
]
Url = Annotated[str, AfterValidator(_url)]
Mailbox = Annotated[str, AfterValidator(_mailbox), Field(description="a role's mailbox; never a person's name")]
Count = Annotated[int, Field(ge=0, le=MOST)]
Vlan = Annotated[int, Field(ge=1, le=4094, description="IEEE 802.1Q VLAN id")]
Mtu = Annotated[int, Field(ge=1280, le=9216, description="bytes of an IP packet that fit one frame")]
Day = Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
