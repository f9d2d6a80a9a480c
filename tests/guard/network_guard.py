"""Importing this denies the process every socket that leaves the machine."""

from __future__ import annotations

import ipaddress
import sys

_GUARDED = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.getaddrinfo": 0}


class NetworkDeniedError(PermissionError):
    """A test tried to leave loopback."""


def is_local(address: object) -> bool:
    """Whether an address (a socket path, or a host with its port) stays on this machine."""
    host = address[0] if isinstance(address, tuple) else address
    if isinstance(address, tuple) and isinstance(host, str) and host != "localhost":
        try:
            return ipaddress.ip_address(host.partition("%")[0]).is_loopback
        except ValueError:
            return False
    return True


def _deny(event: str, arguments: tuple[object, ...]) -> None:
    position = _GUARDED.get(event)
    if position is None:
        return
    address = arguments[position]
    if event == "socket.getaddrinfo":
        address = (address.decode() if isinstance(address, bytes) else address, 0)
    if not is_local(address):
        message = f"{event} to {address!r}: tests reach loopback only; serve it on 127.0.0.1"
        raise NetworkDeniedError(message)


sys.addaudithook(_deny)
