"""Load: many keep-alive connections from a few processes, each sending its next request when the last is answered.

Raw sockets and no library, so that the two cores go to the server: some 20 µs of ours per request.
"""

from __future__ import annotations

import multiprocessing
import os
import selectors
import socket
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 64
PROCESSES = 2
ROUNDS = 7
SECONDS = 2.0

Requests = Callable[[int], Iterator[bytes]]


@dataclass(frozen=True)
class Round:
    """Answers in one round, how many a second, and how many of them were not 200."""

    answered: int
    rate: float
    wrong: int


class Connection:
    """One keep-alive connection: knows when an answer is whole."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        self._needed = 0

    def send(self, request: bytes) -> None:
        self.socket.sendall(request)

    def receive(self) -> str | None:
        """The status of the answer once it is whole, None before; raises ConnectionError when the server hangs up."""
        got = self.socket.recv(262_144)
        if not got:
            raise ConnectionError("the server hung up")
        self._buffer += got
        if not self._needed:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            head = self._buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self._needed = end + 4 + length
        if len(self._buffer) < self._needed:
            return None
        status = self._buffer[9:12].decode()
        self._buffer, self._needed = b"", 0
        return status


def press(port: int, requests: Requests, *, seconds: float = SECONDS, connections: int = CONNECTIONS) -> Round:
    """Keep `connections` busy for so long; `requests(number)` gives what process `number` sends."""
    fork = multiprocessing.get_context("fork")
    share = connections // PROCESSES
    pipes = [fork.Pipe(duplex=False) for _process in range(PROCESSES)]
    processes = [
        fork.Process(target=lambda out, number: out.send(_press(port, requests, number, share, seconds)), args=pair)
        for pair in ((pipe[1], number) for number, pipe in enumerate(pipes))
    ]
    for process in processes:
        process.start()
    done = []
    for process, (source, _out) in zip(processes, pipes, strict=True):
        if not source.poll(seconds + 60):
            raise RuntimeError("a process that makes load has died")
        done.append(source.recv())
        process.join()
    return Round(*(sum(parts) for parts in zip(*done, strict=True)))


def _press(port: int, requests: Requests, number: int, connections: int, seconds: float) -> tuple[int, float, int]:
    following = requests(number)
    selector = selectors.DefaultSelector()
    for _each in range(connections):
        connection = Connection(port)
        # One after the other, each answered once: in a rush one of the server's processes would take them all.
        connection.send(next(following))
        while connection.receive() is None:
            pass
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    for key in list(selector.get_map().values()):
        key.data.send(next(following))
    answered = wrong = 0
    begun = time.perf_counter()
    end = begun + seconds
    while (now := time.perf_counter()) < end:
        for key, _events in selector.select(end - now):
            connection = key.data
            try:
                status = connection.receive()
            except ConnectionError:
                # A worker that has served its thousands of requests is replaced, and takes its connections along.
                selector.unregister(connection.socket)
                connection.socket.close()
                connection = _again(port, next(following))
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                continue
            if status is not None:
                answered += 1
                wrong += status != "200"
                connection.send(next(following))
    took = time.perf_counter() - begun
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()
    return answered, answered / took, wrong


def _again(port: int, request: bytes) -> Connection:
    for _patience in range(500):
        try:
            connection = Connection(port)
            connection.send(request)
        except ConnectionError:
            time.sleep(0.01)
        else:
            return connection
    raise ConnectionError("the server is gone")


def compare(
    port: int, value: Requests, reference: Requests, *, cpu: Callable[[], float], rounds: int = ROUNDS
) -> tuple[float, float]:
    """Medians of interleaved rounds; the first of each warms up and does not count. Raises if an answer was no 200.

    `cpu`: processor seconds of the server so far; what an answer costs it is printed, and hardly depends on who else
    uses the machine.
    """
    rates: dict[str, list[float]] = {"value": [], "reference": []}
    costs: dict[str, list[float]] = {"value": [], "reference": []}
    for turn in range(rounds + 1):
        pairs = [("value", value), ("reference", reference)]
        for name, requests in pairs if turn % 2 else reversed(pairs):
            before = cpu()
            one = press(port, requests)
            if one.wrong:
                raise RuntimeError(f"{name}: {one.wrong} answers were not 200")
            if turn:
                rates[name].append(one.rate)
                costs[name].append((cpu() - before) / one.answered * 1e6)
    for name, found in rates.items():
        each = statistics.median(costs[name])
        print(
            f"  {name:9} {' '.join(f'{rate:6.0f}' for rate in found)} requests/s; {each:.0f} µs of the web server each"
        )
    return statistics.median(rates["value"]), statistics.median(rates["reference"])


def get(port: int, path: str, headers: Sequence[str] = ()) -> Requests:
    """The same GET for ever."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers]
    request = "\r\n".join([*lines, "", ""]).encode()

    def requests(number: int) -> Iterator[bytes]:
        while True:
            yield request

    return requests


def fsync_ms(folder: Path, times: int = 60) -> float:
    """Milliseconds that this disk takes to make one page of 8 KiB safe (median)."""
    place = folder / "fsync.probe"
    took = []
    with place.open("wb", buffering=0) as file:
        for _time in range(times):
            file.seek(0)
            file.write(os.urandom(8192))
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - begun) * 1000)
    place.unlink()
    return statistics.median(took)
