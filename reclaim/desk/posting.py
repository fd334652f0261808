"""One POST to an address that somebody typed: never into the own network, never elsewhere, never long.

The name is looked up once and the connection goes to the very address that was checked, so that a name which answers
differently the second time leads nowhere (server-side request forgery, OWASP A10:2021).
"""

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from urllib.parse import urlsplit

LIMIT = 10.0
"""Seconds for all of it."""
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # IPv4 within IPv6 (RFC 6052)


class AddressError(Exception):
    """An address that is not posted to; the message says why."""


class PostError(Exception):
    """It did not arrive; the message says what happened, without the address."""


def check(url: str, *, private: bool) -> None:
    """Whether an address may be posted to, as far as can be said without a connection.

    Raises:
        AddressError: it may not; the message says why and what to do.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise AddressError("The port of the address is no number from 1 to 65535.") from error
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise AddressError("The address begins with https://: events travel encrypted.")
    if not parts.hostname or parts.username or parts.password or parts.fragment or port == 0:
        raise AddressError("The address is a host and a path, without a password in it: https://example.com/hook")
    if not url.isascii() or any(each.isspace() or not each.isprintable() for each in url):
        raise AddressError("The address holds signs that no address can: write them percent-encoded.")


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool) -> int:
    """Send a body to an address. Redirects are not followed: their status is the answer.

    Args:
        url: as `check` allows.
        body: what to send.
        headers: beside those that HTTP needs.
        private: whether addresses of the own machine and network are posted to.

    Returns:
        The status of the answer; its body is not read.

    Raises:
        AddressError: the name leads into the own network.
        PostError: nothing was answered in time.
    """
    check(url, private=private)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = _place(host, port, private=private)
    connection = _connection(parts.scheme, host, port)
    guard: Timer | None = None
    try:
        raw = socket.create_connection(place, timeout=LIMIT)
        connection.sock = _encrypted(raw, host) if parts.scheme == "https" else raw
        guard = Timer(LIMIT, _cut, [connection.sock])  # a timeout alone would begin anew with every byte
        guard.start()
        if isinstance(connection.sock, ssl.SSLSocket):
            connection.sock.do_handshake()
        connection.request("POST", path, body, dict(headers))
        return connection.getresponse().status
    except ssl.SSLError as error:
        raise PostError("Its certificate was not accepted, or it speaks no TLS.") from error
    except TimeoutError as error:
        raise PostError(f"No answer within {LIMIT:.0f} seconds.") from error
    except (OSError, HTTPException) as error:
        raise PostError(f"The connection failed: {type(error).__name__}.") from error
    finally:
        if guard is not None:
            guard.cancel()
        connection.close()


def _place(host: str, port: int, *, private: bool) -> tuple[str, int]:
    """The address of a host, every one of which must be outside."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PostError("Nobody knows the name of the host.") from error
    places = [str(each[4][0]) for each in found]
    if not private and not all(_outside(each) for each in places):
        raise AddressError("The address leads into the own network; RECLAIM_HOOKS_PRIVATE allows that.")
    return places[0], port


def _outside(place: str) -> bool:
    address = ipaddress.ip_address(place.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _outside(str(inner))
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _connection(scheme: str, host: str, port: int) -> HTTPConnection:
    kind = HTTPSConnection if scheme == "https" else HTTPConnection
    return kind(host, port, timeout=LIMIT)


def _encrypted(raw: socket.socket, host: str) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)


def _cut(raw: socket.socket) -> None:
    try:
        raw.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
