"""A client that speaks to the stand-in provider as Pulumi's engine does, message by message."""

import time
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]

from infra.standin.kubernetes import wire
from infra.standin.kubernetes.protocol import messages, services
from infra.standin.kubernetes.server import serve
from infra.standin.kubernetes.wire import Properties


class Told(Exception):
    """The provider's refusal, as the engine would show it."""


@dataclass
class Resource:
    """One resource in a state that the engine would keep."""

    client: "Client"
    token: str
    name: str
    identity: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def urn(self) -> str:
        return f"urn:pulumi:bari::tests::{self.token}::{self.name}"

    def check(self, given: dict[str, Any]) -> dict[str, Any]:
        answer = self.client.call(
            "Check", messages.CheckRequest(urn=self.urn, olds=struct(self.inputs), news=struct(given))
        )
        if answer.failures:
            raise Told("; ".join(failure.reason for failure in answer.failures))
        return wire.decode(answer.inputs).values

    def preview(self, given: dict[str, Any]) -> dict[str, Any]:
        request = messages.CreateRequest(urn=self.urn, properties=struct(self.check(given)), preview=True)
        return wire.decode(self.client.call("Create", request).properties).values

    def create(self, given: dict[str, Any], timeout: float = 60) -> None:
        self.inputs = self.check(given)
        request = messages.CreateRequest(urn=self.urn, properties=struct(self.inputs), timeout=timeout)
        answer = self.client.call("Create", request)
        self.identity, self.state = answer.id, wire.decode(answer.properties).values

    def diff(self, given: dict[str, Any]) -> Any:
        checked = struct(self.check(given))
        request = messages.DiffRequest(
            urn=self.urn, id=self.identity, olds=struct(self.state), old_inputs=struct(self.inputs), news=checked
        )
        return self.client.call("Diff", request)

    def update(self, given: dict[str, Any]) -> None:
        checked = self.check(given)
        request = messages.UpdateRequest(
            urn=self.urn,
            id=self.identity,
            olds=struct(self.state),
            old_inputs=struct(self.inputs),
            news=struct(checked),
            timeout=60,
        )
        self.state = wire.decode(self.client.call("Update", request).properties).values
        self.inputs = checked

    def refresh(self) -> bool:
        """Read it again; False if it is gone."""
        request = messages.ReadRequest(
            urn=self.urn, id=self.identity, properties=struct(self.state), inputs=struct(self.inputs)
        )
        answer = self.client.call("Read", request)
        self.state, self.inputs = wire.decode(answer.properties).values, wire.decode(answer.inputs).values
        return bool(answer.id)

    def delete(self, timeout: float = 60) -> None:
        request = messages.DeleteRequest(urn=self.urn, id=self.identity, properties=struct(self.state), timeout=timeout)
        self.client.call("Delete", request)


class Client:
    """A provider of its own, configured for one cluster."""

    def __init__(self, **settings: Any) -> None:
        self._server, port = serve()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = services.ResourceProviderStub(self._channel)
        self._stub.Configure(messages.ConfigureRequest(args=struct(settings)), wait_for_ready=True, timeout=10)

    def resource(self, token: str, name: str) -> Resource:
        return Resource(self, token, name)

    def call(self, verb: str, request: Any) -> Any:
        try:
            return getattr(self._stub, verb)(request)
        except grpc.RpcError as problem:
            raise Told(problem.details()) from problem

    def close(self) -> None:
        self._channel.close()
        self._server.stop(grace=0)


def struct(values: dict[str, Any]) -> Any:
    return wire.encode(Properties(values), messages.CreateResponse().properties)


def seconds_each(work: Any, count: int) -> float:
    """The mean time of `work(number)`."""
    begun = time.perf_counter()
    for number in range(count):
        work(number)
    return (time.perf_counter() - begun) / count
