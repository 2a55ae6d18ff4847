#!/usr/bin/python3
"""
ARC beside dkimpy (python3-dkim, python3-authres) and Mail::DKIM::ARC on chains of one to
three sets that both make, some changed afterwards.

    arc_peers.py BUILD/dkim_lines [COUNT] [SEED]

A difference that is in no class below makes the run fail.
"""
import base64
import collections
import random
import re
import sys

import dkim

from dkim_peers import HERE, NOW, Lines, Signers, b64, body, change, head_of, unterminated
import os


def message(rnd):
    head = 'Authentication-Results: mx.example; spf=pass smtp.mailfrom=a@example.com\r\n'
    for name in ('Subject', 'To', 'Date'):
        if rnd.random() < 0.8:
            head += '%s: %s\r\n' % (name, rnd.choice(['Hello', 'a  b', 'folded\r\n here', 'x']))
    return (head + 'From: a@example.com\r\n\r\n' + body(rnd) + '\r\n').encode()


def seal_dkimpy(rnd, signers, msg):
    headers = dkim.arc_sign(msg, b'r', b'example.com', signers.pem, b'mx.example',
                            include_headers=[b'from', b'subject', b'to'])
    return b''.join(headers) + msg


def seal_mail_dkim(rnd, signers, msg):
    chain = 'pass' if re.search(rb'(?im)^arc-seal:', head_of(msg)) else 'none'
    got = signers.peer.ask({'message': b64(msg), 'zone': signers.zone, 'seal': {
        'Chain': chain, 'Domain': 'example.com', 'SrvId': 'mx.example', 'Selector': 'r',
        'Headers': 'from:subject', 'Key': signers.pem.decode()}})
    return base64.b64decode(got['message']) if got['result'] == 'sealed' else msg


def verify_dkimpy(msg, zone):
    def txt(name, timeout=5):
        found = zone.get(name.decode().rstrip('.').lower())
        return found[0].encode() if found else None
    try:
        cv, _, reason = dkim.arc_verify(msg, dnsfunc=txt)
    except Exception as e:                                  # noqa
        return 'fail', repr(e)
    return (cv or b'fail').decode(), reason


CLASSES = [
    ('mail_dkim', lambda m, us, s: unterminated(m),
     'a body without a final line end gets one (RFC 6376 3.4.3); Mail::DKIM adds none'),
    ('dkimpy', lambda m, us, s: unterminated(m) and m[-1:] in b' \t',
     'blanks at the end of the last line go, line end or not (RFC 6376 3.4.4)'),
    ('dkimpy', lambda m, us, s: re.search(rb'[\x0b\x0c]', head_of(m)) is not None,
     'white space is SP and HTAB only (RFC 6376 2.8); dkimpy strips more'),
    ('dkimpy', lambda m, us, s: 'MessageFormatError' in s,
     'dkimpy does not read such a header at all'),
]


def main():
    ours = Lines(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    rnd = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    signers = Signers(ours, Lines('perl', os.path.join(HERE, 'dkim_peer.pl')))
    seen, bad = collections.Counter(), 0
    for _ in range(count):
        msg = message(rnd)
        for _ in range(rnd.randint(0, 3)):
            msg = rnd.choice([seal_dkimpy, seal_mail_dkim])(rnd, signers, msg)
        if rnd.random() < 0.5:
            msg = change(rnd, msg)
        us = ours.ask({'arc': True, 'zone': signers.zone, 'message': b64(msg), 'now': NOW})
        perl = signers.peer.ask({'arc': True, 'zone': signers.zone, 'message': b64(msg)})
        seen['ours', us['result'], us['why']] += 1
        for name, result, said in (('dkimpy',) + verify_dkimpy(msg, signers.zone),
                                   ('mail_dkim', perl['result'], perl['reason'])):
            if (result == 'pass') == (us['result'] == 'pass') and \
                    (result == 'none') == (us['result'] == 'none'):
                seen[name, 'agrees'] += 1
                continue
            why = next((c for who, test, c in CLASSES if who == name and test(msg, us, said)), None)
            seen[name, why or 'UNEXPLAINED'] += 1
            if why is None:
                bad += 1
                if bad <= 4:
                    print('unexplained: %s says %s (%s), we say %s\n%r\n' % (name, result, said, us, msg))
    for key, n in sorted(seen.items(), key=str):
        print('%6d %s' % (n, ' '.join(map(str, key))))
    print('%d chains, %d unexplained' % (count, bad))
    return 1 if bad else 0


sys.exit(main())
