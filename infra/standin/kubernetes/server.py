"""The provider process: listens on loopback, tells the engine its port, ends when the engine does."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]

from infra.standin.kubernetes.protocol import services
from infra.standin.kubernetes.servicer import Provider

_WORKERS = 32
# The engine sends whole states; some hold large CRDs.
_LARGEST_MESSAGE = 400 * 1024 * 1024


def serve() -> tuple[grpc.Server, int]:
    """Start serving on a free port of loopback; returns the server and its port."""
    limits = [("grpc.max_receive_message_length", _LARGEST_MESSAGE), ("grpc.max_send_message_length", _LARGEST_MESSAGE)]
    server = grpc.server(ThreadPoolExecutor(max_workers=_WORKERS), options=limits)
    services.add_ResourceProviderServicer_to_server(Provider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def main(arguments: Sequence[str]) -> int:
    """Serve until told to stop. Pulumi reads the port from the first line of output."""
    parser = argparse.ArgumentParser(prog="pulumi-resource-kubernetes (stand-in)")
    parser.add_argument("engine", nargs="?", help="address of Pulumi's engine; not needed to serve")
    parser.parse_known_args(arguments)
    stopped = threading.Event()
    # The engine puts us into a process group of our own and ends us by SIGINT;
    # a Ctrl-C at the terminal reaches it, not us.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    server, port = serve()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    parent = os.getppid()
    # An engine that was killed cannot tell us; then somebody else is our parent.
    while not stopped.wait(1.0) and os.getppid() == parent:
        pass
    server.stop(grace=1)
    return 0
