#!/usr/bin/env python3
"""
check_host() beside pyspf (Debian package python3-spf) on generated zones.

    make build/diff/spf_lines
    spf_pyspf.py build/diff/spf_lines [COUNT] [SEED]
    spf_pyspf.py build/diff/spf_lines --libspf2 SPF_LIBSPF2 [COUNT] [SEED]
    spf_pyspf.py build/diff/spf_lines --bench

Both programs get the same questions from the same table.  Differences are sorted
into classes; each class names the clause that decides, and a difference that is
in no class makes the run fail.  --bench prints how many times faster one
check on answers that are already there is.
"""
import collections
import random
import subprocess
import sys
import time

import spf

ZONE = {}


def lookup(name, qtype, strict=True, timeout=None, level=0):
    """What DNS gives pyspf: ((name, type), data) pairs, aliases first."""
    name = name.lower().rstrip('.')
    rrs = ZONE.get(name, [])
    if 'FAIL' in rrs:
        raise spf.TempError('DNS timeout')
    found = [v for t, v in [r for r in rrs if r != 'FAIL'] if t == qtype]
    return [((name, qtype), v) for v in found]


spf.DNSLookup = lookup


class Ours:
    def __init__(self, program):
        self.p = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True, bufsize=1)

    def line(self, text):
        self.p.stdin.write(text + '\n')

    def load(self):
        self.line('Z')
        for name, rrs in ZONE.items():
            for rr in rrs:
                if rr == 'FAIL':
                    self.line('R %s FAIL x' % name)
                elif rr[0] == 'TXT':
                    self.line('R %s TXT %s' % (name, ' '.join('"%s"' % s.decode() for s in rr[1])))
                elif rr[0] == 'MX':
                    self.line('R %s MX %d %s' % (name, rr[1][0], rr[1][1] or '.'))
                elif rr[0] == 'AAAA':
                    self.line('R %s AAAA %s' % (name, spf.ipaddress.IPv6Address(rr[1])))
                else:
                    self.line('R %s %s %s' % (name, rr[0], rr[1]))

    def ask(self, ip, helo, sender):
        self.line('Q ' + ' '.join(v.encode().hex() or '-' for v in (ip, helo, sender)))
        self.p.stdin.flush()
        word, lookups, voids, mech, exp = self.p.stdout.readline().split()
        return word, int(lookups), int(voids), bytes.fromhex('' if exp == '-' else exp).decode()

    def bench(self, n):
        self.line('B %d' % n)
        self.p.stdin.flush()
        return int(self.p.stdout.readline().split()[1])


def pyspf(ip, helo, sender):
    q = spf.query(i=ip, s=sender, h=helo, strict=True, receiver='unknown')
    q.set_default_explanation('')
    result, _, explanation = q.check()
    return result, q.lookups, q.void_lookups, (explanation or ''), \
        str(q.perm_error) if q.perm_error else explanation


NAMES = ['d%d.example' % i for i in range(8)]
SPECS = NAMES + ['%{d}', '%{i}.x.example', '%{ir}.%{v}.x.example', '%{l}.x.example', '%{d2}', '%{dr}.x.example',
                 '%{o}', '%{h}', '%{l1r-}.x.example', 'gone.example', 'fail.example', '%{S}.x.example', '%{p}.x.example']
TAILS = ['', '', '', '/24', '//64', '/28//48', '/0', '/33', '//129', '/x']
BAD = ['moo', 'ip4:1.2.3', 'a:b', 'include:', 'x=%{z}', 'ip6:::1/129', 'ipv4:1.2.3.4', 'all:x', 'redirect=']


