"""A cloud of the box: an OpenStack control plane with an identity service of its own."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from isthmus.errors import Unavailable
from isthmus.progress import Reporter, task
from isthmus.supply.cache import lock
from lab import ports
from lab.openstack import config, migrate, parts, private, services, state
from lab.openstack.database import Database
from lab.openstack.parts import MariaDB
from lab.openstack.private import Passwords
from lab.openstack.spec import CloudSpec
from lab.process import PartStatus


def prepare(reporter: Reporter) -> None:
    """Bring in everything that any cloud needs; no cloud is needed for it, and it is done once per machine."""
    with task(reporter, "openstack packages", expected_s=40) as job:
        environment = parts.environment(job.say)
        mariadb = parts.mariadb(job.say)
    migrate.templates(environment, mariadb, reporter)


class OpenStackCloud:
    """One cloud in `folder`. Clouds that are given the same `shared` folder share its database server."""

    def __init__(self, folder: Path, spec: CloudSpec, shared: Path | None = None) -> None:
        self.folder = folder.resolve()
        self.spec = spec
        self.shared = (shared or folder / "database").resolve()

    @property
    def name(self) -> str:
        return self.spec.name

    def prepare(self, reporter: Reporter) -> None:
        """See `prepare`."""
        prepare(reporter)

    def up(self, reporter: Reporter) -> None:
        """Bring the cloud to what its spec says: starts what is down or crashed, follows a changed spec.

        Does nothing when all is well. Raises Unavailable with the part and its reason.
        """
        prepare(reporter)
        with self._alone(reporter), task(reporter, f"openstack {self.name}", expected_s=45) as job:
            settings, passwords = self._made(choose_ports=True)
            with settings.database.users() as users:
                (users / self.name).touch()
                settings.database.start(job.say)
            digests = config.write(settings)
            private.keys(self.folder)
            self._fill_databases(settings, passwords, reporter, job.say)
            started = services.start(settings, digests)
            job.say(f"starting {', '.join(started)}" if started else "everything runs already")
            services.wait(settings, job.say)
            if started:
                services.warm(settings, passwords)
            if "nova" in started:
                services.retire(settings, passwords)
            job.result = f"{settings.url('keystone')}/v3, {len(self.spec.hosts)} hosts"

    def down(self) -> None:
        """End every process of the cloud, and the database server when no other cloud uses it. Data stay."""
        if not self.folder.exists():
            return
        with self._alone():
            settings = self._known()
            services.stop(settings)
            self._leave_database(settings.database)

    def wipe(self) -> None:
        """`down`, and remove the cloud's databases and folder."""
        self.down()
        if self._known().database.folder.exists() and state.State.read(self.folder).ports:
            settings, _ = self._made(choose_ports=False)
            database = settings.database
            with database.users() as users:
                database.start(lambda _: None)
                names = [name for group in config.DATABASES.values() for name in group]
                database.run("".join(f"DROP DATABASE IF EXISTS `{settings.database_name(name)}`;" for name in names))
                if not any(users.iterdir()):
                    database.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def status(self) -> list[PartStatus]:
        """Every part, the database server included; never raises, also when nothing was ever started."""
        settings = self._known()
        database = settings.database
        server = database.daemon.status(str(database.socket), database.answers)
        return [server, *services.status(settings)]

    def clouds_yaml_entry(self) -> dict[str, Any]:
        """The cloud as the administrator's entry for a clouds.yaml. It holds the password.

        Raises Unavailable when the cloud was never started.
        """
        settings, passwords = self._made(choose_ports=False)
        return {
            "region_name": self.spec.region,
            "interface": "public",
            "identity_api_version": "3",
            "auth": {
                "auth_url": f"{settings.url('keystone')}/v3",
                "username": "admin",
                "password": passwords.admin,
                "project_name": "admin",
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
        }

    def stop_service(self, service: str) -> None:
        """A fault: one service goes away (`keystone`, `placement`, `glance`, `neutron`, `cinder`, `nova`)."""
        services.daemon(service, self._known()).stop()

    def start_service(self, service: str) -> None:
        """The end of the fault: start the service again and wait until it answers."""
        settings, passwords = self._made(choose_ports=False)
        services.daemon(service, settings).start()
        services.wait(settings, lambda _: None)
        services.warm(settings, passwords)

    def logs(self) -> dict[str, Path]:
        """Each part's log."""
        return {part.name: part.log for part in self.status()}

    def _known(self) -> config.Settings:
        """What is remembered, for looking and ending: nothing is installed, chosen or written for it."""
        remembered = state.State.read(self.folder)
        known = {service: remembered.ports.get(service, 0) for service in config.SERVICES}
        return config.Settings(self.spec, self.folder, Path(), Database(self.shared, MariaDB(Path("/"))), known, "")

    def _made(self, choose_ports: bool) -> tuple[config.Settings, Passwords]:
        """What services run with: installed parts, passwords, and, if asked, ports that are free or ours."""
        remembered = state.State.read(self.folder)
        if choose_ports:
            looking = self._known()
            running = [service for service in config.SERVICES if services.daemon(service, looking).alive()]
            remembered.ports = ports.keep_or_choose(remembered.ports, config.SERVICES, running)
            remembered.write(self.folder)
        elif not remembered.ports:
            raise Unavailable(
                f"the cloud {self.name} was never started",
                why=f"{self.folder} holds nothing of it",
                next_step="run `isthmus lab up`",
            )
        passwords = private.passwords(self.folder)
        database = Database(self.shared, parts.mariadb(lambda _: None))
        environment = parts.environment(lambda _: None)
        made = config.Settings(self.spec, self.folder, environment, database, remembered.ports, passwords.service)
        return made, passwords

    def _fill_databases(
        self,
        settings: config.Settings,
        passwords: Passwords,
        reporter: Reporter,
        say: Callable[[str], None],
    ) -> None:
        remembered = state.State.read(self.folder)
        release = migrate.digest()
        older = sorted(service for service, made in remembered.loaded.items() if made != release)
        if older:
            raise Unavailable(
                f"the databases of {self.name} are of another release",
                why=f"{', '.join(older)} were made by an older version of the box",
                next_step="remove the box with its data (`isthmus lab down --wipe`) and bring it up again",
            )
        folder = migrate.templates(settings.environment, settings.database.program, reporter)
        present = set(settings.database.run("SHOW DATABASES").split())
        for service in config.SERVICES:
            wanted = {settings.database_name(name) for name in config.DATABASES[service]}
            # The shared folder may have been removed under us.
            if service not in remembered.loaded or wanted - present:
                say(f"filling the databases of {service}")
                migrate.load(settings, service, folder, passwords)
                remembered.loaded[service] = release
                remembered.write(self.folder)
        if remembered.addresses not in ("", settings.addresses):
            say("following the services to their new addresses")
            migrate.readdress(settings)
        remembered.addresses = settings.addresses
        remembered.write(self.folder)

    def _leave_database(self, database: Database) -> None:
        if not database.folder.exists():
            return
        with database.users() as users:
            (users / self.name).unlink(missing_ok=True)
            if not any(users.iterdir()):
                database.stop()

    @contextlib.contextmanager
    def _alone(self, reporter: Reporter | None = None) -> Iterator[None]:
        """Two runs at once would start everything twice."""

        def waiting() -> None:
            if reporter:
                reporter.said(f"openstack {self.name}", "waiting for another run that works on this cloud")

        self.folder.mkdir(parents=True, exist_ok=True)
        with lock(self.folder / "work.lock", waiting):
            yield
