"""Passes requests on to the backend, and answers as a later release could: with values and members that are new.

Clients of today's contract have to survive that.
"""

import http.client
import json
import os
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BACKEND = urllib.parse.urlsplit(os.environ["PHASE_DATA_URL"]).netloc
# Members of answers whose values are listed in the contract, and may grow.
GROWING = ("effect", "outcome", "freshness", "phase", "code")


def grow(value):
    """Changes an answer, but not the documents in it."""
    if isinstance(value, list):
        return [grow(item) for item in value]
    if not isinstance(value, dict):
        return value
    grown = {key: item if key == "data" else grow(item) for key, item in value.items()}
    grown.update({key: "of_a_later_release" for key in GROWING if key in grown})
    return {**grown, "member_of_a_later_release": {"anything": [1, None]}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
        backend = http.client.HTTPConnection(BACKEND, timeout=30)
        backend.request(self.command, self.path, body, dict(self.headers))
        answer = backend.getresponse()
        content = answer.read()
        if "json" in answer.headers.get("Content-Type", ""):
            content = json.dumps(grow(json.loads(content))).encode()
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = pass_on

    def log_message(self, *_):
        """Prints nothing: the backend has a log."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
