"""What engines and providers say when things go wrong, in one sentence with cause and next step."""

import re

from isthmus.errors import IsthmusError, Unavailable
from isthmus.run.api.openstack import OpenStackApi
from isthmus.run.events import Trouble
from isthmus.run.faults_known import FAULTS, Fault
from isthmus.run.pulumi import EngineFailed, Outcome, first_error


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
    fault, _ = hit
    named = ((k, v) for match in fault.pattern.finditer(text) for k, v in match.groupdict().items() if v)
    groups = {re.sub(r"\d+$", "", name): value for name, value in named}
    words = {"resource": resource or f"stack {stack}", "stack": stack, "log": log, "message": message}
    words |= groups | {"of": f" of {groups['quota'].strip()}" if "quota" in groups else ""}
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
        rest = [re.sub(r"^\s*(?:\*|\d+\))\s*", "", x) for x in text.splitlines() if re.match(r"\s*(?:\*|\d+\))", x)]
        line = rest[0] if rest else line
    line = re.sub(r"^(?:sdk-v2/provider2?\.go:\d+:\s*)?(?:sdk\.helper_schema:\s*)?", "", line)
    return re.sub(r": provider=[\w-]+@[\w.+-]+$", "", line)[:400]
