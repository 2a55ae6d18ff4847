"""Chromium without a head, spoken to over its DevTools socket.  Standard library only."""

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Socket:
    """Just enough of RFC 6455: masked text frames out, text frames in."""

    def __init__(self, port, path):
        self.s = socket.create_connection(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.s.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.s.recv(1)

    def send(self, text):
        data, mask = text.encode(), os.urandom(4)
        n = len(data)
        head = bytes([0x81]) + (bytes([0x80 | n]) if n < 126 else bytes([0xfe]) + struct.pack(">H", n)
                                if n < 65536 else bytes([0xff]) + struct.pack(">Q", n))
        self.s.sendall(head + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(data)))

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.s.recv(n - len(data))
            if not more:
                raise ConnectionError("chromium has gone")
            data += more
        return data

    def receive(self):
        out = b""
        while True:
            head = self.exactly(2)
            n = head[1] & 127
            if n == 126:
                n = struct.unpack(">H", self.exactly(2))[0]
            elif n == 127:
                n = struct.unpack(">Q", self.exactly(8))[0]
            out += self.exactly(n)
            if head[0] & 0x80:
                return out.decode()


class Chrome:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="asg-chrome-")
        self.process = subprocess.Popen(
            [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--remote-debugging-port=0", "--remote-allow-origins=*", "--user-data-dir=" + self.directory, "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = os.path.join(self.directory, "DevToolsActivePort")
        for _ in range(300):
            if os.path.exists(port_file) and open(port_file, encoding="ascii").read().count("\n") >= 1:
                break
            time.sleep(0.1)
        port, path = open(port_file, encoding="ascii").read().split("\n")[:2]
        self.socket, self.number, self.events, self.session = Socket(int(port), path), 0, [], None
        target = [t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page"][0]
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.receive())
            if answer.get("id") == self.number:
                return answer.get("result", answer)
            self.events.append(answer)

    def look(self, width, dark=False, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def scripts(self, on):
        self.call("Emulation.setScriptExecutionDisabled", value=not on)

    def go(self, url):
        """Open and wait until it has loaded."""
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.loaded()

    def loaded(self):
        for _ in range(200):
            if any(e.get("method") == "Page.loadEventFired" for e in self.events):
                return
            self.call("Runtime.evaluate", expression="1")
            time.sleep(0.02)

    def ask(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return result.get("result", {}).get("value")

    def click(self, selector):
        """Like a person: the form is sent, the next page is waited for."""
        self.events.clear()
        there = self.ask("(function(){var e=document.querySelector(%s);if(!e)return false;e.click();return true})()" %
                         json.dumps(selector))
        if there:
            time.sleep(0.05)
            self.loaded()
        return there

    def key(self, name, code):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def complaints(self):
        """What the console says: breaches of the content security policy, errors of scripts."""
        out = []
        for e in self.events:
            entry = e.get("params", {}).get("entry", {})
            if e.get("method") == "Log.entryAdded" and entry.get("level") == "error":
                out.append(entry.get("text", "") + " " + entry.get("url", ""))
            if e.get("method") == "Runtime.exceptionThrown":
                out.append(json.dumps(e["params"])[:300])
            if e.get("method") == "Page.javascriptDialogOpening":
                out.append("a dialog opened")
        return out
