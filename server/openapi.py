"""The OpenAPI 3.1 document, made from the routes themselves."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from server.auth import Role
from server.errors import (
    BadRequest,
    Forbidden,
    TooLarge,
    Unauthenticated,
    Unprocessable,
    UnsupportedMedia,
    VitrineError,
)
from server.routing import Route

REFERENCE = "#/components/schemas/{name}"
PROBLEM = {
    "type": "object",
    "description": "RFC 9457; further members are the facts of the problem.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Stable: decide by this one."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def document(routes: Sequence[Route], version: str, server_url: str) -> dict[str, Any]:
    """The whole API as one JSON document.

    Source: OpenAPI Specification 3.1.1; the schemas are JSON Schema 2020-12 by msgspec.
    """
    kinds = [kind for route in routes for kind in _kinds(route)]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    by_kind = dict(zip(map(_key, kinds), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, by_kind, components)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Vitrine",
            "version": version,
            "description": "A virtual showroom that ends in the physical world.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server_url}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": PROBLEM},
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A session's token, or an API key.",
                }
            },
        },
    }


def _key(kind: Any) -> str:
    return repr(kind)


def _kinds(route: Route) -> Iterable[Any]:
    return [
        kind
        for kind in (route.body, route.query, route.returns)
        if kind is not None and kind is not bytes
    ]


def _operation(
    route: Route, by_kind: dict[str, dict[str, Any]], components: dict[str, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": [_tag(route.path)],
        "parameters": [*_path_parameters(route), *_query_parameters(route, by_kind, components)],
        "responses": _responses(route, by_kind),
    }
    if route.roles is not None:
        operation["security"] = [{"bearer": []}]
        operation["x-roles"] = sorted(str(role) for role in route.roles)
        if route.roles != frozenset(Role):
            operation["description"] = "For: " + ", ".join(operation["x-roles"]) + "."
    if route.body is bytes:
        operation["requestBody"] = {
            "content": {"application/offset+octet-stream": {"schema": {"type": "string"}}}
        }
    elif route.body is not None:
        operation["requestBody"] = {
            "required": not route.optional_body,
            "content": {"application/json": {"schema": by_kind[_key(route.body)]}},
        }
    return operation


def _operation_id(route: Route) -> str:
    """`POST /api/orders/{order}/cancel` is `post_orders_order_cancel`: unique as the route is."""
    words = re.findall(r"[a-z0-9]+", f"{route.method} {route.path}".lower())
    return "_".join(word for word in words if word != "api")


def _tag(path: str) -> str:
    parts = [part for part in path.split("/") if part and part != "api"]
    return parts[0].split(".")[0] if parts else "pages"


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)", route.path)
    ]


def _query_parameters(
    route: Route, by_kind: dict[str, dict[str, Any]], components: dict[str, Any]
) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = components[by_kind[_key(route.query)]["$ref"].rsplit("/", 1)[1]]
    required = set(schema.get("required", []))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": value}
        for name, value in schema["properties"].items()
    ]


def _responses(route: Route, by_kind: dict[str, dict[str, Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": route.summary}
    if route.returns is bytes:
        answer["content"] = {"application/octet-stream": {"schema": {"type": "string"}}}
    elif route.returns is not None:
        answer["content"] = {"application/json": {"schema": by_kind[_key(route.returns)]}}
    responses = {str(route.status): answer}
    for status, errors in sorted(_problems(route).items()):
        responses[str(status)] = {
            "description": "; ".join(f"`{error.type}`: {error.title}" for error in errors),
            "content": {
                "application/problem+json": {"schema": {"$ref": REFERENCE.format(name="Problem")}}
            },
        }
    return responses


def _problems(route: Route) -> dict[int, list[type[VitrineError]]]:
    errors: list[type[VitrineError]] = list(route.errors)
    if route.roles is not None:
        errors += [Unauthenticated, Forbidden]
    if route.body is not None and route.body is not bytes:
        errors += [BadRequest, TooLarge, UnsupportedMedia, Unprocessable]
    elif route.query is not None:
        errors.append(Unprocessable)
    grouped: dict[int, list[type[VitrineError]]] = {}
    for error in dict.fromkeys(errors):
        grouped.setdefault(error.status, []).append(error)
    return grouped
