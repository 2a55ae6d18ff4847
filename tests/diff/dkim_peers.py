#!/usr/bin/python3
"""
DKIM beside dkimpy (python3-dkim, python3-nacl) and Mail::DKIM (libmail-dkim-perl)
on generated messages, both ways: theirs and ours sign, all three verify.

    dkim_peers.py BUILD/dkim_lines [COUNT] [SEED]

Messages have odd white space, line ends, repeated fields; some are changed after
signing.  A signature either passes or does not.  Where we and a peer disagree, the
difference has to be in one of the classes below, each with the clause that
decides; any other difference makes the run fail.
"""
import base64
import collections
import json
import os
import random
import re
import subprocess
import sys
import time

import dkim
import nacl.encoding
import nacl.signing

HERE = os.path.dirname(os.path.abspath(__file__))
NOW = int(time.time())


class Lines:
    """A program that answers each line of JSON with one."""

    def __init__(self, *argv):
        self.p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what):
        self.p.stdin.write(json.dumps(what) + '\n')
        self.p.stdin.flush()
        return json.loads(self.p.stdout.readline())


def b64(data):
    return base64.b64encode(data).decode()


# --- what is signed -----------------------------------------------------------------------------

WORDS = ['Hello', 'x', 'a  b', 'tab\there', 'end ', '  start', '', ' ', '\t', '.', 'From me',
         'J\u00f6rg', 'long ' * 30, '=', 'a;b=c', 'CR\rinside', '--', 'DKIM-Signature: x']


def value(rnd):
    words = ' '.join(rnd.choice(WORDS) for _ in range(rnd.randint(1, 4))).replace('\r', '')
    if rnd.random() < 0.3:
        words = words.replace(' ', rnd.choice(['\r\n ', '\r\n\t', ' \r\n  ']), 1)
    if re.search(r'\r\n[ \t]*(\r\n|$)', words):        # a line of blanks inside a field
        words = re.sub(r'\r\n', '', words)
    return words


def field(rnd, name):
    if rnd.random() < 0.1:
        name = name.upper()
    if rnd.random() < 0.01:
        name += ' '
    return name + ':' + rnd.choice(['', ' ', ' ', ' ', '  ', '\t']) + value(rnd) + '\r\n'


def body(rnd):
    lines = [rnd.choice(WORDS) for _ in range(rnd.randint(0, 12))]
    text = '\r\n'.join(lines)
    text += rnd.choice(['', '\r\n', '\r\n', '\r\n\r\n\r\n', ' \r\n', '\t', '\r\n \r\n'])
    return text


def message(rnd):
    names = ['Subject', 'To', 'Date', 'Message-ID', 'X-Note', 'Received', 'Received', 'Cc']
    rnd.shuffle(names)
    head = ''.join(field(rnd, n) for n in names[:rnd.randint(1, 8)])
    head += 'From: a@example.com\r\n' if rnd.random() < 0.7 else field(rnd, 'From')
    return (head + '\r\n' + body(rnd)).encode('utf-8')


CANON = ['simple/simple', 'simple/relaxed', 'relaxed/simple', 'relaxed/relaxed', 'relaxed', None]


def headers(rnd, msg):
    present = [h.split(b':')[0].strip().decode() for h in re.split(rb'\r\n(?![ \t])',
               msg.split(b'\r\n\r\n')[0]) if b':' in h]
    chosen = [h for h in present if rnd.random() < 0.7]
    chosen += rnd.choice([[], [], ['Subject'], ['From', 'Subject', 'X-None']])
    if not any(h.lower() == 'from' for h in chosen):
        chosen.append('from')
    rnd.shuffle(chosen)
    return [h if rnd.random() < 0.8 else h.lower() for h in chosen]


