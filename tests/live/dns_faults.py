"""A DNS server that errs on purpose.  Python 3, standard library only.

Start it with serve(); it listens on a free loopback port, UDP and TCP.  The
first label of a name chooses the fault, so one server has them all:

    drop.x wrongid.x wrongq.x noq.x othername.x otherrr.x qr0.x opcode.x class.x
    tc.x tcdead.x tcgarbage.x formerr-edns.x formerr-short.x notimp-edns.x
    badvers.x servfail.x refused.x notimp.x formerr.x lame.x referral.x
    cname.x cnamedeep.x cname16.x cname17.x cnameloop.x cnameself.x cnameout.x
    hugetxt.x manyrr.x bigudp.x garbage.x short.x loop.x forward.x late.x lie.x
    first-wrongid.x (a forged answer, then the true one), first-qr0.x,
    first-othername.x, drop1.x (only the first question is lost), servfail1.x,
    nodata.x nosoa.x nxdomain.x nxdata.x verylate.x oddbytes.x emptytxt.x badtxt.x shorta.x

Everything else has A 192.0.2.1, TXT "plain", MX 10 mx.x and so on.
"""

import socket
import struct
import threading
import time

A, NS, CNAME, SOA, MX, TXT, AAAA, OPT = 1, 2, 5, 6, 15, 16, 28, 41


def wire(name):
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            raw = label.encode("latin-1")
            out += bytes([len(raw)]) + raw
    return out + b"\0"


def rr(owner, kind, data, ttl=300, klass=1):
    if isinstance(owner, str):
        owner = wire(owner)
    return owner + struct.pack(">HHIH", kind, klass, ttl, len(data)) + data


def soa(zone="x", ttl=600, minimum=60):
    return rr(zone, SOA, wire("ns.x") + wire("root.x") + struct.pack(">IIIII", 7, 1, 1, 1, minimum), ttl)


def txt(*strings):
    return b"".join(bytes([len(s)]) + s for s in strings)


class Question:
    def __init__(self, msg):
        self.id, self.flags = struct.unpack(">HH", msg[:4])
        at, labels = 12, []
        while msg[at]:
            labels.append(msg[at + 1:at + 1 + msg[at]].decode("latin-1"))
            at += 1 + msg[at]
        self.raw = msg[12:at + 5]
        self.name = ".".join(labels)
        self.type = struct.unpack(">H", msg[at + 1:at + 3])[0]
        self.edns = struct.unpack(">H", msg[10:12])[0] > 0
        self.recurse = bool(self.flags & 0x0100)


def message(q, answers=(), authority=(), rcode=0, flags=0, aa=True, ident=None, question=None,
            qdcount=None, additional=()):
    bits = 0x8000 | (q.flags & 0x0100) | (0x0400 if aa else 0) | rcode | flags
    raw = q.raw if question is None else question
    return struct.pack(">HHHHHH", q.id if ident is None else ident, bits,
                       (1 if raw else 0) if qdcount is None else qdcount, len(answers),
                       len(authority), len(additional)) + raw + b"".join(answers) + \
        b"".join(authority) + b"".join(additional)


def plain(q, **more):
    owner = b"\xc0\x0c"
    data = {
        A: b"\xc0\x00\x02\x01",
        AAAA: bytes.fromhex("20010db8000000000000000000000001"),
        TXT: txt(b"plain"),
        MX: b"\0\x0a" + wire("mx.x"),
        NS: wire("ns.x"),
    }.get(q.type)
    if data is None:
        return message(q, authority=[soa()], **more)
    return message(q, [rr(owner, q.type, data)], **more)


