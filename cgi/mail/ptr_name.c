#include "mail/ptr_name.h"

#include <stdio.h>
#include <string.h>

/* --- generic names ------------------------------------------------------------------------------------- */

/* The name up to its registrable part is what a network generates: the last
 * two labels are the network's own name and may hold any word. */
static size_t
own_part(struct name name)
{
	size_t n = strlen(name.s), dots = 0;

	while (n > 0 && dots < 2)
		dots += name.s[--n] == '.';
	return dots < 2 ? 0 : n;
}

/* `needle` stands in `s` and is not part of a longer number. */
static bool
holds_number(const char *s, size_t n, const char *needle)
{
	size_t m = strlen(needle), i;

	for (i = 0; i + m <= n; i++) {
		if (strncmp(s + i, needle, m) != 0)
			continue;
		if (i > 0 && ascii_isdigit((unsigned char)s[i - 1]))
			continue;
		if (i + m < n && ascii_isdigit((unsigned char)s[i + m]))
			continue;
		return true;
	}
	return false;
}

static bool
holds_v4(const char *s, size_t n, const uint8_t *b)
{
	static const char separators[] = { '.', '-', '_', 'x' };
	char text[40];
	size_t i;

	for (i = 0; i < sizeof(separators); i++) {
		char c = separators[i];

		snprintf(text, sizeof(text), "%u%c%u%c%u%c%u", b[0], c, b[1], c, b[2], c, b[3]);
		if (holds_number(s, n, text))
			return true;
		snprintf(text, sizeof(text), "%u%c%u%c%u%c%u", b[3], c, b[2], c, b[1], c, b[0]);
		if (holds_number(s, n, text))
			return true;
		/* the last two octets, either way round */
		snprintf(text, sizeof(text), "%u%c%u", b[2], c, b[3]);
		if (c != 'x' && holds_number(s, n, text))
			return true;
		snprintf(text, sizeof(text), "%u%c%u", b[3], c, b[2]);
		if (c != 'x' && holds_number(s, n, text))
			return true;
	}
	snprintf(text, sizeof(text), "%03u%03u%03u%03u", b[0], b[1], b[2], b[3]);
	if (holds_number(s, n, text))
		return true;
	snprintf(text, sizeof(text), "%u%u%u%u", b[0], b[1], b[2], b[3]);
	if (strlen(text) >= 7 && holds_number(s, n, text))
		return true;
	snprintf(text, sizeof(text), "%02x%02x%02x%02x", b[0], b[1], b[2], b[3]);
	return memmem(s, n, text, 8) != NULL;
}

/* A label that is the address with '-' for ':', whatever of it is left out. */
static bool
is_dashed_v6(struct text label, const uint8_t *b)
{
	char text[64];
	struct ip ip;
	size_t i;

	if (label.n >= sizeof(text))
		return false;
	for (i = 0; i < label.n; i++)
		text[i] = label.p[i] == '-' ? ':' : label.p[i];
	return ip_parse((struct text){ text, label.n }, &ip) && ip.family == 6 && memcmp(ip.b, b, 16) == 0;
}

/* A v6 address is held when its last four groups' digits are, in either order, with any filling. */
static bool
holds_v6(const char *s, size_t n, const uint8_t *b)
{
	char digits[256], hex[17], turned[17] = "";
	struct text rest = { s, n }, label;
	size_t i, m = 0;

	for (i = 0; i < n && m < sizeof(digits) - 1; i++)
		if (ascii_hex((unsigned char)s[i]) >= 0)
			digits[m++] = s[i];
	digits[m] = '\0';
	for (i = 0; i < 8; i++)
		snprintf(hex + 2 * i, 3, "%02x", b[8 + i]);
	for (i = 0; i < 16; i++)
		turned[i] = hex[15 - i];
	if (strstr(digits, hex) != NULL || strstr(digits, turned) != NULL)
		return true;
	while (text_split(&rest, '.', &label))
		if (is_dashed_v6(label, b))
			return true;
	return false;
}