class Signers:
    def __init__(self, ours, peer):
        self.ours, self.peer = ours, peer
        self.records = ours.ask({'keys': True})
        self.pem = subprocess.run(['openssl', 'genrsa', '-traditional', '1024'], check=True,
                                  capture_output=True).stdout
        der = subprocess.run(['openssl', 'rsa', '-pubout', '-outform', 'DER'], check=True,
                             input=self.pem, capture_output=True).stdout
        self.ed = nacl.signing.SigningKey.generate()
        ed_public = self.ed.verify_key.encode(nacl.encoding.Base64Encoder).decode()
        self.zone = {
            'o0._domainkey.example.com': [self.records[0]],
            'o1._domainkey.example.com': [self.records[1]],
            'r._domainkey.example.com': ['v=DKIM1; k=rsa; p=' + b64(der)],
            'e._domainkey.example.com': ['v=DKIM1; k=ed25519; p=' + ed_public],
        }

    def by_us(self, rnd, msg):
        key = rnd.randint(0, 1)
        algorithm = ['rsa-sha256', 'ed25519-sha256'][key]
        if key == 0 and rnd.random() < 0.1:
            algorithm = 'rsa-sha1'
        canon = rnd.choice(CANON)
        tags = ['v=1', 'a=' + algorithm, 'd=example.com', 's=o%d' % key]
        if canon:
            tags.append('c=' + canon)
        more = rnd.random()
        if more < 0.1:
            tags.append('l=%d' % rnd.randint(0, 40))
        elif more < 0.2:
            tags.append('i=' + rnd.choice(['@example.com', 'joe@a.example.com', 'x=3Dy@example.com',
                                           'joe@example.org', '@Example.COM']))
        elif more < 0.3:
            tags.append(rnd.choice(['t=%d' % NOW, 'x=%d' % (NOW + 90000), 'x=%d' % (NOW - 90000),
                                    't=%d; x=%d' % (NOW + 90000, NOW + 50000)]))
        elif more < 0.4:
            tags.append(rnd.choice(['q=dns/txt', 'q=x:dns/txt', 'zz=1', 'q=dns', 'z=A:b|C:d']))
        rnd.shuffle(tags)
        colon = rnd.choice([':', ':', ' : ', ':\r\n\t'])
        tags.append('h=' + colon.join(headers(rnd, msg)))
        return base64.b64decode(self.ours.ask({
            'sign': rnd.choice(['; ', ';', ';\r\n ', ' ; ']).join(tags), 'key': key,
            'message': b64(msg)})['message'])

    def by_dkimpy(self, rnd, msg):
        canon = (rnd.choice(CANON[:4])).encode().split(b'/')
        ed = rnd.random() < 0.5
        d = dkim.DKIM(msg)
        return d.sign(b'e' if ed else b'r', b'example.com',
                      base64.b64encode(self.ed.encode()) if ed else self.pem,
                      signature_algorithm=b'ed25519-sha256' if ed else b'rsa-sha256',
                      canonicalize=tuple(canon), length=rnd.random() < 0.1,
                      include_headers=[h.lower().encode() for h in headers(rnd, msg)
                                       if h.lower() not in ('received', 'dkim-signature')]) + msg

    def by_mail_dkim(self, rnd, msg):
        return base64.b64decode(self.peer.ask({'message': b64(msg), 'sign': {
            'Algorithm': 'rsa-sha256', 'Method': rnd.choice(CANON[:4]), 'Domain': 'example.com',
            'Selector': 'r', 'Headers': ':'.join(headers(rnd, msg)),
            'Key': self.pem.decode()}})['message'])


def change(rnd, msg):
    """What happens on the way."""
    at = rnd.randrange(len(msg))
    kind = rnd.randint(0, 7)
    if kind == 0:
        return msg.replace(b'  ', b' ', 1)
    if kind == 1:
        return msg + rnd.choice([b'\r\n', b'\r\n\r\n', b'x', b' ', b'\r\n '])
    if kind == 2:
        return msg[:at] + bytes([msg[at] ^ 1]) + msg[at + 1:]
    if kind == 3:
        return b'X-Added: 1\r\n' + msg
    if kind == 4:
        return b'Subject: again\r\n' + msg
    if kind == 5:
        return msg.replace(b'\r\n\r\n', b'\r\nSubject: below\r\n\r\n', 1)
    if kind == 6:
        return msg.replace(b'\r\n', b'\n')
    return msg.replace(b': ', b':\t', 1)


