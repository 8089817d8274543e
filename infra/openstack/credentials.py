"""Credentials: what the site's automation and people log in with."""

from dataclasses import dataclass

import pulumi
from pulumi_openstack import compute, identity

from infra.options import options
from isthmus.derive.zone_parts import CredentialThing, KeypairThing, ServerGroupThing


@dataclass(frozen=True)
class SiteOwnArgs:
    """What belongs to the site's user; the component must get that user's provider."""

    keypairs: tuple[KeypairThing, ...]
    server_groups: tuple[ServerGroupThing, ...]
    credential: CredentialThing


class SiteOwn(pulumi.ComponentResource):
    """Keypairs, server groups and the application credential of the site's user."""

    def __init__(self, name: str, args: SiteOwnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("isthmus:openstack:SiteOwn", name, None, opts)
        for keypair in args.keypairs:
            compute.Keypair(
                keypair.key, name=keypair.name, public_key=keypair.public_key, opts=options(self, unique=True)
            )
        for group in args.server_groups:
            compute.ServerGroup(group.key, name=group.name, policies=group.policy, opts=options(self))
        credential = identity.ApplicationCredential(
            args.credential.key,
            name=args.credential.name,
            description=args.credential.because,
            roles=list(args.credential.roles),
            unrestricted=False,
            # Keystone answers with the roles that ours imply as well.
            opts=options(self, unique=True, unreadable=("roles",), secret_outputs=("secret",)),
        )
        self.credential_id = credential.id
        self.credential_secret: pulumi.Output[str] = pulumi.Output.secret(credential.secret)
        self.register_outputs({"id": self.credential_id})
