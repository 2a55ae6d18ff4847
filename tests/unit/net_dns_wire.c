#include "unit/test.h"

#include "base/arena.h"
#include "net/dns_wire.h"

/*
 * Messages are written as words: "h FLAGS" (hexadecimal, first), "q NAME TYPE
 * [CLASS]", then records "SECTION OWNER TYPE TTL DATA" with SECTION a, n or x.
 * OWNER is a name, "@" (a pointer to the question) or =HEX.  DATA is words
 * without blanks joined by ",": HEX, n:NAME, p:OFFSET (a pointer), t:STRING.
 * "cut N" takes octets off the end, "count SECTION N" lies about a count.
 */
struct builder {
	uint8_t	 b[70000];
	size_t	 n;
};

static void
put(struct builder *m, unsigned v, int octets)
{
	while (octets-- > 0)
		m->b[m->n++] = (uint8_t)(v >> (8 * octets));
}

static void
put_name(struct builder *m, const char *s)
{
	size_t n;

	while (*s != '\0' && strcmp(s, ".") != 0) {
		n = strcspn(s, ".");
		put(m, (unsigned)n, 1);
		memcpy(m->b + m->n, s, n);
		m->n += n;
		s += n + (s[n] == '.');
	}
	put(m, 0, 1);
}

static void
put_hex(struct builder *m, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		put(m, (unsigned)(ascii_hex(s[i]) << 4 | ascii_hex(s[i + 1])), 1);
}

static void
put_data(struct builder *m, char *s)
{
	size_t at = m->n;
	char *word;

	put(m, 0, 2);
	while ((word = strsep(&s, ",")) != NULL) {
		if (strncmp(word, "n:", 2) == 0)
			put_name(m, word + 2);
		else if (strncmp(word, "p:", 2) == 0)
			put(m, 0xc000U | (unsigned)atoi(word + 2), 2);
		else if (strncmp(word, "t:", 2) == 0) {
			put(m, (unsigned)strlen(word + 2), 1);
			memcpy(m->b + m->n, word + 2, strlen(word + 2));
			m->n += strlen(word + 2);
		} else
			put_hex(m, word, strlen(word));
	}
	m->b[at] = (uint8_t)((m->n - at - 2) >> 8);
	m->b[at + 1] = (uint8_t)(m->n - at - 2);
}

static unsigned
type_of(const char *word)
{
	enum rrtype type = RR_A;

	if (strcmp(word, "OPT") == 0)
		return 41;
	rrtype_parse(text_of(word), &type);
	return type;
}

static void
build(struct builder *m, const char *words)
{
	char copy[4096], *rest = copy, *w;
	unsigned class = 1;
	int section;

	snprintf(copy, sizeof(copy), "%s", words);
	memset(m, 0, sizeof(*m));
	m->n = 12;
	m->b[1] = 7;
	while ((w = strsep(&rest, " ;")) != NULL) {
		if (*w == '\0')
			continue;
		if (strcmp(w, "h") == 0) {
			unsigned flags = (unsigned)strtoul(strsep(&rest, " ;"), NULL, 16);

			m->b[2] = (uint8_t)(flags >> 8);
			m->b[3] = (uint8_t)flags;
		} else if (strcmp(w, "id") == 0)
			m->b[1] = (uint8_t)atoi(strsep(&rest, " ;"));
		else if (strcmp(w, "q") == 0) {
			m->b[5]++;
			put_name(m, strsep(&rest, " ;"));
			put(m, type_of(strsep(&rest, " ;")), 2);
			put(m, 1, 2);
		} else if (strcmp(w, "class") == 0) {
			class = (unsigned)atoi(strsep(&rest, " ;"));
			if (m->b[7] == 0)
				m->b[m->n - 1] = (uint8_t)class;
		} else if (strcmp(w, "cut") == 0)
			m->n -= (size_t)atoi(strsep(&rest, " ;"));
		else if (strcmp(w, "count") == 0) {
			section = *strsep(&rest, " ;") == 'a' ? 7 : 9;
			m->b[section] = (uint8_t)atoi(strsep(&rest, " ;"));
		} else {
			m->b[*w == 'a' ? 7 : *w == 'n' ? 9 : 11]++;
			w = strsep(&rest, " ;");
			if (*w == '@')
				put(m, 0xc00c, 2);
			else if (*w == '=')
				put_hex(m, w + 1, strlen(w + 1));
			else
				put_name(m, w);
			put(m, type_of(strsep(&rest, " ;")), 2);
			put(m, class, 2);
			put(m, (unsigned)strtoul(strsep(&rest, " ;"), NULL, 10), 4);
			put_data(m, strsep(&rest, " ;"));
		}
	}
}

