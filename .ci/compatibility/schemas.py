"""Compares two JSON schemas of OpenAPI 3.0 by the values that they describe.

`$ref`, `allOf` and the names of schemas are resolved first: only what crosses the wire is compared.
"""

# Bounds that are narrower if larger, if smaller, and those that can only be compared for equality.
LOWER = ("minimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "maxLength", "maxItems", "maxProperties")
EXACT = ("pattern", "format", "multipleOf", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum")
CHOICES = ("oneOf", "anyOf")
# Members of a schema that constrain nothing.
DESCRIBING = {"title", "description", "example", "default", "deprecated", "readOnly", "writeOnly", "externalDocs"}


class Schemas:
    """The two documents; `report` gets each place and what is wrong there."""

    def __init__(self, old, new, report):
        self.old, self.new, self.report = old, new, report
        self.visited = {}  # With the schemas themselves: the id of one that is gone can be another's.

    def request(self, place, old, new):
        """Everything that clients sent is still accepted."""
        self._within(place, (self.old, old), (self.new, new), "request")

    def answer(self, place, old, new):
        """Everything that is answered is what clients expect."""
        self._within(place, (self.new, new), (self.old, old), "answer")

    def _within(self, place, inner, outer, direction):
        """Each value that `inner` describes is one of those that `outer` describes."""
        inner, outer = ((root, resolve(root, schema)) for root, schema in (inner, outer))
        key = (id(inner[1]), id(outer[1]), direction)
        if key in self.visited:  # A schema can contain itself, and is compared once.
            return
        self.visited[key] = inner, outer
        (inner_root, inner), (outer_root, outer) = (flat(*inner), flat(*outer))
        inner_choices, outer_choices = choices(inner_root, inner), choices(outer_root, outer)
        if inner_choices or outer_choices:
            for choice in inner_choices or [inner]:
                self._one_of(place, (inner_root, choice), [(outer_root, it) for it in outer_choices or [outer]], direction)
            return
        self._values(place, inner, outer, direction)
        self._members(place, (inner_root, inner), (outer_root, outer), direction)
        if "items" in outer and "array" in types(inner) & types(outer):
            self._within(f"{place}[]", (inner_root, inner.get("items", {})), (outer_root, outer["items"]), direction)

    def _one_of(self, place, inner, candidates, direction):
        for candidate in candidates:
            found = []
            trial = Schemas(self.old, self.new, lambda *problem: found.append(problem))
            trial.visited = dict(self.visited)
            trial._within(place, inner, candidate, direction)
            if not found:
                return
        if len(candidates) == 1:
            self._within(place, inner, candidates[0], direction)
        else:
            self.report(place, f"{direction}: an alternative that is none of the {len(candidates)} expected")

    def _values(self, place, inner, outer, direction):
        def refuse(what):
            verb = "is narrower" if direction == "request" else "is wider"
            self.report(place, f"{direction} {verb}: {what}")

        if not types(inner) <= types(outer):
            refuse(f"type {named(types(inner))} where {named(types(outer))} is expected")
            return
        if inner.get("nullable") and not outer.get("nullable"):
            refuse("null")
        # An answer's list of values that became open says that later values may come. None has come yet.
        if "enum" in outer and ("enum" in inner or direction == "request"):
            extra = [value for value in inner.get("enum", ["any value"]) if value not in outer["enum"]]
            if extra:
                refuse("the values " + ", ".join(map(str, extra)))
        listed = "enum" in inner  # Each value was compared; bounds add nothing.
        for name in LOWER:
            if name in outer and not listed and not inner.get(name, float("-inf")) >= outer[name]:
                refuse(f"{name} {inner.get(name, 'none')} where {outer[name]} is expected")
        for name in UPPER:
            if name in outer and not listed and not inner.get(name, float("inf")) <= outer[name]:
                refuse(f"{name} {inner.get(name, 'none')} where {outer[name]} is expected")
        for name in EXACT:
            if outer.get(name) and not listed and inner.get(name) != outer[name]:
                refuse(f"{name} {inner.get(name, 'none')} where {outer[name]} is expected")

    def _members(self, place, inner, outer, direction):
        (inner_root, inner), (outer_root, outer) = inner, outer
        has, expected = inner.get("properties", {}), outer.get("properties", {})
        for name in sorted(set(outer.get("required", ())) - set(inner.get("required", ()))):
            if direction == "request":
                self.report(f"{place}.{name}", "request: the member is now required")
            elif name in has:
                self.report(f"{place}.{name}", "answer: the member can now be missing")
        gone = expected.keys() - has.keys() if direction == "answer" else has.keys() - expected.keys()
        for name in sorted(gone):
            self.report(f"{place}.{name}", f"{direction}: the member was removed")
        others = outer.get("additionalProperties", True)
        for name in sorted(has.keys() - expected.keys() if direction == "answer" else ()):
            if others is False:
                self.report(f"{place}.{name}", "answer: a new member where no others were to come")
        for name in sorted(has.keys() & expected.keys()):
            self._within(f"{place}.{name}", (inner_root, has[name]), (outer_root, expected[name]), direction)
        own = inner.get("additionalProperties", True)
        if others is False:
            # Answers that may have other members from now on have none yet.
            if direction == "request" and own is not False and "object" in types(inner) & types(outer):
                self.report(place, "request: other members, which were accepted")
        elif isinstance(others, dict) and own is not False:
            own = own if isinstance(own, dict) else {}
            self._within(f"{place}.*", (inner_root, own), (outer_root, others), direction)


ALL = frozenset(("string", "number", "integer", "boolean", "array", "object"))


def types(schema):
    """The types of the values. An integer is a number, too."""
    if "type" in schema:
        return {schema["type"]} if schema["type"] != "number" else {"number", "integer"}
    return {"object"} if "properties" in schema else set(ALL)


def named(names):
    return "any" if names == ALL else " or ".join(sorted(names))


def resolve(root, value):
    """Returns the target of a reference, also of one that an `allOf` wraps in order to describe it."""
    while isinstance(value, dict):
        if "$ref" in value:
            target = root
            for part in value["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            value = target
            continue
        constraining = [part for part in value.get("allOf", ()) if part.keys() - DESCRIBING]
        if len(constraining) != 1 or value.keys() - {"allOf"} - DESCRIBING:
            break
        value = constraining[0]
    return value


def flat(root, schema):
    """The document and the schema without `$ref` and `allOf`: the parts of an `allOf` as one."""
    schema = resolve(root, schema)
    if "allOf" not in schema:
        return root, schema
    parts = [flat(root, part)[1] for part in schema["allOf"]]
    parts.append({name: value for name, value in schema.items() if name != "allOf"})
    whole = {}
    for part in parts:
        for name, value in part.items():
            if name == "properties":
                whole[name] = {**whole.get(name, {}), **value}
            elif name == "required":
                whole[name] = [*whole.get(name, ()), *value]
            elif name in LOWER:
                whole[name] = max(value, whole.get(name, value))
            elif name in UPPER:
                whole[name] = min(value, whole.get(name, value))
            elif name == "enum":
                whole[name] = [item for item in value if item in whole.get(name, value)]
            else:
                whole[name] = value
    return root, whole


def choices(root, schema):
    """The alternatives, each with what stands beside them; none if the schema has no alternatives."""
    for name in CHOICES:
        if name in schema:
            beside = {key: value for key, value in schema.items() if key not in CHOICES}
            return [flat(root, {"allOf": [it, beside]})[1] for it in schema[name]]
    return []