# --- who verifies -------------------------------------------------------------------------------

def verify_dkimpy(msg, zone):
    def txt(name, timeout=5):
        found = zone.get(name.decode().rstrip('.').lower())
        return found[0].encode() if found else None
    out, i = [], 0
    try:
        d = dkim.DKIM(msg)
    except dkim.DKIMException as e:
        return None, str(e)
    count = sum(1 for n, _ in d.headers if n.lower() == b'dkim-signature')
    for i in range(count):
        try:
            out.append((dkim.DKIM(msg).verify(i, dnsfunc=txt), ''))
        except Exception as e:                              # noqa: it raises many kinds
            out.append((False, repr(e)))
    return out, ''


# Why a difference is right: (peer, our reason, test of (message, what the peer said), clause).
def sig_values(msg):
    """The DKIM-Signature fields, top to bottom."""
    return re.findall(rb'(?im)^DKIM-Signature[ \t]*:((?:[^\n]|\n[ \t])*)', head_of(msg))


def b_of(sig):
    m = re.search(rb'(?:^|;)\s*b\s*=([^;]*)', sig)
    return re.sub(rb'\s', b'', m.group(1)).decode() if m else ''


def head_of(msg):
    return re.split(rb'\r?\n\r?\n', msg, maxsplit=1)[0]


def unterminated(msg):
    """The body's last line has no line end, and is not empty."""
    parts = re.split(rb'\r?\n\r?\n', msg, maxsplit=1)
    return len(parts) == 2 and parts[1] != b'' and not parts[1].endswith(b'\n')


CLASSES = [
    ('mail_dkim', None, lambda m, s, sig: unterminated(m),
     'a body without a final line end gets one (RFC 6376 3.4.3); Mail::DKIM adds none'),
    ('dkimpy', None, lambda m, s, sig: unterminated(m) and m[-1:] in b' \t',
     'blanks at the end of the last line go, line end or not (RFC 6376 3.4.4)'),
    ('dkimpy', 'weak_hash', lambda m, s, sig: True,
     'rsa-sha1 verifies, but is refused by policy (RFC 8301 3.1)'),
    ('mail_dkim', 'weak_hash', lambda m, s, sig: True,
     'rsa-sha1 verifies, but is refused by policy (RFC 8301 3.1)'),
    ('mail_dkim', None, lambda m, s, sig: b'ed25519' in sig,
     'Ed25519 is not known to this version of Mail::DKIM (RFC 8463)'),
    ('dkimpy', 'ok', lambda m, s, sig: 'is not dns/txt' in s,
     'unknown names in q= are ignored (RFC 6376 3.5)'),
    ('dkimpy', 'ok', lambda m, s, sig: 't= value is in the future' in s,
     't= in the future may be ignored (RFC 6376 3.5)'),
    ('dkimpy', 'bad_timestamp', lambda m, s, sig: True,
     'x= has to be later than t= (RFC 6376 3.5); dkimpy never reaches that test'),
    ('mail_dkim', 'bad_timestamp', lambda m, s, sig: True,
     'x= has to be later than t= (RFC 6376 3.5); not tested by Mail::DKIM'),
    ('dkimpy', 'ok', lambda m, s, sig: re.search(rb'(?i)\n?from\s*:', head_of(m)) is not None and
     len(re.findall(rb'(?im)^from[ \t]*:', head_of(m))) >
     len(re.findall(rb'(?i)(?:h\s*=|:)\s*from\s*(?=[:;]|$)', sig)),
     'dkimpy adds every From to h=, more than RFC 6376 5.4.2 selects'),
    ('dkimpy', 'body_hash_mismatch', lambda m, s, sig: re.search(rb'[;\s]l=', sig) is not None,
     'l= larger than the body is a mismatch (RFC 6376 3.5)'),
    ('mail_dkim', 'body_hash_mismatch', lambda m, s, sig: re.search(rb'[;\s]l=', sig) is not None,
     'l= larger than the body is a mismatch (RFC 6376 3.5)'),
    ('dkimpy', None, lambda m, s, sig: re.search(rb'(?im)^[a-z-]+[ \t]+:', head_of(m)) is not None,
     'blanks before the colon are no part of the name (RFC 6376 3.4.2, RFC 5322 4.5)'),
    ('mail_dkim', 'ok', lambda m, s, sig: re.search(rb'[;\s]l=0\s*(;|$)', sig) is not None,
     'l=0 signs nothing of the body (RFC 6376 3.5); Mail::DKIM reads it as no l='),
    ('dkimpy', None, lambda m, s, sig: re.search(rb'[\x0b\x0c]', head_of(m)) is not None,
     'white space is SP and HTAB only (RFC 6376 2.8); dkimpy strips more'),
    ('mail_dkim', 'header_syntax', lambda m, s, sig: re.search(rb'[\x00-\x08\x0b\x0c\x0e-\x1f]', sig) is not None,
     'control octets are no part of a value (RFC 6376 3.2); Mail::DKIM passes over them'),
    ('mail_dkim', 'identity_mismatch', lambda m, s, sig: True, 'i= has to be within d= (RFC 6376 6.1.1)'),
    ('mail_dkim', 'expired', lambda m, s, sig: True, 'x= has passed (RFC 6376 6.1.1)'),
]


