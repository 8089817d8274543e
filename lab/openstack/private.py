"""Secrets of a cloud: passwords and keys, random per cloud, in files that only their owner may read."""

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from isthmus.private import write_private


@dataclass(frozen=True)
class Passwords:
    """Of a cloud: its administrator's, and the one its services share."""

    admin: str = field(repr=False)
    service: str = field(repr=False)


def passwords(folder: Path) -> Passwords:
    """The cloud's passwords, random, made on first use and readable by their owner only."""
    path = folder / "passwords.json"
    if not path.exists():
        made = {"admin": secrets.token_urlsafe(24), "service": secrets.token_urlsafe(24)}
        write_private(path, json.dumps(made))
    return Passwords(**json.loads(path.read_text()))


def keys(folder: Path) -> None:
    """Keystone's key repositories, made on first use: 0 is the staged key, 1 the primary one."""
    for name in ("fernet", "credential"):
        repository = folder / "keys" / name
        repository.mkdir(parents=True, exist_ok=True)
        repository.chmod(0o700)
        for number in ("0", "1"):
            if not (repository / number).exists():
                write_private(repository / number, base64.urlsafe_b64encode(os.urandom(32)).decode())