/* --- is it an answer? ------------------------------------------------------------------------------ */

static const struct {
	const char	*name, *message;
	bool		 answers;
} strangers[] = {
	{ "the answer",			"h 8180;q w.x A;a @ A 9 01020304",		true },
	{ "the case does not matter",	"h 8180;q W.X A;a @ A 9 01020304",		true },
	{ "no records",			"h 8180;q w.x A",				true },
	{ "owner written out",		"h 8180;q w.x A;a w.x A 9 01020304",		true },
	{ "owner in another case",	"h 8180;q w.x A;a W.x A 9 01020304",		true },
	{ "an alias",			"h 8180;q w.x A;a @ CNAME 9 n:e.x;a e.x A 9 01020304", true },
	{ "the alias comes last",	"h 8180;q w.x A;a e.x A 9 01020304;a @ CNAME 9 n:e.x", true },
	{ "another id",			"h 8180;id 8;q w.x A;a @ A 9 01020304",		false },
	{ "a question",			"h 0180;q w.x A;a @ A 9 01020304",		false },
	{ "another opcode",		"h a180;q w.x A;a @ A 9 01020304",		false },
	{ "another question",		"h 8180;q v.x A;a @ A 9 01020304",		false },
	{ "another type",		"h 8180;q w.x TXT;a @ A 9 01020304",		false },
	{ "another class",		"h 8180;q w.x A;class 3;a @ A 9 01020304",	false },
	{ "a record of another class",	"h 8180;q w.x A;a v.x A 9 01020304;class 3;a @ A 9 01020304", false },
	{ "two questions",		"h 8180;q w.x A;q w.x A",			false },
	{ "no question",		"h 8180;a w.x A 9 01020304",			false },
	{ "FORMERR without question",	"h 8181",					true },
	{ "NOTIMP without question",	"h 8184",					true },
	{ "SERVFAIL without question",	"h 8182",					false },
	{ "another owner",		"h 8180;q w.x A;a v.x A 9 01020304",		false },
	{ "a longer owner",		"h 8180;q w.x A;a v.w.x A 9 01020304",		false },
	{ "cut in the question",	"h 8180;q w.x A;cut 3",				false },
	{ "cut in a record is ours",	"h 8180;q w.x A;a v.x A 9 01020304;cut 2",	true },
	{ "header cut",			"h 8180;cut 1",					false },
};

static void
test_strangers(void)
{
	static struct builder m;
	uint8_t question[WIRE_QUESTION_MAX];
	size_t i, n = wire_question(question, 7, (struct name){ "w.x" }, RR_A,
	    WIRE_RECURSE | WIRE_EDNS);

	CHECK("question length", n == 12 + 5 + 4 + 11);
	for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		build(&m, strangers[i].message);
		CHECK(strangers[i].name, wire_answers(m.b, m.n, question, n) ==
		    strangers[i].answers);
	}
}

/* --- what does it say? ------------------------------------------------------------------------------- */

#define LOOP	"h 8180;q w.x A;"
#define SOA	"n:ns.x,n:root.x,00000007000000010000000100000001"

