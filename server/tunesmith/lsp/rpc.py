"""What pygls does differently from what Tunesmith needs, put right in one place."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from dataclasses import fields
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
    return {_camel_case(name): value for name, value in values.items() if value is not None}


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def string_parameter(params: object, name: str) -> str:
    """A parameter of one of our own requests.

    Raises:
        JsonRpcInvalidParams: it is missing, empty or no string.
    """
    value = cast("dict[str, object]", params).get(name) if isinstance(params, dict) else None
    if not isinstance(value, str) or not value:
        raise JsonRpcInvalidParams(f"{name}: {value!r} was given; expected a string")
    return value
