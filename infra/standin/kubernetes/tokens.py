"""Resource tokens of the official SDK, like `kubernetes:apps/v1:Deployment`."""

from dataclasses import dataclass

_COMPONENTS = {
    "yaml": "ConfigFile and ConfigGroup of yaml/v2",
    "kustomize": "kustomize/v2 Directory",
}


class NotServed(ValueError):
    """A token of the official SDK that this stand-in does not serve; the message says what to use instead."""


@dataclass(frozen=True)
class Kind:
    """What a token names. `patch` is true for the SDK's ...Patch resources, which own only some fields of an object."""

    api_version: str
    name: str
    patch: bool = False
    release: bool = False

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    def __str__(self) -> str:
        return f"{self.api_version} {self.name}"


def type_of(urn: str) -> str:
    """The resource's own type inside a URN (`urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`)."""
    return urn.split("::")[2].rpartition("$")[2]


def name_of(urn: str) -> str:
    """The resource's name in the program."""
    return urn.split("::", 3)[3]


def parse(token: str) -> Kind:
    """The kind that a token names. Raises NotServed with a sentence for what is not an API object or Helm release."""
    parts = token.split(":")
    if len(parts) != 3 or parts[0] != "kubernetes" or not parts[1] or not parts[2]:
        raise NotServed(f"'{token}' is not a resource of the Kubernetes provider")
    group_version, name = parts[1], parts[2]
    group = group_version.partition("/")[0]
    if token == "kubernetes:helm.sh/v3:Release":
        return Kind("helm.sh/v3", "Release", release=True)
    if group in _COMPONENTS:
        raise NotServed(
            f"{token} is not served by the stand-in provider: {_COMPONENTS[group]} are components of the official "
            "plugin; declare the objects one by one, or install the official plugin"
        )
    if group == "helm.sh":
        raise NotServed(
            f"{token} is not served by the stand-in provider: use kubernetes:helm.sh/v3:Release with a local chart, "
            "or install the official plugin"
        )
    api_version = group_version.removeprefix("core/") if group == "core" else group_version
    if name.endswith("List") and name != "List":
        raise NotServed(
            f"{token} is a list, not an object: declare its items one by one (the stand-in provider serves no lists)"
        )
    if name.endswith("Patch"):
        return Kind(api_version, name.removesuffix("Patch"), patch=True)
    return Kind(api_version, name)