static const struct {
	const char		*name, *message;
	enum rrtype		 type;
	enum dns_failure	 failure;
	unsigned		 rcode;
	size_t			 count;
	uint32_t		 ttl_s;
	const char		*cname;
	bool			 leads_out, referral;
} answers[] = {
	{ "one address",	"h 8580;q w.x A;a @ A 300 c0000201", RR_A, 0, 0, 1, 300, NULL, 0, 0 },
	{ "least TTL",		"h 8580;q w.x A;a @ A 300 c0000201;a @ A 200 c0000202", RR_A, 0, 0, 2, 200,
	    NULL, 0, 0 },
	{ "TTL with the top bit is 0, RFC 2181 8",
	    "h 8580;q w.x A;a @ A 2147483648 c0000201", RR_A, 0, 0, 1, 0, NULL, 0, 0 },
	{ "alias",		"h 8580;q w.x A;a @ CNAME 50 n:e.x;a e.x A 300 c0000201", RR_A, 0, 0, 1, 50,
	    "e.x", 0, 0 },
	{ "alias behind its end", "h 8580;q w.x A;a e.x A 30 c0000201;a @ CNAME 50 n:e.x", RR_A, 0, 0, 1,
	    30, "e.x", 0, 0 },
	{ "alias asked for",	"h 8580;q w.x CNAME;a @ CNAME 50 n:E.x", RR_CNAME, 0, 0, 1, 50, NULL, 0, 0 },
	{ "records of strangers are left", "h 8580;q w.x A;a v.x A 1 c0000201;a @ A 5 c0000202", RR_A, 0, 0,
	    1, 5, NULL, 0, 0 },
	{ "other types are left", "h 8580;q w.x A;a @ TXT 1 t:a;a @ A 5 c0000202", RR_A, 0, 0, 1, 5, NULL,
	    0, 0 },
	{ "other classes are left", "h 8580;q w.x A;a @ A 5 c0000202;class 3;a @ A 5 c0000202", RR_A, 0, 0,
	    1, 5, NULL, 0, 0 },
	{ "alias leads out",	"h 8180;q w.x A;a @ CNAME 50 n:e.y", RR_A, 0, 0, 0, 50, "e.y", 1, 0 },
	{ "alias to a name without any", "h 8180;q w.x A;a @ CNAME 50 n:e.x;n x SOA 600 " SOA "0000003c",
	    RR_A, 0, 0, 0, 50, "e.x", 0, 0 },
	{ "alias out, SOA of the first zone", "h 8180;q w.x A;a @ CNAME 50 n:e.y;n x SOA 600 " SOA "0000003c",
	    RR_A, 0, 0, 0, 50, "e.y", 1, 0 },
	{ "NODATA by minimum",	"h 8580;q w.x A;n x SOA 600 " SOA "0000003c", RR_A, 0, 0, 0, 60, NULL, 0, 0 },
	{ "NODATA by SOA's TTL", "h 8580;q w.x A;n x SOA 20 " SOA "0000003c", RR_A, 0, 0, 0, 20, NULL, 0, 0 },
	{ "NODATA without SOA",	"h 8580;q w.x A", RR_A, 0, 0, 0, 0, NULL, 0, 0 },
	{ "SOA of a stranger counts not", "h 8580;q w.x A;n y SOA 20 " SOA "0000003c", RR_A, 0, 0, 0, 0,
	    NULL, 0, 0 },
	{ "NXDOMAIN",		"h 8583;q w.x A;n . SOA 600 " SOA "0000003c", RR_A, 0, 3, 0, 60, NULL, 0, 0 },
	{ "NXDOMAIN of the alias' end, RFC 6604", "h 8583;q w.x A;a @ CNAME 50 n:e.y", RR_A, 0, 3, 0, 0,
	    "e.y", 0, 0 },
	{ "referral",		"h 8080;q w.x A;n x NS 600 n:ns.y", RR_A, 0, 0, 0, 0, NULL, 0, 1 },
	{ "NS beside SOA is no referral", "h 8080;q w.x A;n x NS 600 n:ns.y;n x SOA 9 " SOA "0000003c", RR_A,
	    0, 0, 0, 9, NULL, 0, 0 },
	{ "SERVFAIL",		"h 8182;q w.x A", RR_A, 0, 2, 0, 0, NULL, 0, 0 },
	{ "BADVERS from OPT, RFC 6891 6.1.3", "h 8180;q w.x A;x . OPT 16777216 ", RR_A, 0, 16, 0, 0, NULL,
	    0, 0 },
	{ "alias to itself",	"h 8180;q w.x A;a @ CNAME 50 p:12", RR_A, DNS_CNAME_LOOP, 0, 0, 0, NULL, 0, 0 },
	{ "two aliases in a ring", "h 8180;q w.x A;a @ CNAME 50 n:e.x;a e.x CNAME 50 p:12", RR_A,
	    DNS_CNAME_LOOP, 0, 0, 0, NULL, 0, 0 },
	{ "short address",	"h 8180;q w.x A;a @ A 9 010203", RR_A, DNS_MALFORMED, 0, 0, 0, NULL, 0, 0 },
	{ "long address",	"h 8180;q w.x A;a @ A 9 0102030405", RR_A, DNS_MALFORMED, 0, 0, 0, NULL, 0, 0 },
	{ "short AAAA",		"h 8180;q w.x AAAA;a @ AAAA 9 01020304", RR_AAAA, DNS_MALFORMED, 0, 0, 0, NULL,
	    0, 0 },
	{ "record cut",		"h 8180;q w.x A;a @ A 9 01020304;cut 1", RR_A, DNS_MALFORMED, 0, 0, 0, NULL, 0,
	    0 },
	{ "one record too few",	"h 8180;q w.x A;a @ A 9 01020304;count a 2", RR_A, DNS_MALFORMED, 0, 0, 0,
	    NULL, 0, 0 },
	{ "authority cut",	"h 8180;q w.x A;a @ A 9 01020304;count n 1", RR_A, DNS_MALFORMED, 0, 0, 0, NULL,
	    0, 0 },
	{ "a name that is too long for its data", "h 8180;q w.x MX;a @ MX 9 000a,0161", RR_MX, DNS_MALFORMED,
	    0, 0, 0, NULL, 0, 0 },
	{ "octets behind a name", "h 8180;q w.x MX;a @ MX 9 000a,n:m.x,00", RR_MX, DNS_MALFORMED, 0, 0, 0,
	    NULL, 0, 0 },
	{ "MX without a name",	"h 8180;q w.x MX;a @ MX 9 000a", RR_MX, DNS_MALFORMED, 0, 0, 0, NULL, 0, 0 },
	{ "null MX, RFC 7505",	"h 8180;q w.x MX;a @ MX 9 0000,n:.", RR_MX, 0, 0, 1, 9, NULL, 0, 0 },
	{ "pointer to itself",	"h 8180;q w.x CNAME;a @ CNAME 9 p:33", RR_CNAME, DNS_MALFORMED, 0, 0, 0, NULL,
	    0, 0 },
	{ "pointer ahead",	"h 8180;q w.x CNAME;a @ CNAME 9 p:35,016100", RR_CNAME, DNS_MALFORMED, 0, 0, 0,
	    NULL, 0, 0 },
	{ "pointer beyond the end", "h 8180;q w.x CNAME;a @ CNAME 9 p:9999", RR_CNAME, DNS_MALFORMED, 0, 0, 0,
	    NULL, 0, 0 },
	{ "reserved label type", "h 8180;q w.x CNAME;a @ CNAME 9 806100", RR_CNAME, DNS_MALFORMED, 0, 0, 0,
	    NULL, 0, 0 },
	{ "TXT without a string", "h 8180;q w.x TXT;a @ TXT 9 ", RR_TXT, DNS_MALFORMED, 0, 0, 0, NULL, 0, 0 },
	{ "TXT string too long", "h 8180;q w.x TXT;a @ TXT 9 056162", RR_TXT, DNS_MALFORMED, 0, 0, 0, NULL, 0,
	    0 },
	{ "TXT of nothing",	"h 8180;q w.x TXT;a @ TXT 9 00", RR_TXT, 0, 0, 1, 9, NULL, 0, 0 },
	{ "another record's nonsense is left", "h 8180;q w.x A;a @ A 9 01020304;a @ TXT 9 05", RR_A, 0, 0, 1,
	    9, NULL, 0, 0 },
	{ "CAA as it is",	"h 8180;q w.x CAA;a @ CAA 9 0005697373756561", RR_CAA, 0, 0, 1, 9, NULL, 0, 0 },
};