def explain(peer, reason, msg, said, sig):
    for who, why, test, clause in CLASSES:
        if who == peer and why in (reason, None) and test(msg, said, sig):
            return clause
    return None


def main():
    ours = Lines(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    rnd = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    peer = Lines('perl', os.path.join(HERE, 'dkim_peer.pl'))
    signers = Signers(ours, peer)
    seen, unexplained, verified = collections.Counter(), 0, collections.Counter()
    for i in range(count):
        msg = message(rnd)
        for _ in range(rnd.choice([1, 1, 1, 2])):
            signer = rnd.choice([signers.by_us, signers.by_us, signers.by_dkimpy,
                                 signers.by_mail_dkim])
            try:
                msg = signer(rnd, msg)
            except dkim.DKIMException:          # what dkimpy will not sign
                pass
        if rnd.random() < 0.5:
            msg = change(rnd, msg)
        mine = ours.ask({'zone': signers.zone, 'message': b64(msg), 'now': NOW})
        theirs, why = verify_dkimpy(msg, signers.zone)
        perl = peer.ask({'zone': signers.zone, 'message': b64(msg)})
        sigs = sig_values(msg)
        by_b = {p['b']: (p['result'] == 'pass', p['reason']) for p in perl}
        for name, answers in (('dkimpy', theirs),
                              ('mail_dkim', [by_b.get(b_of(sig)) for sig in sigs])):
            if answers is None or len(answers) != len(mine) or None in answers:
                seen[name, 'what a header field is differs: not compared'] += 1
                continue
            for m, (passes, said), sig in zip(mine, answers, sigs):
                verified[name, m['result']] += 1
                if passes == (m['result'] == 'pass'):
                    continue
                clause = explain(name, m['reason'], msg, said, sig)
                seen[name, clause or 'UNEXPLAINED'] += 1
                if clause is None:
                    unexplained += 1
                    if unexplained <= 5:
                        print('unexplained: %s says %s %s, we say %s of %r in\n%r\n' % (
                            name, passes, said, m['reason'], sig[:60], msg))
    for (name, clause), n in sorted(seen.items()):
        print('%6d %-10s %s' % (n, name, clause))
    for (name, result), n in sorted(verified.items()):
        print('%6d compared with %s: %s' % (n, name, result))
    print('%d messages, %d unexplained' % (count, unexplained))
    return 1 if unexplained else 0


if __name__ == '__main__':
    sys.exit(main())
