"""Each rule refuses its kind of change, and other words for the same contract pass."""

import copy
import unittest

import yaml
from contracts import breaking_changes

CONTRACT = yaml.safe_load("""
openapi: 3.0.0
info: {title: t, version: 0.1.0}
servers: [{url: /}]
paths:
  /notes/{id}:
    put:
      operationId: put_note
      security: [{Key: []}, {Bearer: []}]
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer, minimum: 0}}
        - {name: If-Match, in: header, schema: {type: string}}
        - {name: sort, in: query, schema: {$ref: '#/components/schemas/Sort'}}
        - {name: tags, in: query, explode: true, schema: {type: array, items: {type: string}}}
      requestBody:
        required: false
        content:
          application/json: {schema: {$ref: '#/components/schemas/NewNote'}}
          text/plain: {schema: {type: string}}
      responses:
        '200':
          description: ok
          headers: {ETag: {required: true, schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}
        '404':
          description: none
          content: {application/problem+json: {schema: {$ref: '#/components/schemas/Problem'}}}
    delete:
      operationId: delete_note
      security: []
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {'204': {description: gone}}
components:
  securitySchemes:
    Key: {type: apiKey, in: header, name: X-Key}
    Bearer: {type: http, scheme: bearer}
  schemas:
    Sort: {type: string, enum: [name, time]}
    State: {type: string, enum: [open, closed]}
    Problem: {type: object, properties: {code: {type: string}}, required: [code]}
    NewNote:
      type: object
      additionalProperties: false
      required: [text]
      properties:
        text: {type: string, minLength: 1, maxLength: 100, pattern: '^a'}
        weight: {type: number, minimum: 0, maximum: 9}
        lines: {type: array, minItems: 1, maxItems: 5, items: {type: string}}
        more: {type: object}
    Note:
      type: object
      required: [text, state, at]
      properties:
        text: {type: string, maxLength: 100}
        state: {allOf: [{$ref: '#/components/schemas/State'}, {description: Its state.}]}
        at: {type: string, format: date-time}
        parent: {allOf: [{$ref: '#/components/schemas/Note'}, {description: The note above.}]}
        size: {type: integer, minimum: 0}
        data: {description: Anything.}
        labels: {type: object, additionalProperties: {type: string}}
        box: {type: object, additionalProperties: false, properties: {a: {type: string}}}
        any: {oneOf: [{type: string}, {type: integer}]}
""")
PUT = "PUT /notes/{id}"


def schema(name):
    return lambda contract: contract["components"]["schemas"][name]


def member(name, of):
    return lambda contract: contract["components"]["schemas"][of]["properties"][name]


def put(contract):
    return contract["paths"]["/notes/{id}"]["put"]


def status(code):
    return lambda contract: put(contract)["responses"][code]


def parameter(number):
    return lambda contract: put(contract)["parameters"][number]


def has(**values):
    return lambda it: it.update(values)


def lacks(*names):
    return lambda it: [it.pop(name) for name in names]


