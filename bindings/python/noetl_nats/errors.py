"""Errors: one class per code, all of them a NatsError."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class NatsError(Exception):
    """An operation failed. ``result`` is the whole result document: what was found all the same stands beside ``error``."""

    code = "internal"

    def __init__(self, message: str, result: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.result: dict[str, Any] = result if result is not None else {}
        error = self.result.get("error", {})
        self.hint: str = error.get("hint", "")
        self.details: dict[str, Any] = error.get("details", {})
        self.retryable: bool = error.get("retryable", False)
        self.maybe_applied: bool = error.get("maybe_applied", False)

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[type[NatsError], tuple[str, dict[str, Any]]]:
        return type(self), (self.message, self.result)


class InvalidArgumentError(NatsError, ValueError):
    """The parameters are wrong, whatever the state of the server."""

    code = "invalid_argument"


class NotFoundError(NatsError):
    """The named thing is absent."""

    code = "not_found"


class AlreadyExistsError(NatsError):
    """A create collides with what is there."""

    code = "already_exists"


class ConflictError(NatsError):
    """A compare-and-set lost; read again."""

    code = "conflict"


class FailedPreconditionError(NatsError):
    """The state must be changed first."""

    code = "failed_precondition"


class ResourceExhaustedError(NatsError):
    """A limit is reached."""

    code = "resource_exhausted"


class UnimplementedError(NatsError):
    """The server is too old, or a feature is off or not built yet."""

    code = "unimplemented"


class DataLossError(NatsError):
    """A digest or a count does not match."""

    code = "data_loss"


class UnauthenticatedError(NatsError):
    """The server does not accept who we are."""

    code = "unauthenticated"


class PermissionDeniedError(NatsError):
    """We may not do that."""

    code = "permission_denied"


class DeadlineExceededError(NatsError, TimeoutError):
    """Our time ran out."""

    code = "deadline_exceeded"


class UnavailableError(NatsError, ConnectionError):
    """No server, no leader, or the connection was lost."""

    code = "unavailable"


class CancelledError(NatsError):
    """The caller stopped it."""

    code = "cancelled"


class InternalError(NatsError):
    """A bug of ours, or an answer that nobody expects."""

    code = "internal"


BY_CODE: dict[str, type[NatsError]] = {
    each.code: each
    for each in (
        InvalidArgumentError,
        NotFoundError,
        AlreadyExistsError,
        ConflictError,
        FailedPreconditionError,
        ResourceExhaustedError,
        UnimplementedError,
        DataLossError,
        UnauthenticatedError,
        PermissionDeniedError,
        DeadlineExceededError,
        UnavailableError,
        CancelledError,
        InternalError,
    )
}


def error_of(result: dict[str, Any]) -> NatsError:
    """The exception for a failed result document."""
    error = result["error"]
    return BY_CODE.get(error["code"], InternalError)(error["message"], result)


def checked(result: dict[str, Any]) -> dict[str, Any]:
    """The document, or its error raised: a failure has ``error``, whatever its status (that of health is a level)."""
    if "error" in result:
        raise error_of(result)
    return result
