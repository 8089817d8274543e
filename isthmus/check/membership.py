"""Sites and clouds: every site is in exactly one cloud, and every cloud's site has a folder."""

import os
from collections.abc import Iterator

from isthmus.check.view import View
from isthmus.errors import Finding
from isthmus.load.words import nearest


def check(view: View) -> Iterator[Finding]:
    owner: dict[str, tuple[int, int]] = {}
    meant: set[str] = set()
    named = {site for cloud in view.shared.clouds for site in cloud.sites}
    for at, cloud in enumerate(view.shared.clouds):
        for number, site in enumerate(cloud.sites):
            path = ("clouds", at, "sites", number)
            if site in owner:
                other, earlier = owner[site]
                line = view.where(None, "clouds", other, "sites", earlier).line
                message = f"site '{site}' is in cloud '{view.shared.clouds[other].name}' already"
                hint = f"it is named in line {line} too; a site has one cloud"
                yield Finding(view.where(None, *path), "E205", message, hint)
                continue
            owner[site] = (at, number)
            if site not in view.loaded.folders:
                right = nearest(site, view.loaded.folders - named)
                meant.add(right)
                hint = f"did you mean '{right}'?" if right else f"write {site}/site.yaml, or remove the site here"
                message = f"site '{site}' has no file"
                if (closed := view.loaded.folder / site).is_dir() and not os.access(closed, os.X_OK):
                    message, hint = f"the folder of site '{site}' cannot be entered", f"make {site}/ readable for you"
                yield Finding(view.where(None, *path), "E207", message, hint)
    for site in sorted(view.sites.keys() - owner.keys() - meant):
        message = f"no cloud names site '{site}'"
        yield Finding(view.where(site, "site"), "E206", message, "add it to a cloud's sites in federation.yaml")
