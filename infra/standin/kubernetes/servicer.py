"""The provider as Pulumi's engine sees it: its messages in, its messages out, errors as sentences."""

import json
import threading
import traceback
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path as FilePath
from typing import Any

import grpc  # type: ignore[import-untyped]

from infra.standin.kubernetes import STANDIN_VERSION, settings, tokens, wire
from infra.standin.kubernetes.connection import Connection
from infra.standin.kubernetes.decode import decode_yaml
from infra.standin.kubernetes.objects import NotReady
from infra.standin.kubernetes.protocol import messages, plugin, services, status
from infra.standin.kubernetes.releases import Releases
from infra.standin.kubernetes.resources import Resources, Verdict
from infra.standin.kubernetes.settings import sentence
from infra.standin.kubernetes.tokens import Kind
from infra.standin.kubernetes.waiting import Cancelled
from infra.standin.kubernetes.wire import Properties
from isthmus.errors import IsthmusError, Unavailable

_NO_CLUSTER = Unavailable(
    "the Kubernetes provider does not know its cluster yet",
    why="its kubeconfig comes from a resource that does not exist",
    next_step="apply that resource first",
)


def _told(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Whatever goes wrong inside a verb reaches the engine as one sentence, never as a traceback."""

    @wraps(verb)
    def safe(self: "Provider", request: Any, context: Any) -> Any:
        try:
            return verb(self, request, context)
        except NotReady as late:
            return self.partly_done(request, context, late)
        except Cancelled:
            return context.abort(grpc.StatusCode.CANCELLED, "stopped on request; run the same command again")
        except (IsthmusError, wire.NotServed, tokens.NotServed) as problem:
            return context.abort(grpc.StatusCode.UNKNOWN, sentence(problem))
        except Exception as mistake:
            if context.code() is not None:
                raise
            frame = traceback.extract_tb(mistake.__traceback__)[-1]
            where = f"{FilePath(frame.filename).name}:{frame.lineno}"
            return context.abort(
                grpc.StatusCode.INTERNAL,
                f"the stand-in Kubernetes provider made a mistake in {verb.__name__} "
                f"({type(mistake).__name__}: {mistake}, {where}): please report it",
            )

    return safe


class Provider(services.ResourceProviderServicer):  # type: ignore[misc]  # generated without types
    """One provider instance: one cluster."""

    def __init__(self) -> None:
        self._settings: settings.Settings | None = None
        self._resources: Resources | None = None
        self._releases: Releases | None = None
        self._cancelled = threading.Event()

    def Handshake(self, request: Any, context: Any) -> Any:
        return messages.ProviderHandshakeResponse(accept_secrets=True, accept_resources=False, accept_outputs=False)

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin.PluginInfo(version=STANDIN_VERSION)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return messages.GetSchemaResponse(schema=json.dumps({"name": "kubernetes", "version": STANDIN_VERSION}))

    def Cancel(self, request: Any, context: Any) -> Any:
        self._cancelled.set()
        return _empty()

    @_told
    def CheckConfig(self, request: Any, context: Any) -> Any:
        new = wire.decode(request.news)
        return _checked(new, settings.problems(new.values))

    @_told
    def DiffConfig(self, request: Any, context: Any) -> Any:
        old = wire.decode(request.old_inputs if request.old_inputs.fields else request.olds).values
        new = wire.decode(request.news).values
        names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        replaces = settings.reaches_another_cluster(old, new)
        return messages.DiffResponse(
            changes=messages.DiffResponse.DIFF_SOME if names else messages.DiffResponse.DIFF_NONE,
            diffs=names,
            replaces=names if replaces else [],
        )

    @_told
    def Configure(self, request: Any, context: Any) -> Any:
        self._settings = settings.read(wire.decode(request.args).values)
        if self._settings.access:
            connection = Connection(self._settings.access, self._settings.request_timeout_s)
            self._resources = Resources(connection, self._settings, self._cancelled)
            self._releases = Releases(self._settings, self._cancelled)
        return messages.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @_told
    def Check(self, request: Any, context: Any) -> Any:
        kind = tokens.parse(tokens.type_of(request.urn))
        old, new = wire.decode(request.olds), wire.decode(request.news)
        if not self._resources:
            return _checked(new, {})
        verbs = self._verbs(kind)
        values, wrong = verbs.check(request.urn, kind, old, new)
        return _checked(new.with_values(values, verbs.secret_paths(kind, values)), wrong)

    @_told
    def Diff(self, request: Any, context: Any) -> Any:
        kind = tokens.parse(tokens.type_of(request.urn))
        state, new = wire.decode(request.olds).values, wire.decode(request.news)
        old = wire.decode(request.old_inputs).values if request.old_inputs.fields else state
        verdict = Verdict()
        if old != new.values:
            verdict = self._verbs(kind).diff(request.urn, kind, request.id, state, old, new)
        elif not kind.release and self._resources:
            self._resources.hold(request.urn, request.id)
        return _diffed(verdict, request.ignoreChanges)

    @_told
    def Create(self, request: Any, context: Any) -> Any:
        kind = tokens.parse(tokens.type_of(request.urn))
        new = wire.decode(request.properties)
        if request.preview and not self._resources:
            return messages.CreateResponse(properties=request.properties)
        verbs = self._verbs(kind)
        identity, state = verbs.create(request.urn, kind, new, request.timeout, request.preview)
        return messages.CreateResponse(id=identity, properties=self._struct(kind, new, state))

    @_told
    def Read(self, request: Any, context: Any) -> Any:
        kind = tokens.parse(tokens.type_of(request.urn))
        state, inputs = wire.decode(request.properties), wire.decode(request.inputs)
        found = self._verbs(kind).read(request.urn, kind, request.id, state.values, inputs.values)
        if found is None:
            return messages.ReadResponse()
        live, now = found
        return messages.ReadResponse(
            id=request.id,
            properties=self._struct(kind, Properties({}, state.secrets | inputs.secrets), live),
            inputs=self._struct(kind, inputs, now),
        )

    @_told
    def Update(self, request: Any, context: Any) -> Any:
        kind = tokens.parse(tokens.type_of(request.urn))
        state, new = wire.decode(request.olds).values, wire.decode(request.news)
        old = wire.decode(request.old_inputs).values if request.old_inputs.fields else state
        if request.preview and not self._resources:
            return messages.UpdateResponse(properties=request.news)
        verbs = self._verbs(kind)
        done = verbs.update(request.urn, kind, request.id, state, old, new, request.timeout, request.preview)
        return messages.UpdateResponse(properties=self._struct(kind, new, done))

    @_told
    def Delete(self, request: Any, context: Any) -> Any:
        kind = tokens.parse(tokens.type_of(request.urn))
        state = wire.decode(request.properties).values
        self._verbs(kind).delete(request.urn, kind, request.id, state, request.timeout)
        return _empty()

    @_told
    def Invoke(self, request: Any, context: Any) -> Any:
        if request.tok != "kubernetes:yaml:decode":
            raise tokens.NotServed(
                f"the function {request.tok} is not served by the stand-in Kubernetes provider: "
                "declare the objects one by one, or install the official plugin"
            )
        answer = messages.InvokeResponse()
        result = Properties({"result": decode_yaml(wire.decode(request.args).values)})
        wire.encode(result, getattr(answer, "return"))
        return answer

    @_told
    def Construct(self, request: Any, context: Any) -> Any:
        tokens.parse(request.type)
        raise tokens.NotServed(f"{request.type} is not a component")

    def partly_done(self, request: Any, context: Any, late: NotReady) -> None:
        """Tell the engine that the object exists though it is not ready, so that its state is kept."""
        kind = tokens.parse(tokens.type_of(request.urn))
        given = request.properties if hasattr(request, "preview") and hasattr(request, "properties") else request.news
        new = wire.decode(given)
        detail = messages.ErrorResourceInitFailed(
            id=late.identity,
            properties=self._struct(kind, new, late.state),
            inputs=self._struct(kind, new, new.values),
            reasons=[str(late)],
        )
        answer = status.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(late))
        answer.details.add().Pack(detail)
        context.set_trailing_metadata((("grpc-status-details-bin", answer.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, str(late))

    def _verbs(self, kind: Kind) -> Any:
        """Objects and Helm releases answer to the same verbs."""
        verbs = self._releases if kind.release else self._resources
        if verbs is None:
            raise _NO_CLUSTER
        return verbs

    def _struct(self, kind: Kind, given: Properties, values: dict[str, Any]) -> Any:
        extra = self._resources.secret_paths(kind, values) if self._resources else set()
        return wire.encode(given.with_values(values, extra), messages.CreateResponse().properties)


def _checked(new: Properties, wrong: dict[str, str]) -> Any:
    failures = [messages.CheckFailure(property=name, reason=reason) for name, reason in sorted(wrong.items())]
    answer = messages.CheckResponse(failures=failures)
    wire.encode(new, answer.inputs)
    return answer


def _diffed(verdict: Verdict, ignored: Iterable[str]) -> Any:
    found = verdict.differences
    detailed = {
        entry.text: messages.PropertyDiff(kind=int(entry.change) + (1 if entry.replace else 0), inputDiff=True)
        for entry in found
    }
    return messages.DiffResponse(
        changes=messages.DiffResponse.DIFF_SOME if found else messages.DiffResponse.DIFF_NONE,
        diffs=sorted({str(entry.path[0]) for entry in found if entry.path}),
        replaces=sorted({entry.text for entry in found if entry.replace}),
        deleteBeforeReplace=verdict.delete_first,
        detailedDiff=detailed,
        hasDetailedDiff=bool(found),
    )


def _empty() -> Any:
    from google.protobuf import empty_pb2  # type: ignore[import-untyped]

    return empty_pb2.Empty()
