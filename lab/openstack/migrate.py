"""Databases of a new cloud: made once by the services' own migrations, kept in the cache as SQL, then copied."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from isthmus.errors import Unavailable
from isthmus.progress import Reporter, task
from isthmus.supply import pyenv
from isthmus.supply.cache import part
from lab.openstack import config
from lab.openstack.database import Database
from lab.openstack.parts import INSIDE, REQUIREMENTS, MariaDB
from lab.openstack.private import Passwords, keys
from lab.openstack.spec import CloudSpec

_TEMPLATE = CloudSpec("template", "template", ())
# Longest first, so that the short ones fill the second core meanwhile.
_ORDER = ("nova", "neutron", "keystone", "cinder", "glance", "placement")


def digest() -> str:
    """What the templates depend on: the releases, and the program that makes them."""
    content = hashlib.sha256()
    for path in (REQUIREMENTS, INSIDE / "schema.py"):
        content.update(path.read_bytes())
    return content.hexdigest()[:12]


def templates(environment: Path, mariadb: MariaDB, reporter: Reporter) -> Path:
    """The folder with a `NAME.sql` per database, made by migrations on first use (about a minute on two cores)."""
    return part(
        f"openstack-databases/{digest()}",
        lambda scratch: _make(scratch, environment, mariadb, reporter),
        waiting=lambda: reporter.said("openstack databases", "waiting for another run that makes them"),
    )


def _make(scratch: Path, environment: Path, mariadb: MariaDB, reporter: Reporter) -> None:
    server = Database(scratch / "server", mariadb)
    with task(reporter, "openstack databases", expected_s=80) as job:
        try:
            server.start(job.say)
            settings = config.Settings(
                _TEMPLATE, scratch / "cloud", environment, server, dict.fromkeys(config.SERVICES, 9), "unused"
            )
            config.write(settings)
            keys(settings.folder)
            for name in (name for names in config.DATABASES.values() for name in names):
                server.run(_create(settings.database_name(name)))
            with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
                list(pool.map(lambda service: _migrate(service, settings, scratch, job.say), _ORDER))
        finally:
            server.stop()
    cells = scratch / "nova_api.sql"
    text = cells.read_text().replace(str(server.socket), "@@SOCKET@@").replace("/template_nova", "/@@NAME@@_nova")
    cells.write_text(text)
    for folder in ("server", "cloud"):
        shutil.rmtree(scratch / folder)


def _migrate(service: str, settings: config.Settings, into: Path, say: Callable[[str], None]) -> None:
    say(f"running {service}'s migrations")
    log = settings.folder / "log" / f"{service}.log"
    databases = [f"{name}={settings.database_url(name)}" for name in config.DATABASES[service]]
    program = [str(pyenv.python(settings.environment)), "-P", str(INSIDE / "schema.py")]
    env = {"PATH": os.environ.get("PATH", ""), "HOME": str(settings.folder), "PYTHONWARNINGS": "ignore"}
    env["PYTHONPATH"] = config.import_path(settings.folder)
    with log.open("w") as out:
        done = subprocess.run(
            [*program, service, str(settings.etc), str(into), *databases],
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env=env,
            cwd=settings.folder,
            check=False,
        )
    if done.returncode:
        lines = [line for line in log.read_text().splitlines() if line.strip()]
        raise Unavailable(
            f"the migrations of {service} failed",
            why=(lines or ["it wrote nothing"])[-1][:400],
            next_step="see that the disk of the cache has space, then run the command again",
        )


def load(settings: config.Settings, service: str, folder: Path, passwords: Passwords) -> None:
    """Make a cloud's databases of one service from the templates in `folder`; what was in them is lost."""
    marks = {"@@SOCKET@@": str(settings.database.socket), "@@NAME@@": settings.spec.name}
    if service == "keystone":
        marks["@@REGION@@"] = settings.spec.region
        marks |= {f"@@URL_{name}@@": settings.url(name) for name in config.SERVICES}
        marks["@@ADMIN_HASH@@"], marks["@@SERVICE_HASH@@"] = _hashes(settings, passwords)
    for name in config.DATABASES[service]:
        database = settings.database_name(name)
        settings.database.run(f"DROP DATABASE IF EXISTS `{database}`; {_create(database)}")
        settings.database.run(_fill((folder / f"{name}.sql").read_text(), marks), database)


def readdress(settings: config.Settings) -> None:
    """Give the catalogue the addresses of today, after ports or the database's socket have moved."""
    keystone, nova_api = settings.database_name("keystone"), settings.database_name("nova_api")
    statements = [
        f"UPDATE `{keystone}`.endpoint JOIN `{keystone}`.service ON endpoint.service_id = service.id"
        f" SET url = REGEXP_REPLACE(url, '^http://127[.]0[.]0[.]1:[0-9]+', '{settings.url(name)}')"
        f""" WHERE service.extra LIKE '%"name": "{name}"%' AND url LIKE 'http://127.0.0.1:%';"""
        for name in config.SERVICES
    ]
    statements += [
        f"UPDATE `{nova_api}`.cell_mappings SET database_connection = '{settings.database_url('nova_' + cell)}'"
        f" WHERE database_connection LIKE '%nova_{cell}?%';"
        for cell in ("cell0", "cell1")
    ]
    settings.database.run("\n".join(statements))


def _create(database: str) -> str:
    return f"CREATE DATABASE `{database}` CHARACTER SET utf8mb3;"


def _fill(text: str, marks: Mapping[str, str]) -> str:
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text


def _hashes(settings: config.Settings, passwords: Passwords) -> list[str]:
    program = [str(pyenv.python(settings.environment)), "-P", str(INSIDE / "hashes.py")]
    lines = f"{passwords.admin}\n{passwords.service}\n"
    done = subprocess.run(program, input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(
            "the cloud's passwords cannot be set",
            why=done.stderr.strip()[-300:],
            next_step=f"remove {settings.environment} and run the command again: it is made anew",
        )
    return done.stdout.split()
