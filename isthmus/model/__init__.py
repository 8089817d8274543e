"""What people write about a federation, typed.

One file holds what is shared (`federation.yaml`), one folder per site holds
what that site's institution owns (`SITE/site.yaml`). These classes are the
single source of the JSON Schema, of the reference pages, and of every check
on one value; checks between values live in `isthmus.check`.
"""
