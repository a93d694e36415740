"""Compares two OpenAPI contracts, and lists what breaks clients of the old one.

Names of operations, of schemas and of parameters in a path, descriptions and examples don't cross the wire, and are not
compared.
"""

import re

from schemas import Schemas, flat, resolve

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def breaking_changes(old, new):
    """Returns the lines that describe the changes."""
    return Comparison(old, new).run()


class Comparison:
    def __init__(self, old, new):
        self.old, self.new, self.found = old, new, []
        self.schemas = Schemas(old, new, self.report)

    def report(self, place, what):
        line = f"{place}: {what}"
        if line not in self.found:
            self.found.append(line)

    def run(self):
        for server in {it["url"] for it in self.old.get("servers", ())} - {it["url"] for it in self.new.get("servers", ())}:
            self.report("servers", f"{server} was removed")
        new = operations(self.new)
        for key, (path, old_operation) in operations(self.old).items():
            place = f"{key[0].upper()} {path}"
            if key in new:
                self.operation(place, old_operation, new[key][1])
            else:
                self.report(place, "the operation was removed")
        return self.found

    def operation(self, place, old, new):
        self.parameters(place, old, new)
        self.body(f"{place} body", old, new)
        self.responses(place, old, new)
        accepted = alternatives(self.new, new)
        for alternative in alternatives(self.old, old):
            # Fewer credentials than a client sends are enough.
            if not any(needed <= alternative for needed in accepted):
                self.report(place, f"{' and '.join(sorted(alternative)) or 'no credential'} is not accepted any more")

    def parameters(self, place, old, new):
        old, new = parameters(self.old, old), parameters(self.new, new)
        for key, parameter in old.items():
            where = f"{place} {parameter['in']} parameter {parameter['name']}"
            if key not in new:
                self.report(where, "was removed")
                continue
            if new[key].get("required") and not parameter.get("required"):
                self.report(where, "is now required")
            if layout(self.old, parameter) != layout(self.new, new[key]):
                self.report(where, "is written in another way (style, explode)")
            self.schemas.request(where, parameter.get("schema", {}), new[key].get("schema", {}))
        for key, parameter in new.items():
            if key not in old and parameter.get("required"):
                self.report(f"{place} {parameter['in']} parameter {parameter['name']}", "is new and required")

    def body(self, place, old, new):
        old, new = (resolve(root, operation.get("requestBody")) for root, operation in ((self.old, old), (self.new, new)))
        if new is None:
            if old is not None:
                self.report(place, "was removed")
            return
        if new.get("required") and not (old or {}).get("required"):
            self.report(place, "is now required")
        if old is not None:
            self.content(place, old, new, self.schemas.request)

    def content(self, place, old, new, compare):
        for media, content in old.get("content", {}).items():
            other = new.get("content", {}).get(media)
            if other is None:
                self.report(place, f"{media} was removed")
            else:
                compare(place, content.get("schema", {}), other.get("schema", {}))

    def responses(self, place, old, new):
        old, new = old["responses"], new["responses"]
        for status, response in old.items():
            # A range or `default` includes the status.
            covering = next((it for it in (status, f"{status[0]}XX", "default") if it in new), None)
            if covering is None:
                self.report(f"{place} {status}", "the status was removed")
                continue
            response, other = resolve(self.old, response), resolve(self.new, new[covering])
            self.content(f"{place} {status}", response, other, self.schemas.answer)
            self.headers(f"{place} {status}", response, other)
        for status in new.keys() - old.keys():
            if status.startswith("2") and not {"2XX", "default"} & old.keys():
                self.report(f"{place} {status}", "a new status of success, which clients don't expect")

    def headers(self, place, old, new):
        new = {name.lower(): resolve(self.new, header) for name, header in new.get("headers", {}).items()}
        for name, header in old.get("headers", {}).items():
            where, header, other = f"{place} header {name}", resolve(self.old, header), new.get(name.lower())
            if other is None:
                self.report(where, "was removed")
                continue
            if header.get("required") and not other.get("required"):
                self.report(where, "can now be missing")
            self.schemas.answer(where, header.get("schema", {}), other.get("schema", {}))


def operations(contract):
    """Operations by method and path, in which each parameter has no name."""
    return {
        (method, re.sub(r"\{[^}]*\}", "{}", path)): (path, {**operation, "path": path, "shared": item.get("parameters", [])})
        for path, item in contract["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def parameters(contract, operation):
    """Parameters by place and name. Those of a path count by their position, those of a header in lower case."""
    order = re.findall(r"\{([^}]*)\}", operation["path"])
    found = {}
    for parameter in [*operation["shared"], *operation.get("parameters", [])]:
        parameter = resolve(contract, parameter)
        name = parameter["name"]
        key = {"path": lambda: order.index(name), "header": name.lower}.get(parameter["in"], lambda: name)()
        found[parameter["in"], key] = parameter
    return found


def layout(contract, parameter):
    """The way in which a list or an object is written. Other values look the same in each."""
    style = parameter.get("style", "form" if parameter["in"] in ("query", "cookie") else "simple")
    kind = flat(contract, parameter.get("schema", {}))[1].get("type")
    return (style, parameter.get("explode", style == "form")) if kind in ("array", "object") else None


def alternatives(contract, operation):
    """The sets of credentials of which one is enough, each credential as it is sent."""
    schemes = contract.get("components", {}).get("securitySchemes", {})

    def sent(name, scopes):
        scheme = resolve(contract, schemes.get(name, {"type": name}))
        return " ".join(filter(None, [*(scheme.get(it, "").lower() for it in ("type", "scheme", "in", "name")), *sorted(scopes)]))

    requirements = operation.get("security", contract.get("security", [])) or [{}]
    return [frozenset(sent(*scheme) for scheme in requirement.items()) for requirement in requirements]
