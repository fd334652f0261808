"""Ports of this machine for servers that a test starts."""

import socket
import time


def free_port() -> int:
    """One that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_for(port: int, seconds: float = 60) -> None:
    """Until somebody listens there.

    Raises:
        TimeoutError: nobody does, after so many seconds.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as there:
            if there.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens at port {port}")