def term(r):
    q = r.choice(['', '', '', '-', '~', '?', '+'])
    k = r.random()
    if k < .02:
        return r.choice(BAD)
    if k < .18:
        return q + 'ip4:192.0.2.%d%s' % (r.randrange(8), r.choice(['', '/30', '/24', '/31', '/0']))
    if k < .28:
        return q + 'ip6:2001:db8::%x%s' % (r.randrange(4), r.choice(['', '/127', '/64', '/32']))
    if k < .45:
        return q + r.choice(['a', 'A']) + r.choice(['', ':' + r.choice(SPECS)]) + r.choice(TAILS[:-3] * 9 + TAILS)
    if k < .56:
        return q + 'mx' + r.choice(['', ':' + r.choice(SPECS)]) + r.choice(TAILS[:-3] * 9 + TAILS)
    if k < .62:
        return q + 'ptr' + r.choice(['', ':' + r.choice(SPECS)])
    if k < .72:
        return q + 'exists:' + r.choice(SPECS)
    if k < .92:
        return q + 'include:' + r.choice(SPECS)
    return r.choice(['x=y', 'foo.bar=%{d}', 'mod-1=a/b'])


def record(r):
    terms = [term(r) for _ in range(r.choice([1, 2, 3, 4, 6, 12]))]
    if r.random() < .6:
        terms.append(r.choice(['-all', '~all', '?all', 'all', '-ALL']))
    if r.random() < .2:
        terms.insert(r.randrange(len(terms) + 1), 'redirect=' + r.choice(SPECS))
    if r.random() < .2:
        terms.insert(r.randrange(len(terms) + 1), 'exp=e.example')
    return r.choice(['v=spf1', 'v=spf1', 'V=SPF1']) + ' ' + r.choice([' ', ' ', '  ']).join(terms)


def make_zone(r):
    ZONE.clear()
    for name in NAMES + ['x.example', 'helo.example']:
        rrs = ZONE.setdefault(name, [])
        for _ in range(r.choice([1, 1, 1, 1, 1, 0, 2]) if name in NAMES else 0):
            text = record(r).encode()
            cut = r.randrange(len(text))
            rrs.append(('TXT', r.choice([(text,), (text[:cut], text[cut:])])))
        if r.random() < .3:
            rrs.append(('TXT', (b'some other text',)))
        for _ in range(r.choice([0, 1, 1, 2])):
            rrs.append(('A', '192.0.2.%d' % r.randrange(8)))
        for _ in range(r.choice([0, 0, 1])):
            rrs.append(('AAAA', spf.ipaddress.IPv6Address('2001:db8::%x' % r.randrange(4)).packed))
        for i in range(r.choice([0, 1, 2, 2, 3, 11])):
            rrs.append(('MX', (i, r.choice(NAMES))))
    ZONE['fail.example'] = ['FAIL']
    ZONE['e.example'] = [('TXT', (r.choice([b'why %{d} %{i} %{h}', b'no %{c}', b'bad %{x}', b'%{L}', b'%{p}']),))]
    for i in range(8):
        ZONE['%d.2.0.192.in-addr.arpa' % i] = [('PTR', n) for n in r.sample(NAMES, r.choice([0, 1, 2]))]
    ZONE['u-v.x.example'] = [('A', '127.0.0.2')]


def classify(why):
    """Why the two may differ; None = they must not."""
    if 'Void lookup limit' in why:
        # 4.6.4 limits "the number of terms for which DNS queries return" nothing; pyspf counts
        # questions, so one mx with three dead hosts, or the names of one %{p}, are over its limit.
        return 'void: pyspf counts questions, RFC 7208 4.6.4 terms'
    if 'MUST appear at most once' in why:
        # 6: only redirect and exp must not be repeated; unknown modifiers are ignored.
        return 'unknown modifier twice: pyspf refuses it, RFC 7208 6 does not'
    if 'trivial recursion' in why:
        # 5.2 has no such rule; the loop ends at the tenth term, or never matters.
        return 'include of itself: pyspf refuses it unread, RFC 7208 4.6.4 counts it'
    return None


