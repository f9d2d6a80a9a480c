"""What pygls does differently from what Tunesmith needs, put right in one place."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    LanguageServerProtocol,
    default_converter,
    lsp_method,
)

from tunesmith.lsp.protocol import PROTOCOL_VERSION

MOST = 10**12
"""The largest number that a parameter may be: rows of the largest data sets."""

_OWN_DOCUMENTS = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
)


def converter() -> Converter:
    """The converter of pygls, except that parameters of our own messages stay plain JSON.

    pygls makes named tuples of them, and gives no answer to a request without parameters.
    """
    made = default_converter()
    for message in (JsonRPCRequestMessage, JsonRPCNotification):
        made.register_structure_hook(message, _plain_message)
    return made


def _plain_message(data: Mapping[str, Any], cls: type[Any]) -> Any:
    message = {"params": None, **data}
    return cls(**{name: message[name] for name in cls.__annotations__})


class Protocol(LanguageServerProtocol):
    """The protocol as pygls has it, with our own documents, version and error answers."""

    def _register_builtin_features(self) -> None:
        super()._register_builtin_features()
        features: dict[str, object] = vars(self.fm)["_builtin_features"]
        for method in _OWN_DOCUMENTS:
            del features[method]

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(
        self, params: types.InitializeParams
    ) -> Generator[Any, Any, types.InitializeResult]:
        """Tell our protocol's version, and that positions count UTF-16 units."""
        result = yield from super().lsp_initialize(params)
        result.capabilities.experimental = {"tunesmith": {"protocol": PROTOCOL_VERSION}}
        result.capabilities.position_encoding = types.PositionEncodingKind.Utf16
        return result

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Answer a request that cannot be read; pygls leaves it without an answer."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and "id" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise


class RequestFailedError(JsonRpcException):
    """A request was right, but what it asks for cannot be done; the message says why."""

    CODE = types.LSPErrorCodes.RequestFailed.value


def is_worth_logging(record: logging.LogRecord) -> bool:
    """Whether a record is of more than a refusal, of which the user is told anyway."""
    return not (record.exc_info and isinstance(record.exc_info[1], RequestFailedError))


class PayloadFreeFormatter(logging.Formatter):
    """Formats records without anything that came out of a document: it may hold a token.

    Of pygls's records only the template is kept, of exceptions only their type and frames.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record's line."""
        if record.name.partition(".")[0] not in ("tunesmith", "root"):
            record = logging.makeLogRecord({**record.__dict__, "args": None})
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802  (the base class's name)
        """The frames, which are our own code, and the exception's type."""
        import traceback

        kind, _, frames = ei
        return "".join((*traceback.format_tb(frames), getattr(kind, "__name__", str(kind))))


def to_json(message: Any) -> dict[str, Any]:
    """One of our own messages as JSON; fields without value are left out."""
    values = {field.name: getattr(message, field.name) for field in fields(message)}
    return {_camel_case(name): _json(value) for name, value in values.items() if value is not None}


def _json(value: Any) -> Any:
    if is_dataclass(value):
        return to_json(value)
    return list(map(_json, cast("list[Any]", value))) if isinstance(value, list) else value


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def string_parameter(params: object, name: str) -> str:
    """A parameter of one of our own requests.

    Raises:
        JsonRpcInvalidParams: it is missing, empty or no string.
    """
    value = _parameter(params, name)
    if not isinstance(value, str) or not value:
        raise JsonRpcInvalidParams(f"{name}: {value!r} was given; expected a string")
    return value


def optional_string(params: object, name: str) -> str | None:
    """A parameter that may be left out.

    Raises:
        JsonRpcInvalidParams: it is empty or no string.
    """
    return None if _parameter(params, name) is None else string_parameter(params, name)


def optional_number(params: object, name: str, *, least: int = 1) -> int | None:
    """A whole number that may be left out.

    Raises:
        JsonRpcInvalidParams: it is no whole number, or out of range.
    """
    value = _parameter(params, name)
    if value is None:
        return None
    if type(value) is not int or not least <= value <= MOST:
        expected = f"expected a whole number from {least} to {MOST:,}"
        raise JsonRpcInvalidParams(f"{name}: {value!r} was given; {expected}")
    return value


def _parameter(params: object, name: str) -> object:
    return cast("dict[str, object]", params).get(name) if isinstance(params, dict) else None
