# mypy: disable-error-code="import-not-found, unused-ignore, import-untyped"
"""hashes.py: read passwords, a line each, and write their hashes as Keystone keeps them."""

import sys

import bcrypt

for line in sys.stdin:
    print(bcrypt.hashpw(line.strip().encode(), bcrypt.gensalt(4)).decode())