static const char *const generic_words[] = {
	"dynamic", "dyn", "dhcp", "pool", "ppp", "pppoe", "dsl", "adsl", "vdsl", "xdsl", "cable", "dial",
	"dialup", "dialin", "broadband", "cust", "customer", "client", "host", "hosted-by", "static",
	"ip", "ipv4", "ipv6", "unassigned", "cloud", "user", "node", "res", "residential", "wireless", "mobile",
	"rev", "reverse", "ptr", "unknown", "vps", "vm", "server", "ec2", "compute", "instance",
};

/* One label: letters that are one of the words, and digits beside them. */
static bool
label_is_generic(const char *label, size_t n)
{
	size_t i, letters = 0, digits = 0;
	char word[32];

	for (i = 0; i < n; i++) {
		if (ascii_isdigit((unsigned char)label[i]))
			digits++;
		else if (label[i] != '-' && label[i] != '_') {
			if (letters == sizeof(word) - 1)
				return false;
			word[letters++] = label[i];
		}
	}
	word[letters] = '\0';
	/* "srv1" and "vps123456" are names; long numbers are counters of a network. */
	if (digits < 3)
		return false;
	for (i = 0; i < sizeof(generic_words) / sizeof(generic_words[0]); i++)
		if (strcmp(word, generic_words[i]) == 0)
			return strcmp(word, "vps") != 0 && strcmp(word, "server") != 0;
	return false;
}

/* A word of dialled or handed-out addresses as a whole label, with a digit somewhere in the name. */
static bool
says_dynamic(const char *s, size_t n)
{
	static const char *const labels[] = { "dynamic", "dyn", "dhcp", "pool", "ppp", "dsl", "adsl", "vdsl",
	    "dial", "dialup", "cable", "broadband", "static", "unassigned" };
	struct text rest = { s, n }, label;
	bool word = false, digit = false;
	size_t i;

	for (i = 0; i < n; i++)
		digit = digit || ascii_isdigit((unsigned char)s[i]);
	while (text_split(&rest, '.', &label)) {
		struct text part;

		while (text_split(&label, '-', &part))
			for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
				word = word || text_is(part, labels[i]);
	}
	return word && digit;
}

bool
ptr_name_is_generic(struct name name, struct ip ip)
{
	size_t n = own_part(name);
	struct text rest = { name.s, n }, label;

	if (ip.family == 4 ? holds_v4(name.s, n, ip.b) : holds_v6(name.s, n, ip.b))
		return true;
	if (says_dynamic(name.s, n))
		return true;
	while (text_split(&rest, '.', &label))
		if (label_is_generic(label.p, label.n))
			return true;
	return false;
}

/* --- names for HELO --------------------------------------------------------------------------------------- */

const char *
helo_fault_word(enum helo_fault fault)
{
	static const char *const words[] = {
		[HELO_FINE] = "fine", [HELO_LITERAL] = "literal", [HELO_LOCALHOST] = "localhost",
		[HELO_NO_DOT] = "no_dot", [HELO_PRIVATE_ZONE] = "private_zone", [HELO_SYNTAX] = "syntax",
	};

	return words[fault];
}

enum helo_fault
helo_fault(const char *s)
{
	static const char *const zones[] = { ".local", ".localdomain", ".internal", ".lan", ".localhost" };
	struct text text = text_of(s);
	struct name name = { s };
	struct ip ip;
	size_t i;

	if (text.n > 0 && text.p[text.n - 1] == '.')
		text.n--;
	if (text.n == 0)
		return HELO_SYNTAX;
	if (text.p[0] == '[' || ip_parse(text, &ip))
		return HELO_LITERAL;
	if (text_istarts(text, "localhost") && (text.n == 9 || text.p[9] == '.'))
		return HELO_LOCALHOST;
	for (i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (text_iends(text, zones[i]))
			return HELO_PRIVATE_ZONE;
	if (memchr(text.p, '.', text.n) == NULL)
		return HELO_NO_DOT;
	return name_is_host(name) ? HELO_FINE : HELO_SYNTAX;
}
