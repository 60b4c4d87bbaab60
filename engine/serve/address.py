"""Where a server listens: its host, its port, the address clients are given."""

from __future__ import annotations

import errno
import ipaddress
import socket

from engine.errors import DanluError

FIRST_PORT = 8000
_TRIED = 100  # ports from FIRST_PORT on
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int | None) -> socket.socket:
    """A socket that listens on ``port``; None takes the first free one from 8000 on, 0 any. Raises
    DanluError ``serve.port_taken``, ``serve.no_such_host``."""
    if port is not None:
        return _listen(host, port)
    for candidate in range(FIRST_PORT, FIRST_PORT + _TRIED):
        try:
            return _listen(host, candidate)
        except DanluError as error:
            if error.code != "serve.port_taken":
                raise
    return _listen(host, 0)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError, OverflowError) as error:
        raise DanluError("serve.no_such_host", host=host, reason=error) from error
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(address)
        made.listen(128)
    except OSError as error:
        made.close()
        if isinstance(error, PermissionError) or error.errno in _NOT_HERE:
            raise DanluError("serve.no_such_host", host=f"{host}:{port}", reason=error) from error
        raise DanluError("serve.port_taken", host=host, port=port) from error
    return made


def url_of(host: str, port: int) -> str:
    """The address to give to clients: a wildcard host is reached as this machine's own name."""
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    return f"http://[{host}]:{port}/v1" if ":" in host else f"http://{host}:{port}/v1"