# Breaking changes: the place, the change, and the one line that is reported.
REFUSED = [
    (lambda c: c["paths"]["/notes/{id}"], lacks("delete"), "DELETE /notes/{id}: the operation was removed"),
    (lambda c: c, has(servers=[{"url": "/v2"}]), "servers: / was removed"),
    (put, has(security=[{"Bearer": []}]), f"{PUT}: apikey header x-key is not accepted any more"),
    (put, has(security=[{"Bearer": []}, {"Key": [], "Bearer": []}]), f"{PUT}: apikey header x-key is not accepted any more"),
    (lambda c: c["paths"]["/notes/{id}"]["delete"], has(security=[{"Key": []}]), "DELETE /notes/{id}: no credential is not accepted any more"),
    (lambda c: c["components"]["securitySchemes"]["Key"], has(name="Key"), f"{PUT}: apikey header x-key is not accepted any more"),
    # Parameters.
    (lambda c: put(c)["parameters"], lambda it: it.pop(1), f"{PUT} header parameter If-Match: was removed"),
    (parameter(1), has(required=True), f"{PUT} header parameter If-Match: is now required"),
    (lambda c: put(c)["parameters"], lambda it: it.append({"name": "n", "in": "query", "required": True, "schema": {}}),
     f"{PUT} query parameter n: is new and required"),
    (parameter(3), has(explode=False), f"{PUT} query parameter tags: is written in another way (style, explode)"),
    (schema("Sort"), has(enum=["name"]), f"{PUT} query parameter sort: request is narrower: the values time"),
    (lambda c: parameter(1)(c)["schema"], has(enum=["*"]), f"{PUT} header parameter If-Match: request is narrower: the values any value"),
    (lambda c: parameter(0)(c)["schema"], has(minimum=1), f"{PUT} path parameter id: request is narrower: minimum 0 where 1 is expected"),
    # Request bodies.
    (put, lacks("requestBody"), f"{PUT} body: was removed"),
    (lambda c: put(c)["requestBody"], has(required=True), f"{PUT} body: is now required"),
    (lambda c: put(c)["requestBody"]["content"], lacks("text/plain"), f"{PUT} body: text/plain was removed"),
    (schema("NewNote"), has(required=["text", "weight"]), f"{PUT} body.weight: request: the member is now required"),
    (lambda c: schema("NewNote")(c)["properties"], lacks("weight"), f"{PUT} body.weight: request: the member was removed"),
    (member("weight", "NewNote"), has(type="integer"), f"{PUT} body.weight: request is narrower: type integer or number where integer is expected"),
    (member("weight", "NewNote"), has(maximum=8), f"{PUT} body.weight: request is narrower: maximum 9 where 8 is expected"),
    (member("text", "NewNote"), has(minLength=2), f"{PUT} body.text: request is narrower: minLength 1 where 2 is expected"),
    (member("text", "NewNote"), has(maxLength=99), f"{PUT} body.text: request is narrower: maxLength 100 where 99 is expected"),
    (member("text", "NewNote"), has(pattern="^b"), f"{PUT} body.text: request is narrower: pattern ^a where ^b is expected"),
    (member("text", "NewNote"), has(format="email"), f"{PUT} body.text: request is narrower: format none where email is expected"),
    (member("lines", "NewNote"), has(minItems=2), f"{PUT} body.lines: request is narrower: minItems 1 where 2 is expected"),
    (member("lines", "NewNote"), has(maxItems=4), f"{PUT} body.lines: request is narrower: maxItems 5 where 4 is expected"),
    (member("lines", "NewNote"), has(items={"type": "string", "maxLength": 3}),
     f"{PUT} body.lines[]: request is narrower: maxLength none where 3 is expected"),
    (member("more", "NewNote"), has(additionalProperties=False), f"{PUT} body.more: request: other members, which were accepted"),
    # Answers.
    (member("box", "Note"), has(properties={"a": {"type": "string"}, "b": {}}), f"{PUT} 200.box.b: answer: a new member where no others were to come"),
    (member("any", "Note"), has(oneOf=[{"type": "string"}, {"type": "boolean"}]), f"{PUT} 200.any: answer: an alternative that is none of the 2 expected"),
    (lambda c: put(c)["responses"], lacks("404"), f"{PUT} 404: the status was removed"),
    (lambda c: put(c)["responses"], has(**{"202": {"description": "later"}}), f"{PUT} 202: a new status of success, which clients don't expect"),
    (status("200"), has(content={}), f"{PUT} 200: application/json was removed"),
    (status("200"), lacks("headers"), f"{PUT} 200 header ETag: was removed"),
    (lambda c: status("200")(c)["headers"]["ETag"], has(required=False), f"{PUT} 200 header ETag: can now be missing"),
    (lambda c: schema("Note")(c)["properties"], lacks("size"), f"{PUT} 200.size: answer: the member was removed"),
    (lambda c: schema("Problem")(c)["properties"], has(code={"type": "integer"}), f"{PUT} 404.code: answer is wider: type integer where string is expected"),
    (schema("Note"), has(required=["text", "state"]), f"{PUT} 200.at: answer: the member can now be missing"),
    (schema("State"), has(enum=["open", "closed", "moved"]), f"{PUT} 200.state: answer is wider: the values moved"),
    (member("text", "Note"), has(nullable=True), f"{PUT} 200.text: answer is wider: null"),
    (member("text", "Note"), lacks("maxLength"), f"{PUT} 200.text: answer is wider: maxLength none where 100 is expected"),
    (member("size", "Note"), lacks("minimum"), f"{PUT} 200.size: answer is wider: minimum none where 0 is expected"),
    (member("at", "Note"), lacks("format"), f"{PUT} 200.at: answer is wider: format none where date-time is expected"),
    (member("size", "Note"), has(type="string"), f"{PUT} 200.size: answer is wider: type string where integer is expected"),
    (member("labels", "Note"), has(additionalProperties={"type": "integer"}), f"{PUT} 200.labels.*: answer is wider: type integer where string is expected"),
    (member("size", "Note"), lambda it: (it.clear(), it.update(oneOf=[{"type": "integer", "minimum": 0}, {"type": "string"}])),
     f"{PUT} 200.size: answer is wider: type string where integer is expected"),
]


