"""A stand-in for RDS Proxy in front of the Postgres that is lent.

It takes TLS only, and as password only a token that is signed by a function whose role may
connect as that user. It opens the database with that user's secret as it is at the moment.
It refuses the start-up parameters that the service does not support. It does not pool: each
connection is one of the database's.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

from scramp import ScramClient

LOG = logging.getLogger(__name__)

SSL_REQUEST = 80877103
PROTOCOL_3 = 196608
# Those of Java's driver, which is known to work there; many others are known to be refused.
SUPPORTED = {"user", "database", "application_name", "client_encoding", "TimeZone", "DateStyle", "extra_float_digits"}
CHUNK = 65536


class Refused(Exception):
    """The client is told this, as Postgres tells it: an SQLSTATE and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Rules:
    """Both are asked for each connection, in a thread of their own."""

    # The user and the token -> what is wrong with it.
    complaint: Callable[[str, str], str | None]
    # The user -> the password in the proxy's secrets.
    password: Callable[[str], str | None]


class RdsProxy:
    """Listens on (host, port) until the process ends, or ``close``."""

    def __init__(self, listen: tuple[str, int], tls: ssl.SSLContext, database: tuple[str, int], rules: Rules) -> None:
        self._listen, self._tls, self._database, self._rules = listen, tls, database, rules
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, *listen))
        self._thread = threading.Thread(target=self._loop.run_forever, name="rds-proxy", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._session(reader, writer)
        except Refused as refusal:
            LOG.warning("refused a connection: %s", refusal)
            fields = {"S": "FATAL", "V": "FATAL", "C": refusal.code, "M": str(refusal)}
            body = b"".join(name.encode() + value.encode() + b"\0" for name, value in fields.items())
            writer.write(_message(b"E", body + b"\0"))
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError) as error:
            LOG.debug("a connection ended: %s", error)
        finally:
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await _first_message(reader)
        if struct.unpack("!I", asked[:4])[0] != SSL_REQUEST:
            raise Refused("28000", "This RDS Proxy requires TLS connections")
        writer.write(b"S")
        await writer.start_tls(self._tls)
        parameters = _start_up(await _first_message(reader))
        user = parameters.get("user", "")
        writer.write(_message(b"R", struct.pack("!I", 3)))
        kind, body = await _read_message(reader)
        if kind != b"p":
            raise Refused("08P01", "expected a password")
        token = body.rstrip(b"\0").decode()
        if wrong := await asyncio.to_thread(self._rules.complaint, user, token):
            raise Refused("28000", f"The IAM authentication failed for the role {user}: {wrong}")
        password = await asyncio.to_thread(self._rules.password, user)
        if password is None:
            raise Refused("28000", f"This RDS proxy has no credentials for the role {user}")
        try:
            below, above = await asyncio.open_connection(*self._database)
        except OSError as error:
            raise Refused("08006", f"Timed-out waiting to acquire database connection: {error}") from error
        try:
            await _log_in(below, above, parameters, password)
            writer.write(_message(b"R", struct.pack("!I", 0)))
            pumps = [asyncio.create_task(_pump(reader, above)), asyncio.create_task(_pump(below, writer))]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
        finally:
            above.close()


def _start_up(body: bytes) -> dict[str, str]:
    if struct.unpack("!I", body[:4])[0] != PROTOCOL_3:
        raise Refused("0A000", "Feature not supported: another version of the protocol")
    words = [word.decode() for word in body[4:].rstrip(b"\0").split(b"\0")]
    parameters = dict(zip(words[::2], words[1::2], strict=True))
    for name in sorted(parameters.keys() - SUPPORTED):
        raise Refused("0A000", f"Feature not supported: RDS Proxy currently doesn't support the option {name}.")
    return parameters


async def _log_in(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, parameters: dict[str, str], password: str
) -> None:
    """Opens a connection of the database, up to where it says that the password is right."""
    words = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items())
    writer.write(_message(b"", struct.pack("!I", PROTOCOL_3) + words + b"\0"))
    scram = ScramClient(["SCRAM-SHA-256"], parameters["user"], password)
    while True:
        kind, body = await _read_message(reader)
        if kind == b"E":
            fields = {field[:1]: field[1:].decode() for field in body.split(b"\0") if field}
            raise Refused(fields.get(b"C", "08004"), fields.get(b"M", "the database refused"))
        step = struct.unpack("!I", body[:4])[0]
        if step == 0:
            return
        if step == 10:
            first = scram.get_client_first().encode()
            writer.write(_message(b"p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first))
        elif step == 11:
            scram.set_server_first(body[4:].decode())
            writer.write(_message(b"p", scram.get_client_final().encode()))
        elif step == 12:
            scram.set_server_final(body[4:].decode())
        else:
            raise Refused("0A000", f"the database asks for a password in way {step}")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    except (ConnectionError, ssl.SSLError) as error:
        LOG.debug("a connection ended: %s", error)


async def _first_message(reader: asyncio.StreamReader) -> bytes:
    (length,) = struct.unpack("!I", await reader.readexactly(4))
    return await reader.readexactly(length - 4)


async def _read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    kind = await reader.readexactly(1)
    return kind, await _first_message(reader)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body
