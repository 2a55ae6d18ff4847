#!/usr/bin/env python3
"""The client of the privileged helper, against helpers that err."""

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import live

SEND = live.program("net_send")
TMP = tempfile.TemporaryDirectory(prefix="net_verb.")
PATH = os.path.join(TMP.name, "helper.sock")
heard = []


def b64(data):
    return base64.b64encode(data).decode()


def answer(request):
    verb = request["verb"]
    if verb == "echo":
        return json.dumps({"status": 3, "out": b64(json.dumps(request).encode()), "err": b64(b"\xff\0e")})
    if verb == "big":
        return json.dumps({"status": 0, "out": b64(b"z" * 5000000), "err": ""})
    if verb == "denied":
        return json.dumps({"error": "denied", "text": "not for you"})
    if verb == "killed":
        return json.dumps({"error": "timeout", "text": "it did not end"})
    if verb == "odd":
        return json.dumps({"error": "no such word"})
    if verb == "nonsense":
        return "this is no JSON"
    if verb == "nobase64":
        return json.dumps({"status": 0, "out": "%%%"})
    if verb == "nostatus":
        return json.dumps({"out": ""})
    return None


def serve(conn):
    data = b""
    while not data.endswith(b"\n"):
        part = conn.recv(65536)
        if not part:
            return
        data += part
    request = json.loads(data)
    heard.append(request)
    reply = answer(request)
    if reply is not None:
        conn.sendall(reply.encode() + b"\n")
    conn.close()


server = socket.socket(socket.AF_UNIX)
server.bind(PATH)
server.listen(64)


def run_server():
    while True:
        conn, _ = server.accept()
        threading.Thread(target=serve, args=(conn,), daemon=True).start()


threading.Thread(target=run_server, daemon=True).start()


def call(*requests, options=("-s", PATH)):
    lines = "".join(json.dumps({"id": i, "kind": "verb", **r}) + "\n" for i, r in enumerate(requests))
    run = subprocess.run([SEND, *options], input=lines, capture_output=True, text=True, timeout=60)
    live.check("net_send ends well", run.returncode == 0, run.stderr)
    return sorted(map(json.loads, run.stdout.splitlines()), key=lambda r: r["id"])


def code(reply):
    return reply.get("error", {}).get("code")


reply, = call({"verb": "echo", "args": ["--", "a b", "é\n\"", ""], "input": "in\nput"})
live.check("status", reply["verb"]["status"] == 3, reply)
sent = json.loads(reply["verb"]["out"])
live.check("verb and args", (sent["verb"], sent["args"]) == ("echo", ["--", "a b", "é\n\"", ""]), sent)
live.check("input", base64.b64decode(sent["input"]) == b"in\nput")
reply, = call({"verb": "echo", "secret": "pass\\word\"é"})
live.check("a secret is the input", base64.b64decode(json.loads(reply["verb"]["out"])["input"]).decode()
           == "pass\\word\"é", reply)
live.check("a secret and input", code(call({"verb": "echo", "secret": "s", "input": "i"})[0]) == "value")
live.check("megabytes", len(call({"verb": "big"})[0]["verb"]["out"]) == 5000000)
for verb, want, maybe in [("denied", "denied", False), ("killed", "timeout", True), ("odd", "protocol", False),
                          ("nonsense", "protocol", True), ("nobase64", "protocol", True),
                          ("nostatus", "protocol", True), ("close", "unreachable", True)]:
    for write in (False, True):
        reply, = call({"verb": verb, "write": write})
        live.check("%s%s" % (verb, ", write" if write else ""), (code(reply), reply.get("maybe_done", False))
                   == (want, maybe and write), reply)
heard.clear()
replies = call(*[{"verb": "echo", "args": [str(i)]} for i in range(100)])
live.check("a hundred calls", [json.loads(r["verb"]["out"])["args"] for r in replies] ==
           [[str(i)] for i in range(100)] and len(heard) == 100)
reply, = call({"verb": "echo", "write": True}, options=("-s", PATH + ".gone"))
live.check("no helper there", code(reply) == "unreachable" and not reply.get("maybe_done"), reply)
live.check("no helper configured", code(call({"verb": "echo"}, options=())[0]) == "unsupported")

live.end()
