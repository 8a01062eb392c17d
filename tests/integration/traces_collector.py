# A collector of traces for test_traces.c: takes OTLP/HTTP on the port that it writes to FOLDER/port, and writes a line for each span to
# FOLDER/spans: trace, parent, service, name, case or "-", outputs. The first request is answered 503: it must come again. traces_collector.py FOLDER
import http.server
import json
import os
import sys

folder = sys.argv[1]
asked = 0


def values(attributes):
    return {row["key"]: next(iter(row["value"].values())) for row in attributes}


class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        global asked
        body = self.rfile.read(int(self.headers["content-length"]))
        asked += 1
        good = asked > 1 and self.path == "/v1/traces" and self.headers["content-type"] == "application/json"
        if good:
            lines = []
            for resource in json.loads(body)["resourceSpans"]:
                service = values(resource["resource"]["attributes"])["service.name"]
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        assert 0 < int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
                        own = values(span["attributes"])
                        words = [span["traceId"], span["parentSpanId"], service, span["name"].replace(" ", "_")]
                        lines.append(" ".join(words + [own.get("redress.case", "-"), own["redress.outputs"]]) + "\n")
            with open(folder + "/spans", "a") as out:
                out.write("".join(lines))
        self.send_response(200 if good else 503)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Collector)
with open(folder + "/port.new", "w") as out:
    out.write(str(server.server_port))
os.rename(folder + "/port.new", folder + "/port")
server.serve_forever()
