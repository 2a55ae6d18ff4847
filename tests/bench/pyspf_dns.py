"""DNS for pyspf by dnspython, at one server, each question asked once."""

import dns.resolver
import spf

cache = {}
resolver = dns.resolver.Resolver(configure=False)


def use(host, port):
    resolver.nameservers, resolver.port, resolver.lifetime = [host], int(port), 5
    spf.DNSLookup = lookup


def lookup(name, qtype, *args, **kw):
    key = (str(name).lower(), qtype)
    if key not in cache:
        cache[key] = ask(*key)
    return cache[key]


def ask(name, qtype):
    try:
        found = resolver.resolve(name, qtype, raise_on_no_answer=False) or []
    except dns.resolver.NXDOMAIN:
        return []
    except Exception as e:
        raise spf.TempError("DNS " + str(e))
    values = []
    for rr in found:
        if qtype in ("TXT", "SPF"):
            values.append(((name, qtype), tuple(rr.strings)))
        elif qtype == "MX":
            values.append(((name, qtype), (rr.preference, str(rr.exchange).rstrip("."))))
        elif qtype == "A":
            values.append(((name, qtype), str(rr)))
        elif qtype == "AAAA":
            values.append(((name, qtype), spf.ipaddress.IPv6Address(str(rr)).packed))
        elif qtype == "PTR":
            values.append(((name, qtype), str(rr).rstrip(".")))
    return values
