"""Checks the password with which a function connects to RDS Proxy: a signed request, not a secret.

It is the address and query of ``GET https://<endpoint>/?Action=connect&DBUser=<user>``, signed
with version 4 for the service rds-db, and good for 15 minutes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

LONGEST = 900


def key_of(token: str) -> str:
    """The access key that a token says it is signed with; empty when it says none."""
    credential = _query(token).get("X-Amz-Credential", "")
    return credential.split("/")[0]


def complaint(
    token: str, endpoint: str, user: str, secret_of: Callable[[str], str | None], now: datetime
) -> str | None:
    """What is wrong with a token for this endpoint (``host:port``) and user; None when nothing is."""
    host, _, _ = token.partition("/?")
    query = _query(token)
    signature = query.pop("X-Amz-Signature", "")
    key, *scope = query.get("X-Amz-Credential", "").split("/")
    if host != endpoint:
        return f"it is for {host or 'nobody'}, and this is {endpoint}"
    if (query.get("Action"), query.get("DBUser")) != ("connect", user):
        return f"it is for {query.get('DBUser')}, who wants to {query.get('Action')}"
    if len(scope) != 4 or scope[2:] != ["rds-db", "aws4_request"]:
        return f"its scope is {'/'.join(scope)}"
    try:
        signed = datetime.strptime(query.get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        seconds = int(query.get("X-Amz-Expires", ""))
    except ValueError:
        return "it does not say when it was signed, and for how long"
    if seconds > LONGEST or now > signed + timedelta(seconds=seconds):
        return "it has expired"
    secret = secret_of(key)
    if secret is None:
        return f"nobody has the access key {key}"
    if not hmac.compare_digest(signature, _signature(host, query, scope, secret)):
        return "its signature is wrong"
    return None


def _query(token: str) -> dict[str, str]:
    return dict(parse_qsl(token.partition("/?")[2], keep_blank_values=True))


def _signature(host: str, query: dict[str, str], scope: list[str], secret: str) -> str:
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query.items())
    canonical = "\n".join(
        [
            "GET",
            "/",
            "&".join(f"{name}={value}" for name, value in pairs),
            f"host:{host}",
            "",
            "host",
            hashlib.sha256(b"").hexdigest(),
        ]
    )
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            query["X-Amz-Date"],
            "/".join(scope),
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
