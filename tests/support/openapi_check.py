"""Holds JSON values against the schemas of docs/openapi.yaml: the keywords which that file uses, nothing more. An unknown
keyword is an error, so that the description never says more than is checked."""
import re

ANNOTATIONS = {"description", "examples", "example", "default", "title"}
CHECKED = {"type", "required", "properties", "items", "enum", "const", "pattern", "minimum", "maximum", "minLength", "maxLength",
           "minItems", "maxItems", "allOf", "$ref", "additionalProperties", "format"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "number": (int, float)}
FORMATS = {
    "uuid": re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
    "date-time": re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"),
}


def resolve(document, node):
    """Follows $ref; KeyError when it leads nowhere."""
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number" and isinstance(value, bool):
        return False
    return isinstance(value, TYPES[name])


def violations(document, schema, value, where=""):
    """Every place where value is not as the schema says; pointers and keywords, no values."""
    schema = resolve(document, schema)
    unknown = set(schema) - CHECKED - ANNOTATIONS
    if unknown:
        raise ValueError(f"{where}: the checker does not know {sorted(unknown)}")
    found = []

    def wrong(keyword):
        found.append(f"{where or '/'}: {keyword}")

    for part in schema.get("allOf", []):
        found += violations(document, part, value, where)
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(is_type(value, t) for t in types):
            wrong(f"type is not {types}")
            return found
    if "enum" in schema and value not in schema["enum"]:
        wrong("enum")
    if "const" in schema and value != schema["const"]:
        wrong("const")
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            wrong("pattern")
        if schema.get("format") in FORMATS and not FORMATS[schema["format"]].match(value):
            wrong(f"format {schema['format']}")
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            wrong("length")
    if is_type(value, "number") and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        wrong("range")
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            wrong("number of items")
        for i, item in enumerate(value):
            found += violations(document, schema.get("items", {}), item, f"{where}/{i}")
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                wrong(f"{name} is missing")
        for name, part in schema.get("properties", {}).items():
            if name in value:
                found += violations(document, part, value[name], f"{where}/{name}")
        if schema.get("additionalProperties") is False:
            for name in set(value) - set(schema.get("properties", {})):
                wrong(f"{name} is not described")
    return found


def operations(document):
    """(path, method, operation) of every operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "delete", "patch"):
                yield path, method.upper(), operation


def media_schema(document, operation, status, media_type):
    """The schema of an answer, or None when the description does not know that status or media type."""
    response = resolve(document, operation["responses"].get(str(status)))
    if response is None or media_type not in response.get("content", {}):
        return None
    return response["content"][media_type].get("schema", {})
