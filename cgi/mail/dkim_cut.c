/* Key records that were cut off; see the header. */

#include "mail/dkim_cut.h"

#include "base/arena.h"
#include "base/code.h"

static bool
is_base64(char c)
{
	return ascii_isalnum((unsigned char)c) || c == '+' || c == '/';
}

/* What p= holds, as far as whole groups of four go; blanks and quotes of a
 * split gone wrong are looked through. */
static struct text
key_octets(struct arena *a, struct text p)
{
	char *digits = arena_alloc(a, p.n + 1);
	struct text octets = TEXT("");
	size_t i, n = 0;

	for (i = 0; i < p.n && p.p[i] != ';'; i++)
		if (is_base64(p.p[i]))
			digits[n++] = p.p[i];
		else if (!ascii_isspace((unsigned char)p.p[i]) && p.p[i] != '"')
			break;
	if (!base64_decode(a, (struct text){ digits, n / 4 * 4 }, &octets))
		return TEXT("");
	return octets;
}

static bool
find_key(struct text record, struct text *ret)
{
	struct text part;

	while (text_split(&record, ';', &part)) {
		part = text_trim(part);
		if (!text_starts(part, "p"))
			continue;
		part = text_trim(text_skip(part, 1));
		if (!text_starts(part, "="))
			continue;
		*ret = text_skip(part, 1);
		return true;
	}
	return false;
}

bool
dkim_key_is_cut(struct arena *a, struct text record)
{
	const unsigned char *b;
	struct text p, octets;
	size_t lengths, i, length = 0;

	if (record.n < DKIM_CUT_MIN || !find_key(record, &p))
		return false;
	octets = key_octets(a, p);
	b = (const unsigned char *)octets.p;
	if (octets.n < 4 || b[0] != 0x30 || (b[1] & 0x80) == 0)
		return false;
	lengths = b[1] & 0x7f;			/* octets of the length that follow */
	if (lengths == 0 || lengths > 2)
		return false;
	for (i = 0; i < lengths; i++)
		length = length << 8 | b[2 + i];
	return octets.n < 2 + lengths + length;
}