static void
test_answers(void)
{
	static struct builder m;
	struct wire_answer w;
	struct arena *a;
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		a = arena_new();
		build(&m, answers[i].message);
		wire_read(a, m.b, m.n, (struct name){ "w.x" }, answers[i].type, &w);
		CHECK(answers[i].name, w.failure == answers[i].failure);
		CHECK(answers[i].name, w.rcode == answers[i].rcode);
		CHECK(answers[i].name, w.count == answers[i].count);
		CHECK(answers[i].name, w.ttl_s == answers[i].ttl_s);
		CHECK_STR(answers[i].name, w.cname.s, answers[i].cname);
		CHECK(answers[i].name, w.leads_out == answers[i].leads_out);
		CHECK(answers[i].name, w.referral == answers[i].referral);
		arena_free(a);
	}
}

static void
test_values(void)
{
	static struct builder m;
	struct arena *a = arena_new();
	struct name asked = { "w.x" };
	struct wire_answer w;
	char text[IP_TEXT_MAX];

	build(&m, "h 8580;q w.x A;a @ A 300 c0000201");
	wire_read(a, m.b, m.n, asked, RR_A, &w);
	CHECK_STR("A", ip_text(w.rrs[0].u.ip, text), "192.0.2.1");
	CHECK("AA", w.authoritative && w.recursive && !w.authenticated);

	build(&m, "h 81a0;q w.x AAAA;a @ AAAA 300 20010db8000000000000000000000001");
	wire_read(a, m.b, m.n, asked, RR_AAAA, &w);
	CHECK_STR("AAAA", ip_text(w.rrs[0].u.ip, text), "2001:db8::1");
	CHECK("AD", !w.authoritative && w.authenticated);

	build(&m, "h 8580;q w.x MX;a @ MX 300 0105,026d78,p:12");
	wire_read(a, m.b, m.n, asked, RR_MX, &w);
	CHECK("MX preference", w.rrs[0].u.mx.preference == 261);
	CHECK_STR("MX by pointer", w.rrs[0].u.mx.exchange.s, "mx.w.x");

	build(&m, "h 8580;q w.x MX;a @ MX 300 0005,04612e625c,07ff00205a7a2d5f,p:14");
	wire_read(a, m.b, m.n, asked, RR_MX, &w);
	CHECK_STR("odd octets, RFC 1035 5.1", w.rrs[0].u.mx.exchange.s,
	    "a\\046b\\092.\\255\\000\\032zz-_.x");

	build(&m, "h 8580;q w.x TXT;a @ TXT 300 t:v=spf1,00,t:+all,02ff00");
	wire_read(a, m.b, m.n, asked, RR_TXT, &w);
	CHECK("TXT strings", w.rrs[0].u.txt.count == 4);
	CHECK("TXT string 1", text_is(w.rrs[0].u.txt.strings[0], "v=spf1"));
	CHECK("TXT string 2", w.rrs[0].u.txt.strings[1].n == 0);
	CHECK("TXT joined, RFC 7208 3.3", text_eq(w.rrs[0].u.txt.joined, TEXT("v=spf1+all\377\0")));

	build(&m, "h 8580;q w.x SOA;a @ SOA 300 " SOA "0000003c");
	wire_read(a, m.b, m.n, asked, RR_SOA, &w);
	CHECK_STR("SOA mname", w.rrs[0].u.soa.mname.s, "ns.x");
	CHECK_STR("SOA rname", w.rrs[0].u.soa.rname.s, "root.x");
	CHECK("SOA numbers", w.rrs[0].u.soa.serial == 7 && w.rrs[0].u.soa.minimum_s == 60);

	build(&m, "h 8580;q w.x CAA;a @ CAA 9 0005697373756561");
	wire_read(a, m.b, m.n, asked, RR_CAA, &w);
	CHECK("raw", text_eq(w.rrs[0].u.raw, TEXT("\0\5issuea")));
	arena_free(a);
}