def run(program, count, seed):
    ours, r = Ours(program), random.Random(seed)
    same, classes, unknown = 0, collections.Counter(), []
    while same + sum(classes.values()) + len(unknown) < count:
        make_zone(r)
        ours.load()
        for _ in range(20):
            ip = r.choice(['192.0.2.%d' % r.randrange(8), '2001:db8::%x' % r.randrange(4)])
            sender = r.choice(['u-v@', 'User.Name@', '@', 'postmaster@']) + r.choice(NAMES)
            a, b = ours.ask(ip, 'helo.example', sender), pyspf(ip, 'helo.example', sender)
            why = b[4]
            if a[0] == b[0] and (a[0] != 'fail' or a[3].lower() == b[3].lower()):
                same += 1
                continue
            name = classify(why or '')
            if name is None:
                unknown.append((ip, sender, a, b[:4], why, dict(ZONE)))
            else:
                classes[name] += 1
    print('%d questions, %d answered alike' % (count, same))
    for name, n in classes.most_common():
        print('%7d  %s' % (n, name))
    for u in unknown[:5]:
        print('UNEXPLAINED', u)
    return 1 if unknown else 0


class LibSpf2(Ours):
    def ask(self, ip, helo, sender):
        self.line('Q ' + ' '.join(v.encode().hex() or '-' for v in (ip, helo, sender)))
        self.p.stdin.flush()
        words = self.p.stdout.readline().split(None, 4)
        return 'permerror' if words[0] == '(invalid)' else words[0], words[4].strip()


def run_libspf2(program, other, count, seed):
    ours, lib, r = Ours(program), LibSpf2(other), random.Random(seed)
    classes, unknown = collections.Counter(), []
    for n in range(count):
        if n % 20 == 0:
            make_zone(r)
            ours.load()
            lib.load()
        ip = r.choice(['192.0.2.%d' % r.randrange(8), '2001:db8::%x' % r.randrange(4)])
        sender = r.choice(['u-v@', 'User.Name@', '@', 'postmaster@']) + r.choice(NAMES)
        a, b, p = (f(ip, 'helo.example', sender) for f in (ours.ask, lib.ask, pyspf))
        if a[0] == b[0]:
            classes['answered alike'] += 1
        elif a[0] == p[0]:
            classes['libspf2 alone: ' + b[1]] += 1
        else:
            name = classify(p[4] or '')
            if name is None:
                unknown.append((ip, sender, a, b, p[:4], dict(ZONE)))
            else:
                classes[name] += 1
    for name, n in classes.most_common():
        print('%7d  %s' % (n, name))
    for u in unknown[:5]:
        print('UNEXPLAINED', u)
    return 1 if unknown else 0


BENCH = [
    ('one ip4', 'v=spf1 ip4:198.51.100.0/24 ip4:192.0.2.1 -all'),
    ('a mx', 'v=spf1 a mx -all'),
    ('include of an include', 'v=spf1 include:d1.example -all'),
    ('macro', 'v=spf1 exists:%{ir}.%{v}.%{d} include:d1.example -all'),
]


def bench(program):
    ours = Ours(program)
    for title, rec in BENCH:
        ZONE.clear()
        ZONE['d.example'] = [('TXT', (rec.encode(),)), ('A', '198.51.100.9'), ('MX', (10, 'm.example'))]
        ZONE['m.example'] = [('A', '192.0.2.1')]
        ZONE['d1.example'] = [('TXT', (b'v=spf1 include:d2.example ip4:198.51.100.7 ~all',))]
        ZONE['d2.example'] = [('TXT', (b'v=spf1 ip4:198.51.100.0/28 ip4:192.0.2.0/24 ~all',))]
        ours.load()
        ask = ('192.0.2.1', 'helo.example', 'user@d.example')
        assert ours.ask(*ask)[0] == pyspf(*ask)[0] == 'pass', (ours.ask(*ask), pyspf(*ask))
        n = 2000
        start = time.perf_counter()
        for _ in range(n):
            pyspf(*ask)
        theirs = (time.perf_counter() - start) / n * 1e9
        mine = ours.bench(100000)
        print('%-24s ours %6d ns, pyspf %8d ns: %.0f times' % (title, mine, theirs, theirs / mine))


def main(args):
    program = args.pop(0)
    if args[:1] == ['--bench']:
        bench(program)
        return 0
    other = args[1] if args[:1] == ['--libspf2'] else None
    numbers = [int(v) for v in (args[2:] if other else args)] + [10000, 1][len(args[2:] if other else args):]
    if other:
        return run_libspf2(program, other, *numbers)
    return run(program, *numbers)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
