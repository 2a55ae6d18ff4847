#!/usr/bin/env python3
"""A stand-in for a command of the panel's server, by the name it is called by: whmapi1, uapi, exim, ...  It asks the
simulator at the socket beside it; standard library only, since it may run in another root."""

import json
import os
import socket
import sys

here = os.path.dirname(os.path.realpath(__file__))
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
    sock.connect(os.environ.get("PANEL_CLI") or os.path.join(os.path.dirname(here), "cli.sock"))
    sock.sendall(json.dumps({"program": os.path.basename(sys.argv[0]), "argv": sys.argv[1:]}).encode() + b"\n")
    answer = b""
    while chunk := sock.recv(65536):
        answer += chunk
if not answer:                  # it died while it worked
    sys.exit(255)
said = json.loads(answer)
sys.stdout.buffer.write(said["out"].encode("utf-8", "surrogateescape"))
sys.stdout.flush()
sys.stderr.buffer.write(said["err"].encode("utf-8", "surrogateescape"))
sys.exit(said["code"])