/* --- limits ---------------------------------------------------------------------------------------- */

static void
test_limits(void)
{
	static struct builder m;
	struct arena *a = arena_new();
	struct wire_answer w;
	unsigned i;
	size_t before;

	/* 16 aliases are followed, 17 are not. */
	for (i = 16; i <= 17; i++) {
		unsigned k;

		build(&m, "h 8580;q w.x A;");
		for (k = 0; k < i; k++) {
			if (k == 0)
				put(&m, 0xc00c, 2);
			else {
				put(&m, 1, 1);
				put(&m, 'a' + k, 1);
				put(&m, 0, 1);
			}
			put(&m, RR_CNAME, 2);
			put(&m, 1, 2);
			put(&m, 60, 4);
			put(&m, 3, 2);
			put(&m, 1, 1);
			put(&m, 'a' + k + 1, 1);
			put(&m, 0, 1);
			m.b[7]++;
		}
		wire_read(a, m.b, m.n, (struct name){ "w.x" }, RR_A, &w);
		CHECK("chain of aliases", w.failure == (i == 16 ? DNS_NO_FAILURE : DNS_CNAME_LOOP));
		CHECK("leads out", w.leads_out == (i == 16));
	}

	/* Pointers to pointers to pointers: read or refused, but soon. */
	build(&m, "h 8580;q w.x NS;");
	for (i = 0; i < 2000; i++) {
		put(&m, 0xc00c, 2);
		put(&m, RR_NS, 2);
		put(&m, 1, 2);
		put(&m, 60, 4);
		put(&m, 2, 2);
		put(&m, 0xc000U | (i == 0 ? 12U : (unsigned)m.n - 12), 2);
	}
	m.b[6] = 2000 >> 8;
	m.b[7] = 2000 & 255;
	wire_read(a, m.b, m.n, (struct name){ "w.x" }, RR_NS, &w);
	CHECK("a long chain of pointers", w.failure == DNS_MALFORMED);

	/* More records than we keep. */
	build(&m, "h 8580;q w.x TXT;");
	for (i = 0; i < WIRE_RECORDS_MAX + 1; i++) {
		put(&m, 0xc00c, 2);
		put(&m, RR_TXT, 2);
		put(&m, 1, 2);
		put(&m, 60, 4);
		put(&m, 2, 2);
		put(&m, 0x0161, 2);
	}
	m.b[6] = (WIRE_RECORDS_MAX + 1) >> 8;
	m.b[7] = (WIRE_RECORDS_MAX + 1) & 255;
	before = arena_used(a);
	wire_read(a, m.b, m.n, (struct name){ "w.x" }, RR_TXT, &w);
	CHECK("too many records", w.failure == DNS_LIMIT && w.count == 0);
	CHECK("take no memory", arena_used(a) - before < 4096);
	m.b[7]--;
	wire_read(a, m.b, m.n, (struct name){ "w.x" }, RR_TXT, &w);
	CHECK("so many are kept", w.failure == DNS_NO_FAILURE && w.count == WIRE_RECORDS_MAX);

	/* Every prefix of a message is refused or read, never overrun. */
	build(&m, "h 8580;q w.x MX;a @ CNAME 50 n:e.x;a e.x MX 9 000a,n:m.x;n x SOA 9 " SOA "0000003c");
	for (i = 0; i < m.n; i++) {
		uint8_t *exact = malloc(i + 1);

		memcpy(exact, m.b, i);
		wire_read(a, exact, i, (struct name){ "w.x" }, RR_MX, &w);
		CHECK("a prefix", w.failure == DNS_MALFORMED);
		free(exact);
	}
	arena_free(a);
}

