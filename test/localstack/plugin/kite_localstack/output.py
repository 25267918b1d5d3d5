"""What a function process writes."""

from __future__ import annotations

import array
import fcntl
import os
import select
import termios
import threading


class Output:
    """Collects a process's output so that its pipe never fills up.

    Node writes to pipes synchronously, so everything the handler printed is in
    the pipe by the time its answer arrives; ``drain`` reads it without waiting.
    """

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._lock = threading.Lock()
        self._buffer = b""
        self._wake_r, self._wake_w = os.pipe()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="lambda-output", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([self._fd, self._wake_r], [], [])
            if self._wake_r in ready:
                return
            with self._lock:
                if self._read() == 0:
                    return

    def _read(self) -> int:
        """Moves what is there to the buffer. 0: end of the stream."""
        try:
            chunk = os.read(self._fd, 65536)
        except BlockingIOError:
            return -1
        self._buffer += chunk
        return len(chunk)

    def drain(self) -> bytes:
        available = array.array("i", [0])
        with self._lock:
            if not self._closed:
                fcntl.ioctl(self._fd, termios.FIONREAD, available)
                while available[0] > 0 and self._read() > 0:
                    fcntl.ioctl(self._fd, termios.FIONREAD, available)
            taken, self._buffer = self._buffer, b""
            return taken

    def close(self) -> bytes:
        os.write(self._wake_w, b"x")
        self._thread.join()
        taken = self.drain()
        with self._lock:
            self._closed = True
            for fd in (self._fd, self._wake_r, self._wake_w):
                os.close(fd)
        return taken
