"""What ends on a day: credentials and certifications. The only check that asks what day it is."""

from collections.abc import Iterator
from datetime import date, timedelta

from isthmus.check.view import View
from isthmus.errors import Finding
from isthmus.load.yaml12 import Path_

NOTICE = timedelta(days=30)


def check(view: View, today: date) -> Iterator[Finding]:
    for at, cloud in enumerate(view.shared.clouds):
        until = cloud.identity.credential_expires if cloud.identity else None
        path: Path_ = ("clouds", at, "identity", "credential_expires")
        yield from _ends(view, None, path, f"the credential of cloud '{cloud.name}'", until, today, "W102")
    for name in sorted(view.sites):
        for at, certification in enumerate(view.sites[name].certifications):
            what = f"certification '{certification.name}'"
            yield from _ends(view, name, ("certifications", at, "until"), what, certification.until, today, "W103")


def _ends(
    view: View, site: str | None, path: Path_, what: str, until: date | None, today: date, code: str
) -> Iterator[Finding]:
    if until is None or until - today > NOTICE:
        return
    left = (until - today).days
    when = f"ended {-left} days ago" if left < 0 else f"ends in {left} days" if left else "ends today"
    hint = "get a new one, put it into clouds.yaml, and write its day here"
    yield Finding(view.where(site, *path), code, f"{what} {when}", hint if code == "W102" else "renew it, or remove it")
