/* RSA public keys in DER; see the header. */

#include "mail/rsa_der.h"

#include "base/arena.h"
#include "base/str.h"
#include "mail/crypto.h"

/* --- reading -------------------------------------------------------------------------------------- */

#define DER_INTEGER	0x02
#define DER_BITS	0x03
#define DER_SEQUENCE	0x30

/* rsaEncryption with its NULL (RFC 8017 A.1). */
static const char rsa_algorithm[] =
    "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/* Take one element of shortest definite length; false = there is none of this tag. */
static bool
der_take(struct text *rest, unsigned char tag, struct text *content)
{
	const unsigned char *p = (const unsigned char *)rest->p;
	size_t octets, length, i;

	if (rest->n < 2 || p[0] != tag)
		return false;
	length = p[1];
	octets = length < 0x80 ? 0 : length & 0x7f;
	if (p[1] == 0x80 || octets > 2 || rest->n < 2 + octets)		/* indefinite, or too long */
		return false;
	if (length >= 0x80)
		for (length = 0, i = 0; i < octets; i++)
			length = length << 8 | p[2 + i];
	if (octets > 0 && length < (octets == 1 ? 0x80u : 0x100u))
		return false;
	if (length > rest->n - 2 - octets)
		return false;
	*content = (struct text){ rest->p + 2 + octets, length };
	*rest = text_skip(*rest, 2 + octets + length);
	return true;
}

/* A positive number in its shortest form. */
static bool
der_number(struct text *rest, struct text *ret)
{
	if (!der_take(rest, DER_INTEGER, ret) || ret->n == 0 || (ret->p[0] & 0x80) != 0)
		return false;
	return ret->n == 1 ? ret->p[0] != 0 : ret->p[0] != 0 || (ret->p[1] & 0x80) != 0;
}

static bool
der_rsa_key(struct text der, struct text *n, struct text *e)
{
	struct text inside;

	return der_take(&der, DER_SEQUENCE, &inside) && der.n == 0 && der_number(&inside, n) &&
	    der_number(&inside, e) && inside.n == 0;
}

static bool
der_public_key(struct text der, struct text *n, struct text *e)
{
	struct text algorithm = { rsa_algorithm, sizeof(rsa_algorithm) - 1 }, inside, bits;

	if (!der_take(&der, DER_SEQUENCE, &inside) || der.n > 0 || inside.n < algorithm.n ||
	    !text_eq(text_head(inside, algorithm.n), algorithm))
		return false;
	inside = text_skip(inside, algorithm.n);
	return der_take(&inside, DER_BITS, &bits) && inside.n == 0 && bits.n > 0 && bits.p[0] == 0 &&
	    der_rsa_key(text_skip(bits, 1), n, e);
}

bool
rsa_der_read(struct text der, struct text *n, struct text *e)
{
	return der_public_key(der, n, e) || der_rsa_key(der, n, e);
}

/* --- writing -------------------------------------------------------------------------------------- */

static void
der_put(struct str *s, unsigned char tag, struct text content)
{
	str_addc(s, (char)tag);
	if (content.n >= 0x100)
		str_addc(s, (char)0x82);
	else if (content.n >= 0x80)
		str_addc(s, (char)0x81);
	if (content.n >= 0x100)
		str_addc(s, (char)(content.n >> 8));
	str_addc(s, (char)(content.n & 0xff));
	str_addt(s, content);
}

#define DER_MAX	(KEY_RSA_BITS_MAX / 8 * 2 + 64)

static void
der_put_number(struct arena *a, struct str *s, struct text number)
{
	struct str content = str_in(a, DER_MAX);

	if (number.n == 0 || (number.p[0] & 0x80) != 0)
		str_addc(&content, '\0');
	str_addt(&content, number);
	der_put(s, DER_INTEGER, str_text(&content));
}

struct text
rsa_der_write(struct arena *a, struct text n, struct text e)
{
	struct str numbers = str_in(a, DER_MAX), bits = str_in(a, DER_MAX), inside = str_in(a, DER_MAX),
	    der = str_in(a, DER_MAX);

	der_put_number(a, &numbers, n);
	der_put_number(a, &numbers, e);
	str_addc(&bits, '\0');
	der_put(&bits, DER_SEQUENCE, str_text(&numbers));
	str_addt(&inside, (struct text){ rsa_algorithm, sizeof(rsa_algorithm) - 1 });
	der_put(&inside, DER_BITS, str_text(&bits));
	der_put(&der, DER_SEQUENCE, str_text(&inside));
	return str_text(&der);
}
