"""`reclaim serve`: the site, the workers and the clock in one process."""

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from tempfile import TemporaryFile
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import click

from reclaim.terminal import setup

DRAIN_SECONDS = 10
"""Given to requests that run when the program stops."""
LOOK_SECONDS = 0.5
"""How soon a signal is heeded."""
FORM_BYTES = 1 << 20
"""What an upload's form may add to its files."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any that is free.")
@click.option("--threads", type=click.IntRange(1), default=8, show_default=True, help="Pages made at a time.")
@click.option("--workers", type=click.IntRange(1), help="Files read at a time. [default: RECLAIM_WORKERS, else 1]")
def serve(host: str, port: int, threads: int, workers: int | None) -> None:
    """Serve the site, read files as they come, and follow the clock, all in this process.

    Ctrl-C or SIGTERM stops it: pages in the making are finished, and a file that was being read is taken up again at
    the next start. Beyond this machine, put a proxy with TLS before it: docs/production.md.
    """
    setup.ready()
    setup.insist()
    run(host, port, threads=threads, workers=workers, ready=announce)


def announce(address: str) -> None:
    """Say where the site is."""
    click.echo(f"Reclaim is at {address} (Ctrl-C stops it)")


def run(host: str, port: int, *, ready: Callable[[str], object], threads: int = 8, workers: int | None = None) -> None:
    """Serve until a signal says to stop. Needs Django ready, and the main thread.

    Args:
        host: to listen at.
        port: to listen at; 0 is any that is free.
        ready: told the address, once requests are answered.
        threads: pages made at a time.
        workers: files read at a time.

    Raises:
        ClickException: the port is taken.
    """
    from reclaim import clock  # noqa: PLC0415  Django is ready only now

    stopping = _signals()
    sockets: dict[int, Any] = {}
    address, dispatcher = _listen(host, port, threads, sockets)
    with clock.working(workers or clock.workers(), periodic=True):
        Thread(target=_warm, args=(address,), daemon=True).start()
        ready(address)
        try:
            _loop(sockets, stopping)
        finally:
            dispatcher.shutdown(timeout=1)


def _signals() -> list[int]:
    """The signals that came and ask to stop. The second is not heeded: it ends the program at once."""
    came: list[int] = []

    def stop(number: int, _: object) -> None:
        came.append(number)
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return came


def _listen(host: str, port: int, threads: int, sockets: dict[int, Any]) -> tuple[str, Any]:
    """The address, and what hands requests to threads; `sockets` is filled."""
    from django.conf import settings  # noqa: PLC0415  Django is ready only now
    from waitress import create_server  # noqa: PLC0415  the same
    from waitress.buffers import TempfileBasedBuffer  # noqa: PLC0415  the same
    from waitress.utilities import RequestEntityTooLarge  # noqa: PLC0415  the same

    from reclaim.config.wsgi import application  # noqa: PLC0415  the same

    # uploads are spooled beside the data: patients never lie in a temporary folder of the machine
    TempfileBasedBuffer.newfile = lambda _: partial(TemporaryFile, "w+b", dir=settings.INCOMING)()
    RequestEntityTooLarge.to_response = lambda *_: _too_large()  # the server itself answers, before a body has come
    try:
        server = create_server(
            application,
            sockets,
            host=host,
            port=port,
            threads=threads,
            ident=None,
            max_request_body_size=settings.UPLOAD_BYTES + FORM_BYTES,
            clear_untrusted_proxy_headers=not settings.BEHIND_PROXY,
        )
    except OSError as error:
        reason = error.strerror or error
        raise click.ClickException(
            f"Cannot listen at {host}:{port}: {reason}. Name another port with --port."
        ) from error
    dispatcher = server.task_dispatcher
    dispatcher.queue_logger.disabled = True  # it warns of every request that waits for a moment
    where, taken = server.effective_listen[0] if hasattr(server, "effective_listen") else (host, server.effective_port)
    return f"http://{f'[{where}]' if ':' in str(where) else where}:{taken}", dispatcher


def _too_large() -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and words for an upload beyond the limit."""
    from reclaim.web.inbox import too_large  # noqa: PLC0415  Django is ready only now

    return "413 Content Too Large", [("Content-Type", "text/plain; charset=utf-8")], too_large().encode()


def _loop(sockets: dict[int, Any], stopping: list[int]) -> None:
    """Move bytes until asked to stop; then take no more requests, and finish those that came."""
    from waitress import wasyncore  # noqa: PLC0415  only a server needs it
    from waitress.server import BaseWSGIServer  # noqa: PLC0415  the same

    while not stopping:
        wasyncore.loop(timeout=LOOK_SECONDS, map=sockets, count=1)
    for each in list(sockets.values()):
        if isinstance(each, BaseWSGIServer):
            wasyncore.dispatcher.close(each)  # only the listening socket: answers still need the rest
    until = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < until and any(map(_busy, list(sockets.values()))):
        wasyncore.loop(timeout=0.05, map=sockets, count=1)
    wasyncore.close_all(sockets)


def _busy(channel: object) -> bool:
    """A connection with a request that has not been answered in full."""
    return bool(getattr(channel, "requests", None) or getattr(channel, "total_outbufs_len", 0))


def _warm(address: str) -> None:
    """The first page costs imports and templates: pay for them before somebody waits.

    Asked for as a proxy asks; else, behind https, the answer is only where to go.
    """
    page_of = Request(f"{address}/accounts/login/", headers={"X-Forwarded-Proto": "https"})  # noqa: S310  our own
    with suppress(OSError), urlopen(page_of, timeout=60) as page:  # noqa: S310  the same
        page.read()
