#include "unit/test.h"

#include <arpa/inet.h>

#include "base/addr.h"
#include "base/arena.h"

static const struct {
	const char	*name, *in, *want;	/* NULL = refused */
} parses[] = {
	{ "v4",					"203.0.113.10",		"203.0.113.10" },
	{ "v4 all zero",			"0.0.0.0",		"0.0.0.0" },
	{ "v4 broadcast",			"255.255.255.255",	"255.255.255.255" },
	{ "v4 octet too large",			"203.0.113.256",	NULL },
	{ "v4 leading zero",			"203.0.113.010",	NULL },
	{ "v4 double zero",			"203.0.113.00",		NULL },
	{ "v4 three octets",			"203.0.113",		NULL },
	{ "v4 five octets",			"203.0.113.1.1",	NULL },
	{ "v4 empty octet",			"203..113.1",		NULL },
	{ "v4 final dot",			"203.0.113.1.",		NULL },
	{ "v4 blank",				" 203.0.113.1",		NULL },
	{ "v4 hexadecimal",			"0x7f.0.0.1",		NULL },
	{ "v4 four digits",			"1.2.3.0004",		NULL },
	{ "empty",				"",			NULL },
	{ "v6, RFC 5952 1",			"2001:db8:0:0:1:0:0:1",	"2001:db8::1:0:0:1" },
	{ "v6 leading zeros, 4.1",		"2001:0db8::0001",	"2001:db8::1" },
	{ "v6 shortest, 4.2.1",			"2001:db8:0:0:0:0:2:1",	"2001:db8::2:1" },
	{ "v6 one group stays, 4.2.2",		"2001:db8:0:1:1:1:1:1",	"2001:db8:0:1:1:1:1:1" },
	{ "v6 longest run, 4.2.3",		"2001:0:0:1:0:0:0:1",	"2001:0:0:1::1" },
	{ "v6 lower case, 4.3",			"2001:DB8::ABCD",	"2001:db8::abcd" },
	{ "v6 unspecified",			"::",			"::" },
	{ "v6 loopback",			"::1",			"::1" },
	{ "v6 zeros at the end",		"2001:db8::",		"2001:db8::" },
	{ "v6 mapped, 5",			"::ffff:c000:201",	"::ffff:192.0.2.1" },
	{ "v6 mapped with dots",		"::FFFF:192.0.2.1",	"::ffff:192.0.2.1" },
	{ "v6 dots after six groups",		"64:ff9b:0:0:0:0:192.0.2.1", "64:ff9b::c000:201" },
	{ "v6 eight groups",			"1:2:3:4:5:6:7:8",	"1:2:3:4:5:6:7:8" },
	{ "v6 gap of one group",		"1:2:3:4:5:6:7::",	"1:2:3:4:5:6:7:0" },
	{ "v6 gap of one in front",		"::2:3:4:5:6:7:8",	"0:2:3:4:5:6:7:8" },
	{ "v6 gap of nothing",			"1:2:3:4::5:6:7:8",	NULL },
	{ "v6 nine groups",			"1:2:3:4:5:6:7:8:9",	NULL },
	{ "v6 seven groups",			"1:2:3:4:5:6:7",	NULL },
	{ "v6 two gaps",			"1::2::3",		NULL },
	{ "v6 three colons",			"1:::2",		NULL },
	{ "v6 final colon",			"1:2:3:4:5:6:7:",	NULL },
	{ "v6 first colon",			":1:2:3:4:5:6:7",	NULL },
	{ "v6 lone colon",			":",			NULL },
	{ "v6 five digits",			"2001:db8::12345",	NULL },
	{ "v6 no digit",			"2001:db8::g",		NULL },
	{ "v6 zone",				"fe80::1%eth0",		NULL },
	{ "v6 dots in the middle",		"::192.0.2.1:1",	NULL },
	{ "v6 dots after seven groups",		"1:2:3:4:5:6:7:1.2.3.4", NULL },
	{ "v6 dots with a bad octet",		"::ffff:192.0.2.256",	NULL },
	{ "v6 brackets",			"[::1]",		NULL },
};