class Server:
    """`asked` counts questions by (name, type, transport, edns)."""

    def __init__(self, address="127.0.0.1"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for _ in range(50):
            self.udp = socket.socket(family, socket.SOCK_DGRAM)
            self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            self.udp.bind((address, 0))
            self.port = self.udp.getsockname()[1]
            self.tcp = socket.socket(family, socket.SOCK_STREAM)
            try:
                self.tcp.bind((address, self.port))
                break
            except OSError:
                self.udp.close()
                self.tcp.close()
        self.tcp.listen(64)
        self.family = family
        self.asked = {}
        self.ports = set()
        self.lock = threading.Lock()
        self.closing = False
        self.udp_thread = threading.Thread(target=self.run_udp, daemon=True)
        self.udp_thread.start()
        threading.Thread(target=self.run_tcp, daemon=True).start()

    def count(self, q, transport):
        key = (q.name.lower(), q.type, transport, q.edns)
        with self.lock:
            self.asked[key] = self.asked.get(key, 0) + 1
            return sum(n for k, n in self.asked.items() if k[:2] == key[:2])

    def total(self, name, transport=None):
        with self.lock:
            return sum(n for k, n in self.asked.items()
                       if k[0] == name and transport in (None, k[2]))

    def run_udp(self):
        while True:
            try:
                msg, peer = self.udp.recvfrom(65535)
            except OSError:
                return
            if self.closing:
                return
            self.ports.add(peer[1])
            q = Question(msg)
            seen = self.count(q, "udp")

            def send(reply, peer=peer):
                self.udp.sendto(reply, peer)

            self.answer_udp(q, seen, send, peer)

    def answer_udp(self, q, seen, send, peer):
        fault = q.name.split(".")[0].lower()
        forged = [rr(b"\xc0\x0c", q.type, b"\xc6\x33\x64\x63" if q.type == A else txt(b"forged"))]
        other = b"\5other\1x\0" + q.raw[-4:]
        if fault == "drop" or (fault == "drop1" and seen == 1):
            return
        if fault == "wrongid":
            send(message(q, forged, ident=q.id ^ 0x5555))
        elif fault == "wrongq":
            send(message(q, forged, question=other))
        elif fault == "noq":
            send(message(q, [rr(q.raw[:-4], q.type, forged[0][-4:])], question=b""))
        elif fault == "othername":
            send(message(q, [rr("other.x", q.type, forged[0][12:])]))
        elif fault == "qr0":
            send(message(q, forged, flags=0)[:2] + b"\x04\x00" + message(q, forged)[4:])
        elif fault == "opcode":
            send(message(q, forged, flags=0x2000))
        elif fault == "class":
            send(message(q, [rr(b"\xc0\x0c", q.type, forged[0][12:], klass=3)]))
        elif fault == "qclass":
            send(message(q, forged, question=q.raw[:-2] + b"\0\3"))
        elif fault == "first-wrongid":
            send(message(q, forged, ident=q.id ^ 0x5555))
            send(plain(q))
        elif fault == "first-qr0":
            send(message(q, forged)[:2] + b"\x04\x00" + message(q, forged)[4:])
            send(plain(q))
        elif fault == "first-othername":
            send(message(q, [rr("other.x", q.type, forged[0][12:])]))
            send(plain(q))
        elif fault == "first-wrongq":
            send(message(q, forged, question=other))
            send(plain(q))
        elif fault == "first-empty":
            send(b"")
            send(b"\0")
            send(plain(q))
        elif fault == "lie":
            liar = socket.socket(self.family, socket.SOCK_DGRAM)
            liar.bind((self.udp.getsockname()[0], 0))
            liar.sendto(message(q, forged), peer)
            liar.close()
            time.sleep(0.01)
            send(plain(q))
        elif fault in ("tc", "tcdead", "tcgarbage", "tcother", "tcclose", "tcslow"):
            send(message(q, flags=0x0200))
        elif fault == "formerr-edns" and q.edns:
            send(message(q, rcode=1, aa=False))
        elif fault == "formerr-short" and q.edns:
            send(struct.pack(">HHHHHH", q.id, 0x8001, 0, 0, 0, 0))
        elif fault == "notimp-edns" and q.edns:
            send(message(q, rcode=4, aa=False))
        elif fault == "badvers" and q.edns:
            send(message(q, additional=[b"\0" + struct.pack(">HHIH", OPT, 1232, 1 << 24, 0)]))
        elif fault == "servfail" or (fault == "servfail1" and seen == 1):
            send(message(q, rcode=2, aa=False))
        elif fault == "refused":
            send(message(q, rcode=5, aa=False))
        elif fault == "notimp":
            send(message(q, rcode=4, aa=False))
        elif fault == "formerr":
            send(message(q, rcode=1, aa=False))
        elif fault == "notauth":
            send(message(q, rcode=9, aa=False))
        elif fault == "lame":
            send(plain(q, aa=False))
        elif fault == "referral":
            send(message(q, authority=[rr("x", NS, wire("ns.elsewhere.example"))], aa=False))
        elif fault == "late":
            threading.Timer(0.15, lambda: self.quiet(send, plain(q))).start()
        elif fault == "verylate":       # each answer comes when its time-out is over
            threading.Timer(0.22, lambda: self.quiet(send, plain(q))).start()
        elif fault == "bigudp":
            many = [rr(b"\xc0\x0c", TXT, txt(bytes([65 + i]) * 200)) for i in range(5)]
            send(message(q, many if q.type == TXT else forged))
        elif fault in ("hugetxt", "manyrr"):
            send(message(q, flags=0x0200))
        else:
            send(self.answer(q, fault))

    def quiet(self, send, msg):
        try:
            send(msg)
        except OSError:
            pass

    def answer(self, q, fault):
        here = b"\xc0\x0c"
        target = rr("end.x", q.type, b"\xc0\x00\x02\x63" if q.type == A else txt(b"end"), 100)
        if fault == "garbage":
            return message(q, [b"\xff\xff\xff\xff\xff"])
        if fault == "short":
            return message(q, [rr(here, A, b"\1\2\3\4")])[:-2]
        if fault == "countlie":
            m = message(q, [rr(here, q.type, b"\1\2\3\4")])
            return m[:6] + b"\xff\xff" + m[8:]
        if fault == "loop":
            m = message(q, [])
            at = len(m)
            return message(q, [rr(here, CNAME, struct.pack(">H", 0xc000 | at + 12))])
        if fault == "forward":
            at = len(message(q, []))
            return message(q, [struct.pack(">H", 0xc000 | at + 16) +
                               struct.pack(">HHIH", A, 1, 1, 4) + b"\1\2\3\4" + b"\1a\0"])
        if fault == "shorta":
            return message(q, [rr(here, A, b"\1\2\3")])
        if fault == "emptytxt":
            return message(q, [rr(here, TXT, b"")])
        if fault == "badtxt":
            return message(q, [rr(here, TXT, b"\x10short")])
        if fault == "nodata":
            return message(q, authority=[soa()])
        if fault == "nosoa":
            return message(q)
        if fault == "nxdomain":
            return message(q, authority=[soa(minimum=6000)], rcode=3)
        if fault == "nxdata":
            return message(q, [rr(here, q.type, b"\xc0\x00\x02\x01")], authority=[soa()], rcode=3)
        if fault == "oddbytes":
            return message(q, [rr(here, MX, b"\0\5" + b"\4a.b\\\5\0\xff c\x07\1x\0")])
        if fault == "multi":
            return message(q, [rr(here, TXT, txt(b"a" * 255, b"b" * 10, b"", b"\0\xff"))])
        if fault == "cname":
            return message(q, [rr(here, CNAME, wire("end.x"), 50), target])
        if fault == "cnamebackwards":
            return message(q, [target, rr(here, CNAME, wire("end.x"), 50)])
        if fault in ("cname16", "cname17"):
            n = int(fault[5:])
            chain = [rr(here if i == 0 else "c%d.x" % i, CNAME,
                        wire("end.x" if i == n - 1 else "c%d.x" % (i + 1))) for i in range(n)]
            return message(q, chain + [target])
        if fault == "cnameloop":
            return message(q, [rr(here, CNAME, wire("l.x")), rr("l.x", CNAME, q.raw[:-4])])
        if fault == "cnameself":
            return message(q, [rr(here, CNAME, b"\xc0\x0c")])
        if fault == "cnameout":
            return message(q, [rr(here, CNAME, wire("plain.x"), 20)])
        if fault == "cnamedeep":          # a new question for each step
            n = q.name.split(".")[1]
            step = int(n[1:])
            if step == 0:
                return plain(q)
            return message(q, [rr(here, CNAME, wire("cnamedeep.n%d.x" % (step - 1)))])
        if fault == "ping":
            return message(q, [rr(here, CNAME, wire("pong.x"))])
        if fault == "pong":
            return message(q, [rr(here, CNAME, wire("ping.x"))])
        if fault == "cnamenx":
            return message(q, [rr(here, CNAME, wire("gone.x"), 70)], [soa()], rcode=3)
        if fault == "cnamenodata":
            return message(q, [rr(here, CNAME, wire("void.x"), 70)], [soa()])
        if fault == "hugetxt":
            return message(q, [rr(here, TXT, txt(*[b"t" * 255] * 250))])
        if fault == "manyrr":
            n = 2000 if q.type == A else 4500
            data = [b"\xc0\x00" + struct.pack(">H", i) if q.type == A else b"\1m"
                    for i in range(n)]
            return message(q, [rr(here, q.type, d) for d in data])
        return plain(q)

    def run_tcp(self):
        while True:
            try:
                conn, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self.serve_tcp, args=(conn,), daemon=True).start()

    def serve_tcp(self, conn):
        try:
            conn.settimeout(5)
            while True:
                head = self.exactly(conn, 2)
                if head is None:
                    return
                q = Question(self.exactly(conn, struct.unpack(">H", head)[0]))
                self.count(q, "tcp")
                fault = q.name.split(".")[0].lower()
                if fault == "tcdead":
                    time.sleep(5)
                    return
                if fault == "tcclose":
                    return
                if fault == "tcgarbage":
                    reply = b"\xff" * 100
                elif fault == "tcother":
                    reply = message(q, [rr("other.x", q.type, b"\1\2\3\4")])
                elif fault == "tc":
                    reply = plain(q)
                else:
                    reply = self.answer(q, fault)
                data = struct.pack(">H", len(reply)) + reply
                if fault == "tcslow":
                    for i in range(len(data)):
                        conn.sendall(data[i:i + 1])
                        time.sleep(0.002)
                else:
                    conn.sendall(data)
        except OSError:
            pass
        finally:
            conn.close()

    @staticmethod
    def exactly(conn, n):
        data = b""
        while len(data) < n:
            part = conn.recv(n - len(data))
            if not part:
                return None
            data += part
        return data

    def close(self):
        """Also wakes the threads that wait on the sockets: a waited-for port stays open."""
        self.closing = True
        waker = socket.socket(self.family, socket.SOCK_DGRAM)
        waker.sendto(b"", self.udp.getsockname())
        waker.close()
        self.udp_thread.join()
        self.udp.close()
        self.tcp.shutdown(socket.SHUT_RDWR)
        self.tcp.close()


def serve(address="127.0.0.1"):
    return Server(address)


if __name__ == "__main__":
    server = serve()
    print(server.port, flush=True)
    threading.Event().wait()
