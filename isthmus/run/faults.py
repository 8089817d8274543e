"""What engines and providers say when things go wrong, in one sentence with cause and next step."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from isthmus.errors import Busy, IsthmusError, Refused, Unavailable
from isthmus.run.api.openstack import OpenStackApi
from isthmus.run.events import Trouble
from isthmus.run.pulumi import EngineFailed, Outcome, first_error

Kind = Callable[..., IsthmusError]


@dataclass(frozen=True)
class Fault:
    """A known trouble: `pattern` in what was said; words may use its groups and {resource}, {stack}, {message}."""

    pattern: re.Pattern[str]
    what: str
    why: str
    next_step: str
    kind: Kind = Unavailable


def _fault(pattern: str, what: str, why: str, next_step: str, kind: Kind = Unavailable) -> Fault:
    return Fault(re.compile(pattern, re.IGNORECASE | re.DOTALL), what, why, next_step, kind)


FAULTS: tuple[Fault, ...] = (
    _fault(
        r"currently locked by|the stack is locked",
        "stack {stack} is being changed by somebody else",
        "{first}",
        "wait until they are done, or run it with --wait",
        Busy,
    ),
    _fault(
        r"incorrect passphrase|passphrase must be set|failed to decrypt|cipher: message authentication failed",
        "the passphrase does not open the secrets of stack {stack}",
        "they were encrypted with another one, or none is set",
        "set PULUMI_CONFIG_PASSPHRASE_FILE to the right one; if it is lost: isthmus adopt --lost-state {stack}",
        Refused,
    ),
    _fault(
        r"no space left on device|ENOSPC|disk quota exceeded",
        "the disk is full",
        "the engine could not write: {first}",
        "free some space and run it again: what was made is found again",
    ),
    _fault(
        r"no resource plugin '?(?P<plugin>[\w-]+)'?|(?:could not|failed to) (?:load|find|install) plugin (?P<plugin2>\S+)",
        "a provider plugin is missing",
        "{first}",
        "isthmus engine install",
    ),
    _fault(
        r"Cannot '?add_host'? host '?(?P<host>[\w.-]+)|host '?(?P<host2>[\w.-]+)'? (?:is )?already (?:exists )?in (?:an)?other availability zone"
        r"|Host '?(?P<host3>[\w.-]+)'?.{0,80}(?:One or more hosts already in availability zone|already in availability zone)",
        "{resource} could not take a host: nova keeps it in the zone it is in",
        "{message}",
        "move or delete the servers on that host, or correct the site's nodes; then run it again",
        Refused,
    ),
    _fault(
        r"already in availability zone\(s\)? ?\[?(?P<zone>[^\]]*)",
        "{resource} could not take a host: it is in zone {zone}",
        "nova lets a host be in one zone only, and keeps it there while servers run on it",
        "take the host out of that zone's aggregate, or correct the site's nodes; then run it again",
        Refused,
    ),
    _fault(
        r"instances? (?:are|is|exist)?.{0,40}(?:on|in) (?:this |the )?host|hosts? .{0,60}(?:contains?|ha(?:s|ve)) instances?",
        "{resource} could not be changed: servers run on a host of it",
        "{message}",
        "move or delete those servers; then run it again",
        Refused,
    ),
    _fault(
        r"quota (?:has been )?exceeded|exceeds?d? (?:allowed )?(?:\w+ )?quota|over ?quota|exceeded quota: (?P<quota>[\w-]+)"
        r"|Quota exceeded for resources: \[(?P<res>[^\]]*)\]|VolumeLimitExceeded|VolumeSizeExceeds",
        "{resource} is over quota",
        "{message}",
        "raise the tenant's row in the quota table, or ask the cloud's operators; then run it again",
        Refused,
    ),
    _fault(
        r"No valid host was found",
        "no host of the cloud can take {resource}",
        "the scheduler found none with room, zone and devices as asked",
        "see `isthmus show` for the zone's hosts and what runs there; then run it again",
        Refused,
    ),
    _fault(
        r"x509: certificate signed by unknown authority|CERTIFICATE_VERIFY_FAILED|certificate is not trusted",
        "a control plane shows a certificate that is not trusted",
        "{first}",
        "name the private CA's PEM file as identity.ca_bundle of the cloud in federation.yaml",
    ),
    _fault(
        r"proxyconnect tcp|Proxy Authentication Required|proxyerror",
        "the HTTP proxy does not let the provider through",
        "{first}",
        "correct identity.proxy of the cloud in federation.yaml",
    ),
    _fault(
        r"got 401|\[401\]|\b401 Unauthorized|Authentication failed|The request you have made requires authentication"
        r"|Unable to (?:re-?)?authenticate",
        "the cloud refuses the credentials",
        "{message}",
        "renew the cloud's entry in clouds.yaml, then run it again",
        Refused,
    ),
    _fault(
        r"got 403|\[403\]|\b403 Forbidden|is forbidden:|Policy doesn't allow|You are not authorized",
        "the credentials may not do this: {resource}",
        "{message}",
        "use an account with the admin role in the cloud's entry of clouds.yaml, then run it again",
        Refused,
    ),
    _fault(
        r"connection refused|no route to host|no such host|dial tcp|EOF\b|connection reset by peer"
        r"|does not answer|was refused: nothing listens",
        "a control plane went away while {stack} was being changed",
        "{message}",
        "see that it runs (of the box: isthmus lab status), then run it again: it goes on where it stopped",
    ),
    _fault(
        r"got (?:500|502|503|504)|\b50[0234] (?:Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)",
        "a control plane failed on {resource}",
        "{message}",
        "this is a fault on the cloud's side: wait or ask its operators, then run it again",
    ),
    _fault(
        r"timeout while waiting|context deadline exceeded|timed out|Client\.Timeout",
        "{resource} was not ready in time",
        "{message}",
        "look at it in the cloud, then run it again: it goes on where it stopped",
    ),
    _fault(
        r"got 409|\[409\]|\b409 Conflict|already exists|already in use|AlreadyExists",
        "{resource} is there already, and not in the state of {stack}",
        "{message}",
        "take it in: isthmus adopt {stack}",
        Refused,
    ),
    _fault(
        r"got 404|\[404\]|\b404 Not Found|could not be found|not found",
        "something that {resource} needs has vanished",
        "{message}",
        "isthmus up {stack} --refresh looks at the world first, and makes what is gone",
    ),
    _fault(
        r"protected|cannot be deleted because it is protected",
        "{resource} holds data and is protected",
        "the change would delete or replace it",
        "take the change back; if it is meant: isthmus down refuses only while somebody uses it",
        Refused,
    ),
)


def explain(stack: str, outcome: Outcome) -> IsthmusError:
    """The sentence for a failed run: the first trouble that names a cause, and how many others there were."""
    texts = [(t, t.message) for t in outcome.troubles] or [(Trouble("", outcome.words), outcome.words)]
    best = next(((t, m) for t, m in texts if _match(m)), texts[0])
    error = sentence(best[1], stack=stack, resource=best[0].resource, log=str(outcome.log))
    others = len({t.urn for t in outcome.troubles if t.urn and t.urn != best[0].urn})
    if others:
        error.why += f" ({others} other resource{'s' * (others != 1)} failed too: {outcome.log})"
    return error


def explain_command(stack: str, failed: EngineFailed) -> IsthmusError:
    """The sentence for a command that failed before it reached any resource."""
    return sentence(failed.words, stack=stack, resource="", log=str(failed.log))


def sentence(text: str, *, stack: str, resource: str, log: str) -> IsthmusError:
    """What the text means. A text that nobody knows is quoted, with the path of the log."""
    message = _message(text)
    ours = _own_words(text)
    if ours is not None:
        return ours
    hit = _match(text)
    if hit is None:
        what = (
            f"{resource} of stack {stack} could not be brought" if resource else f"the engine failed on stack {stack}"
        )
        return Unavailable(what, why=message, next_step=f"read {log}, then run it again")
    fault, match = hit
    groups = {re.sub(r"\d+$", "", k): v for k, v in match.groupdict().items() if v}
    words = {"resource": resource or f"stack {stack}", "stack": stack, "log": log, "message": message, "first": message}
    words |= {"zone": "another zone"} | groups
    return fault.kind(
        fault.what.format(**words), why=fault.why.format(**words), next_step=fault.next_step.format(**words)
    )


def lookup_failed(api: OpenStackApi | None, problem: Exception) -> IsthmusError:
    """The sentence for a listing that could not be read."""
    from isthmus.run.preflight import sentence as cloud_sentence

    if api is not None:
        return cloud_sentence(api, problem)
    return Unavailable("a control plane could not be asked", why=str(problem), next_step="run the same command again")


def _match(text: str) -> tuple[Fault, re.Match[str]] | None:
    for fault in FAULTS:
        match = fault.pattern.search(text)
        if match:
            return fault, match
    return None


def _own_words(text: str) -> IsthmusError | None:
    """A refusal of the Pulumi program itself already says what, why and what next."""
    match = re.search(r"(?P<what>[^\n]+)\n\s+because (?P<why>[^\n]+)(?:\n\s+next: (?P<next>[^\n]+))?", text)
    if match is None:
        return None
    what = re.sub(r"^(?:error:\s*)?(?:Program failed[^:]*:\s*)?", "", match["what"].strip())
    return Unavailable(what, why=match["why"].strip(), next_step=(match["next"] or "").strip())


def _message(text: str) -> str:
    """The provider's own first line of reason, short and on one line."""
    inner = re.search(r'"message":\s*"(?P<m>[^"]+)"', text)
    if inner:
        return inner["m"]
    raised = re.findall(r"(?m)^\s*(?:[\w.]+\.)?(\w*(?:Error|Exception|Warning): .+)$", text)
    if raised and ("Traceback" in text or "unhandled exception" in text):
        return f"the Pulumi program ended with {raised[-1].strip()}"[:400]
    line = first_error(text)
    line = re.sub(r"^\d+ errors? occurred:\s*", "", line) or line
    if line.endswith("occurred:") or line in ("1 error occurred:", ""):
        rest = [x.strip("* \t") for x in text.splitlines() if x.strip().startswith("*")]
        line = rest[0] if rest else line
    line = re.sub(r"^(?:sdk-v2/provider2?\.go:\d+:\s*)?(?:sdk\.helper_schema:\s*)?", "", line)
    return re.sub(r": provider=[\w-]+@[\w.+-]+$", "", line)[:400]