static const struct {
	const char	*in;
	bool		 want;
} privates[] = {
	{ "0.0.0.0", true }, { "10.255.0.1", true }, { "11.0.0.0", false },
	{ "100.63.255.255", false }, { "100.64.0.1", true }, { "100.127.255.255", true },
	{ "100.128.0.0", false }, { "127.1.2.3", true }, { "169.254.169.254", true },
	{ "172.15.255.255", false }, { "172.16.0.1", true }, { "172.31.255.255", true },
	{ "172.32.0.0", false }, { "192.168.1.1", true }, { "192.169.0.0", false },
	{ "192.0.2.1", false }, { "198.51.100.1", false }, { "203.0.113.1", false },
	{ "223.255.255.255", false }, { "224.0.0.1", true }, { "239.1.1.1", true },
	{ "255.255.255.255", true }, { "8.8.8.8", false },
	{ "::", true }, { "::1", true }, { "fe80::1", true }, { "febf::1", true },
	{ "fc00::1", true }, { "fdff::1", true }, { "fe00::1", false }, { "ff02::1", true },
	{ "2001:db8::1", false }, { "2606:4700::1111", false },
	{ "::ffff:127.0.0.1", true }, { "::ffff:203.0.113.1", false },
	{ "::127.0.0.1", true }, { "64:ff9b::10.0.0.1", true }, { "64:ff9b::203.0.113.1", false },
	{ "64:ff9b:1::1", true }, { "2002:7f00:1::1", true }, { "2002:c0a8:101::1", true },
	{ "2002:cb00:7101::1", false },
	{ "2001:0:cb00:7101:0:0:f5ff:fffe", true },	/* Teredo client 10.0.0.1 */
	{ "2001:0:cb00:7101:0:0:34ff:8efe", false },	/* Teredo client 203.0.113.1 */
};

static const struct {
	const char	*name, *net, *address;
	int		 want;			/* -1 = refused */
} nets[] = {
	{ "in a /24",			"203.0.113.0/24",	"203.0.113.255",	1 },
	{ "outside a /24",		"203.0.113.0/24",	"203.0.114.0",		0 },
	{ "host bits do not matter",	"203.0.113.77/24",	"203.0.113.1",		1 },
	{ "odd length",			"203.0.113.128/25",	"203.0.113.127",	0 },
	{ "odd length inside",		"203.0.113.128/25",	"203.0.113.129",	1 },
	{ "/0 has all",			"1.2.3.4/0",		"255.0.0.1",		1 },
	{ "/0 has no v6",		"0.0.0.0/0",		"::1",			0 },
	{ "an address alone",		"203.0.113.1",		"203.0.113.1",		1 },
	{ "/32",			"203.0.113.1/32",	"203.0.113.2",		0 },
	{ "v6",				"2001:db8::/32",	"2001:db8:ffff::1",	1 },
	{ "v6 outside",			"2001:db8::/32",	"2001:db9::1",		0 },
	{ "v6 /127",			"2001:db8::/127",	"2001:db8::1",		1 },
	{ "v6 /128",			"2001:db8::/128",	"2001:db8::1",		0 },
	{ "too long",			"203.0.113.0/33",	"203.0.113.0",		-1 },
	{ "too long v6",		"2001:db8::/129",	"2001:db8::",		-1 },
	{ "no length",			"203.0.113.0/",		"203.0.113.0",		-1 },
	{ "leading zero",		"203.0.113.0/024",	"203.0.113.0",		-1 },
	{ "sign",			"203.0.113.0/+24",	"203.0.113.0",		-1 },
	{ "two lengths",		"203.0.113.0/24/24",	"203.0.113.0",		-1 },
};

static const struct {
	const char	*name, *in, *want;	/* default port 53 */
} endpoints[] = {
	{ "v4 with port",		"127.0.0.1:5353",	"127.0.0.1:5353" },
	{ "v4 alone",			"127.0.0.1",		"127.0.0.1:53" },
	{ "v6 in brackets with port",	"[2001:db8::1]:5353",	"[2001:db8::1]:5353" },
	{ "v6 in brackets",		"[::1]",		"[::1]:53" },
	{ "v6 alone",			"::1",			"[::1]:53" },
	{ "v4 in brackets",		"[127.0.0.1]:53",	NULL },
	{ "port 0",			"127.0.0.1:0",		NULL },
	{ "port too large",		"127.0.0.1:65536",	NULL },
	{ "no port after the colon",	"127.0.0.1:",		NULL },
	{ "bracket left open",		"[::1",			NULL },
	{ "behind the bracket",		"[::1]x",		NULL },
	{ "a name",			"localhost:53",		NULL },
	{ "empty",			"",			NULL },
};

/*
 * The C library reads the same addresses: texts made by damaging good ones, in
 * an order that is alike each time.
 */
