# mypy: disable-error-code="import-not-found, unused-ignore, import-untyped"
"""schema.py SERVICE ETC DUMP_FOLDER NAME=URL...: make one service's databases by its own migrations and dump them.

One interpreter does what the service's manage command would need several
starts for. For keystone, the accounts and the catalogue that every cloud
starts with are put in as well, with marks where clouds differ.
"""

import os
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENDPOINTS = {
    "keystone": ("identity", "/v3"),
    "placement": ("placement", ""),
    "glance": ("image", ""),
    "neutron": ("network", ""),
    "cinder": ("block-storage", "/v3"),
    "nova": ("compute", "/v2.1"),
}


def keystone(etc: Path, url: str) -> None:
    from keystone.cmd import cli

    _manage(lambda: cli.main(sys.argv), ["keystone-manage", "--config-file", str(etc / "keystone.conf"), "db_sync"])
    _keystone_accounts()
    _mark_passwords(url)


def _keystone_accounts() -> None:
    """What `keystone-manage bootstrap` makes, and the services' accounts and endpoints."""
    from keystone.cmd.bootstrap import Bootstrapper
    from keystone.common import provider_api

    first = Bootstrapper()
    first.admin_username = first.project_name = first.admin_role_name = "admin"
    first.admin_password = uuid.uuid4().hex
    first.region_id = "@@REGION@@"
    first.service_name = "keystone"
    first.public_url = first.internal_url = first.admin_url = "@@URL_keystone@@/v3"
    first.bootstrap()
    known = provider_api.ProviderAPIs
    project = uuid.uuid4().hex
    known.resource_api.create_project(
        project, {"id": project, "name": "service", "domain_id": "default", "enabled": True, "description": ""}
    )
    for service, (kind, path) in ENDPOINTS.items():
        if service == "keystone":
            continue
        user = known.identity_api.create_user(
            {"name": service, "domain_id": "default", "enabled": True, "password": uuid.uuid4().hex}
        )
        for role in (first.admin_role_id, first.service_role_id):
            known.assignment_api.add_role_to_user_and_project(user["id"], project, role)
        entry = uuid.uuid4().hex
        known.catalog_api.create_service(entry, {"id": entry, "type": kind, "name": service, "enabled": True})
        for interface in ("public", "internal", "admin"):
            point = uuid.uuid4().hex
            known.catalog_api.create_endpoint(
                point,
                {
                    "id": point,
                    "service_id": entry,
                    "interface": interface,
                    "url": f"@@URL_{service}@@{path}",
                    "region_id": "@@REGION@@",
                    "enabled": True,
                },
            )


def _mark_passwords(url: str) -> None:
    """Put marks where each cloud's own password hashes go."""
    import sqlalchemy

    with sqlalchemy.create_engine(url).begin() as writer:
        writer.exec_driver_sql(
            "UPDATE password JOIN local_user ON password.local_user_id = local_user.id SET password_hash ="
            " IF(local_user.name = 'admin', '@@ADMIN_HASH@@', '@@SERVICE_HASH@@')"
        )


def placement(etc: Path) -> None:
    from placement.cmd import manage

    _manage(manage.main, ["placement-manage", "--config-file", str(etc / "placement.conf"), "db", "sync"])


def glance(etc: Path) -> None:
    from glance.cmd import manage

    _manage(manage.main, ["glance-manage", "--config-file", str(etc / "glance-api.conf"), "db_sync"])


def neutron(etc: Path) -> None:
    from neutron.db.migration import cli

    _manage(cli.main, ["neutron-db-manage", "--config-file", str(etc / "neutron.conf"), "upgrade", "heads"])


def cinder(etc: Path) -> None:
    from cinder.cmd import manage

    _manage(manage.main, ["cinder-manage", "--config-file", str(etc / "cinder.conf"), "db", "sync"])


def nova(etc: Path, cell0_url: str) -> None:
    # First of all: Nova refuses to run on native threads once eventlet has been imported.
    from nova import monkey_patch

    monkey_patch.patch(backend="threading")
    import nova.conf
    from nova import config, objects
    from nova.cmd import manage

    config.parse_args(["nova-manage", "--config-file", str(etc / "nova.conf")])
    objects.register_all()
    manage.ApiDbCommands().sync()
    cells = manage.CellV2Commands()
    cells.map_cell0(cell0_url)
    cells.create_cell("cell1", nova.conf.CONF.database.connection, "fake:///")
    manage.DbCommands().sync()


def dump(url: str, into: Path) -> None:
    """Write a database as SQL statements that make it again."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    with engine.connect() as reader, into.open("w") as out:
        out.write("SET NAMES utf8mb4; SET FOREIGN_KEY_CHECKS=0; SET UNIQUE_CHECKS=0;\n")
        out.write("SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO';\n")
        literal = reader.connection.driver_connection.literal  # type: ignore[union-attr]
        for (table,) in reader.exec_driver_sql("SHOW TABLES").fetchall():
            statement = reader.exec_driver_sql(f"SHOW CREATE TABLE `{table}`").fetchone()
            out.write(f"{statement[1]};\n")
            rows = reader.exec_driver_sql(f"SELECT * FROM `{table}`").fetchall()
            if rows:
                values = ",\n".join(f"({','.join(literal(value) for value in row)})" for row in rows)
                out.write(f"INSERT INTO `{table}` VALUES {values};\n")


def _manage(main: Callable[[], Any], argv: list[str]) -> None:
    """Run a manage command, which reads `sys.argv`, in this interpreter."""
    sys.argv = argv
    try:
        result = main()
    except SystemExit as end:
        result = end.code
    if result not in (None, 0, False):
        raise SystemExit(f"{' '.join([argv[0], *argv[3:]])} failed: {result}")


def run() -> None:
    service, etc_name, folder, *urls = sys.argv[1:]
    etc, databases = Path(etc_name), dict(url.split("=", 1) for url in urls)
    for name in ("nova", "cinder", "neutron", "glance", "keystone"):
        os.environ[f"OS_{name.upper()}_DISABLE_EVENTLET_PATCHING"] = "true"
    match service:
        case "keystone":
            keystone(etc, databases["keystone"])
        case "nova":
            nova(etc, databases["nova_cell0"])
        case _:
            {"placement": placement, "glance": glance, "neutron": neutron, "cinder": cinder}[service](etc)
    for name, url in databases.items():
        dump(url, Path(folder) / f"{name}.sql")


if __name__ == "__main__":
    run()