def without_wrappers(contract):
    for it in schema("Note")(contract)["properties"].values():
        if "allOf" in it:
            it.update(it.pop("allOf")[0])


def other_names(contract):
    schemas = contract["components"]["schemas"]
    schemas["Renamed"] = schemas.pop("NewNote")
    put(contract)["requestBody"]["content"]["application/json"]["schema"]["$ref"] = "#/components/schemas/Renamed"
    contract["paths"]["/notes/{number}"] = contract["paths"].pop("/notes/{id}")
    for operation in contract["paths"]["/notes/{number}"].values():
        operation["parameters"][0]["name"] = "number"
        operation["operationId"] += "_again"


def inline(contract):
    put(contract)["responses"]["404"]["content"]["application/problem+json"]["schema"] = copy.deepcopy(schema("Problem")(contract))


# Changes that break nothing: the place and the change.
ACCEPTED = [
    (lambda c: c, without_wrappers),
    (lambda c: c, other_names),
    (lambda c: c, inline),
    (lambda c: c["paths"], has(**{"/more": {"get": {"responses": {"200": {"description": "ok"}}}}})),
    (put, has(security=[{"Key": []}, {"Bearer": []}, {}])),
    (lambda c: put(c)["parameters"], lambda it: it.append({"name": "n", "in": "query", "schema": {}})),
    (parameter(1), has(name="if-match", description="other", example="x")),
    (schema("Sort"), has(enum=["name", "time", "size"])),
    (lambda c: parameter(0)(c)["schema"], lacks("minimum")),
    (lambda c: put(c)["requestBody"]["content"], has(**{"application/yaml": {"schema": {}}})),
    (schema("NewNote"), has(required=[])),
    (lambda c: schema("NewNote")(c)["properties"], has(color={"type": "string"})),
    (member("weight", "NewNote"), has(maximum=10)),
    (member("weight", "NewNote"), has(nullable=True)),
    (member("text", "NewNote"), lacks("pattern")),
    (lambda c: put(c)["responses"], has(**{"429": {"description": "wait"}})),
    (lambda c: put(c)["responses"], lambda it: it.update(default=it.pop("404"))),
    (lambda c: put(c)["responses"], lambda it: it.update({"4XX": it.pop("404")})),
    (lambda c: status("200")(c)["headers"], lambda it: it.update(etag=it.pop("ETag"))),
    (lambda c: schema("Note")(c)["properties"], has(color={"type": "string"})),
    (schema("Note"), has(required=["text", "state", "at", "size"])),
    (schema("State"), has(enum=["open"])),
    # The list of an answer's values, or of its members, is open from now on.
    (schema("State"), lacks("enum")),
    (member("box", "Note"), has(additionalProperties=True)),
    (member("text", "Note"), has(maxLength=99)),
    (member("size", "Note"), has(minimum=1)),
    (member("size", "Note"), lambda it: (it.clear(), it.update(anyOf=[{"type": "integer", "minimum": 5}, {"type": "integer", "minimum": 0}]))),
    (member("data", "Note"), has(type="string")),
    (member("any", "Note"), has(oneOf=[{"type": "integer"}])),
    (member("lines", "NewNote"), has(items={})),
]


class TheRules(unittest.TestCase):
    def changes(self, place, change):
        new = copy.deepcopy(CONTRACT)
        change(place(new))
        self.assertNotEqual(new, CONTRACT, "the sample changes nothing")
        return breaking_changes(CONTRACT, new)

    def test_each_breaking_change_is_reported_once_with_its_place(self):
        for place, change, expected in REFUSED:
            with self.subTest(expected):
                self.assertEqual(self.changes(place, change), [expected])

    def test_other_words_for_the_same_and_additions_pass(self):
        for number, (place, change) in enumerate(ACCEPTED):
            with self.subTest(f"sample {number}"):
                self.assertEqual(self.changes(place, change), [])


if __name__ == "__main__":
    unittest.main()