static void
test_against_libc(struct arena *a)
{
	static const char letters[] = "0123456789abcdefABCDEF:.:.g/ ";
	static const char *const good[] = {
		"203.0.113.10", "255.255.255.255", "0.0.0.0", "2001:db8::1", "::", "::1",
		"1:2:3:4:5:6:7:8", "::ffff:192.0.2.1", "64:ff9b::192.0.2.33", "1::8", "1:2:3:4:5:6:7::",
	};
	unsigned long state = 12345;
	unsigned char six[16], four[4];
	char text[64], canonical[IP_TEXT_MAX];
	size_t round, cuts, at, n, differ = 0, accepted = 0;
	struct ip ip;
	bool want, ok;

	for (round = 0; round < 300000; round++) {
		snprintf(text, sizeof(text), "%s", good[round % (sizeof(good) / sizeof(good[0]))]);
		state = state * 6364136223846793005UL + 1442695040888963407UL;
		for (cuts = state >> 60 & 3; cuts > 0; cuts--) {
			state = state * 6364136223846793005UL + 1442695040888963407UL;
			n = strlen(text);
			at = n == 0 ? 0 : (state >> 40) % n;
			if ((state >> 33) % 3 == 0) {
				memmove(text + at, text + at + (n > 0), n - at);
			} else if ((state >> 33) % 3 == 1 || n == 0) {
				memmove(text + at + 1, text + at, n - at + 1);
				text[at] = letters[(state >> 20) % (sizeof(letters) - 1)];
			} else
				text[at] = letters[(state >> 20) % (sizeof(letters) - 1)];
		}
		ok = ip_parse(text_of(text), &ip);
		if (strchr(text, ':') != NULL) {
			want = inet_pton(AF_INET6, text, six) == 1;
			differ += want != ok || (ok && memcmp(six, ip.b, 16) != 0);
		} else {
			want = inet_pton(AF_INET, text, four) == 1;
			differ += want != ok || (ok && memcmp(four, ip.b, 4) != 0);
		}
		if (want != ok)
			printf("libc %s \"%s\"\n", want ? "accepts" : "refuses", text);
		if (ok && ip.family == 6 && inet_ntop(AF_INET6, ip.b, canonical, sizeof(canonical)) != NULL &&
		    (strncmp(canonical, "::", 2) != 0 || strchr(canonical, '.') == NULL))
			differ += strcmp(canonical, ip_str(a, ip)) != 0;
		accepted += ok;
	}
	CHECK("as the C library reads and writes them", differ == 0);
	CHECK("enough of both kinds", accepted > 50000 && accepted < 250000);
}

int
main(void)
{
	struct arena *a = arena_new();
	struct ip ip, ip2;
	struct ipnet net, net2;
	struct endpoint e;
	size_t i;
	bool ok;

	for (i = 0; i < sizeof(parses) / sizeof(parses[0]); i++) {
		ok = ip_parse(text_of(parses[i].in), &ip);
		CHECK_STR(parses[i].name, ok ? ip_str(a, ip) : NULL, parses[i].want);
		if (ok)
			CHECK(parses[i].name, ip_parse(text_of(ip_str(a, ip)), &ip2) &&
			    ip_eq(ip, ip2));
	}
	for (i = 0; i < sizeof(privates) / sizeof(privates[0]); i++) {
		CHECK(privates[i].in, ip_parse(text_of(privates[i].in), &ip) &&
		    ip_is_private(ip) == privates[i].want);
	}
	CHECK("no address is private", ip_is_private((struct ip){ 0 }));
	for (i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		ok = ipnet_parse(text_of(nets[i].net), &net);
		CHECK(nets[i].name, ip_parse(text_of(nets[i].address), &ip));
		CHECK(nets[i].name, ok == (nets[i].want >= 0));
		if (ok)
			CHECK(nets[i].name, ipnet_has(net, ip) == (nets[i].want == 1));
	}
	for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		ok = endpoint_parse(text_of(endpoints[i].in), 53, &e);
		CHECK_STR(endpoints[i].name, ok ? endpoint_str(a, e) : NULL, endpoints[i].want);
	}

	ip_parse(TEXT("203.0.113.10"), &ip);
	CHECK_STR("reversed v4", ip_reversed(a, ip), "10.113.0.203");
	CHECK_STR("reverse name v4", ip_reverse_name(a, ip), "10.113.0.203.in-addr.arpa");
	ip_parse(TEXT("4321:0:1:2:3:4:567:89ab"), &ip2);	/* RFC 3596 2.5 */
	CHECK_STR("reverse name v6", ip_reverse_name(a, ip2), "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0."
	    "2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa");
	CHECK("order: v4 before v6", ip_cmp(ip, ip2) < 0 && ip_cmp(ip2, ip) > 0);
	ip_parse(TEXT("::ffff:203.0.113.10"), &ip2);
	CHECK("unmapped", !ip_eq(ip, ip2) && ip_eq(ip, ip_unmap(ip2)));
	CHECK("unmap leaves others", ip_eq(ip, ip_unmap(ip)));

	ipnet_parse(TEXT("203.0.112.0/23"), &net);
	ipnet_parse(TEXT("203.0.113.0/24"), &net2);
	CHECK("covers", ipnet_covers(net, net2) && !ipnet_covers(net2, net));
	CHECK("covers itself", ipnet_covers(net, net));
	test_against_libc(a);
	CHECK_STR("net as text", ipnet_str(a, net), "203.0.112.0/23");
	arena_free(a);
	TEST_END();
}
