"""The troubles that engines, providers and APIs are known to report, and what each means for an operator.

Order matters: the first pattern found wins. `why` and `next_step` may use the
pattern's named groups and {resource}, {stack}, {message}.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from isthmus.errors import Busy, IsthmusError, Refused, Unavailable

Kind = Callable[..., IsthmusError]


@dataclass(frozen=True)
class Fault:
    """A known trouble: the words of the sentence it becomes, and the kind of error."""

    pattern: re.Pattern[str]
    what: str
    why: str
    next_step: str
    kind: Kind = Unavailable


def _fault(patterns: tuple[str, ...], what: str, why: str, next_step: str, kind: Kind = Unavailable) -> Fault:
    return Fault(re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL), what, why, next_step, kind)


FAULTS: tuple[Fault, ...] = (
    _fault(
        (r"currently locked by", r"the stack is locked", r"Another update is currently in progress"),
        "stack {stack} is being changed by somebody else",
        "{message}",
        "wait until they are done, or run it with --wait",
        Busy,
    ),
    _fault(
        (
            r"incorrect passphrase",
            r"passphrase must be set",
            r"message authentication failed",
            r"PULUMI_CONFIG_PASSPHRASE",
        ),
        "the passphrase does not open the secrets of stack {stack}",
        "they were encrypted with another one, or none is set",
        "set PULUMI_CONFIG_PASSPHRASE_FILE to the right one; if it is lost: isthmus adopt --lost-state SITE",
        Refused,
    ),
    _fault(
        (r"no space left on device", r"ENOSPC", r"disk quota exceeded"),
        "the disk is full",
        "{message}",
        "free some space and run it again: what was made already is found again",
    ),
    _fault(
        (
            r"no resource plugin '?(?P<plugin>[\w-]+)",
            r"(?:could not|failed to) (?:load|find|install|download) plugin",
            r"could not find plugin for provider",
        ),
        "a provider plugin is missing",
        "{message}",
        "isthmus engine install",
    ),
    _fault(
        (
            r"already (?:exists )?in (?:an)?other availability zone",
            r"already in availability zone",
            r"host.{0,120}availability zone.{0,120}(?:conflict|already)",
            r"Cannot (?:add|update).{0,40}(?:host|aggregate).{0,200}(?:availability zone|instances)",
        ),
        "{resource} could not take a host: nova keeps it in the zone it is in",
        "{message}",
        "move or delete the servers on that host, or correct the site's nodes; then run it again",
        Refused,
    ),
    _fault(
        (r"hosts? .{0,80}(?:contains?|ha(?:s|ve)|with) (?:existing )?instances",),
        "{resource} could not be changed: servers run on a host of it",
        "{message}",
        "move or delete those servers; then run it again",
        Refused,
    ),
    _fault(
        (
            r"exceeded quota: (?P<quota>[\w-]+)",
            r"Quota exceeded for resources: \[(?P<quota2>[^\]]*)\]",
            r"Quota exceeded for (?P<quota3>[\w, ]+?):",
            r"quota (?:has been )?exceeded",
            r"exceeds? (?:allowed )?(?:\w+ )?quota",
            r"over ?quota",
        ),
        "{resource} is over quota{of}",
        "{message}",
        "raise the tenant's row in the quota table, or ask the cloud's operators; then run it again",
        Refused,
    ),
    _fault(
        (r"No valid host was found",),
        "no host of the cloud can take {resource}",
        "the scheduler found none with room, zone and devices as asked",
        "see `isthmus show --live` for what stands in the zone; make room, then run it again",
        Refused,
    ),
    _fault(
        (r"x509: ", r"CERTIFICATE_VERIFY_FAILED", r"tls: failed to verify"),
        "a control plane shows a certificate that is not trusted",
        "{message}",
        "name the private CA's PEM file as identity.ca_bundle of the cloud in federation.yaml",
    ),
    _fault(
        (r"proxyconnect tcp", r"Proxy Authentication Required", r"ProxyError"),
        "the HTTP proxy does not let the provider through",
        "{message}",
        "correct identity.proxy of the cloud in federation.yaml",
    ),
    _fault(
        (
            r"got 401",
            r"\b401 Unauthorized",
            r"Authentication failed",
            r"The request you have made requires authentication",
            r"Unable to (?:re-?)?authenticate",
        ),
        "the cloud refuses the credentials",
        "{message}",
        "renew the cloud's entry in clouds.yaml, then run it again",
        Refused,
    ),
    _fault(
        (r"got 403", r"\b403 Forbidden", r"is forbidden:", r"Policy doesn't allow", r"You are not authorized"),
        "the credentials may not do this: {resource}",
        "{message}",
        "use an account with the admin role in the cloud's entry of clouds.yaml, then run it again",
        Refused,
    ),
    _fault(
        (
            r"connection refused",
            r"no route to host",
            r"no such host",
            r"dial tcp",
            r"connection reset by peer",
            r"unexpected EOF",
            r": EOF\b",
            r"does not answer",
        ),
        "a control plane went away while {stack} was being changed",
        "{message}",
        "see that it runs (of the box: isthmus lab status), then run it again: it goes on where it stopped",
    ),
    _fault(
        (r"got 50[0234]", r"\b50[0234] (?:Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)"),
        "a control plane failed on {resource}",
        "{message}",
        "this is a fault on the cloud's side: wait or ask its operators, then run it again",
    ),
    _fault(
        (r"timeout while waiting", r"context deadline exceeded", r"timed out", r"Client\.Timeout"),
        "{resource} was not ready in time",
        "{message}",
        "look at it in the cloud, then run it again: it goes on where it stopped",
    ),
    _fault(
        (
            r"cannot be deleted\s+because it is protected",
            r"resource[^\n]*because it is protected",
            r"unable to (?:replace|delete)[^\n]*protect",
        ),
        "{resource} holds data and is protected",
        "the change would delete or replace it",
        "take the change back, or take the site down with isthmus down once nobody uses it",
        Refused,
    ),
    _fault(
        (r"got 409", r"\b409 Conflict", r"already exists", r"already in use", r"AlreadyExists"),
        "{resource} is there already, and not in the state of {stack}",
        "{message}",
        "take it in: isthmus adopt SITE",
        Refused,
    ),
    _fault(
        (
            r"got 404",
            r"\b404 Not Found",
            r"could not be found",
            r"Resource not found",
            r'namespaces? "[^"]+" not found',
        ),
        "something that {resource} needs has vanished",
        "{message}",
        "run it again with --refresh: it looks at the world first, and makes what is gone",
    ),
)