static void
test_questions(void)
{
	uint8_t q[WIRE_QUESTION_MAX];
	char name[NAME_TEXT_MAX];
	size_t n, i;

	n = wire_question(q, 0x1234, (struct name){ "a.bc" }, RR_TXT, WIRE_RECURSE);
	CHECK("recursive question", n == 22 && memcmp(q,
	    "\x12\x34\x01\x20\0\1\0\0\0\0\0\0\1a\2bc\0\0\x10\0\1", n) == 0);
	n = wire_question(q, 0x1234, (struct name){ "" }, RR_NS, WIRE_EDNS);
	CHECK("EDNS", n == 28 && memcmp(q,
	    "\x12\x34\0\0\0\1\0\0\0\0\0\1\0\0\2\0\1\0\0\x29\4\xd0\0\0\0\0\0\0", n) == 0);
	/* 63.63.63.61 octets: 255 on the wire. */
	for (i = 0; i < 253; i++)
		name[i] = i % 64 == 63 ? '.' : 'a';
	name[253] = '\0';
	CHECK("the longest name", wire_question(q, 1, (struct name){ name }, RR_A,
	    WIRE_EDNS) == WIRE_QUESTION_MAX);
}

int
main(void)
{
	test_questions();
	test_strangers();
	test_answers();
	test_values();
	test_limits();
	TEST_END();
}
