"""`connect`, and how its parameters become those of an operation."""

from __future__ import annotations

from . import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ._client import Client


def connect(
    url: str | Iterable[str] | None = None,
    *,
    user: str | None = None,
    password: str | None = None,
    token: str | None = None,
    creds: str | None = None,
    creds_file: str | None = None,
    nkey_seed: str | None = None,
    nkey_file: str | None = None,
    jwt: str | None = None,
    tls: bool | None = None,
    tls_ca: str | None = None,
    tls_cert: str | None = None,
    tls_key: str | None = None,
    tls_name: str | None = None,
    tls_first: bool | None = None,
    tls_insecure: bool | None = None,
    domain: str | None = None,
    api_prefix: str | None = None,
    inbox_prefix: str | None = None,
    timeout: float | None = None,
    connect_timeout: float | None = None,
) -> Client:
    """Connects, or raises `UnavailableError`, `UnauthenticatedError`, ... within ``connect_timeout`` seconds.

    Without ``url``: ``NATS_URL``, the context that ``NATS_CONTEXT`` names, the local instance, port 4222 on the loopback.
    A secret may be ``env:NAME`` or ``file:PATH``. ``timeout`` (5 s) holds for every call that does not give its own.
    """
    params = connection_params(
        url,
        user=user,
        password=password,
        token=token,
        creds=creds,
        creds_file=creds_file,
        nkey_seed=nkey_seed,
        nkey_file=nkey_file,
        jwt=jwt,
        tls=tls,
        tls_ca=tls_ca,
        tls_cert=tls_cert,
        tls_key=tls_key,
        tls_name=tls_name,
        tls_first=tls_first,
        tls_insecure=tls_insecure,
        domain=domain,
        api_prefix=api_prefix,
        inbox_prefix=inbox_prefix,
        timeout=timeout,
        connect_timeout=connect_timeout,
    )
    from ._client import Client

    native = _core.Client(params)
    native.open()
    return Client(params, native)


def connection_params(url: str | Iterable[str] | None, **options: Any) -> dict[str, Any]:
    """The parameters of `connect` as those of an operation: what is not given is left out, times are milliseconds."""
    given = {"url": url if url is None or isinstance(url, str) else list(url), **options}
    for name in ("timeout", "connect_timeout"):
        given[f"{name}_ms"] = milliseconds(given.pop(name, None))
    return {name: value for name, value in given.items() if value is not None}


def milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def filter_list(given: str | Iterable[str]) -> list[str]:
    return [given] if isinstance(given, str) else list(given)
