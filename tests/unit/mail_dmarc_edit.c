/* DMARC records that we write. */

#include "base/arena.h"
#include "mail/dmarc_edit.h"
#include "unit/test.h"

static const struct {
	const char	*name;
	enum dmarc_policy policy;
	const char	*rua, *want;		/* NULL = refused */
} made[] = {
	{ "none", DMARC_NONE, "", "v=DMARC1; p=none" },
	{ "quarantine", DMARC_QUARANTINE, "", "v=DMARC1; p=quarantine" },
	{ "reject is never written", DMARC_REJECT, "", NULL },
	{ "no policy", DMARC_ABSENT, "", NULL },
	{ "with an address", DMARC_NONE, "d@example.com", "v=DMARC1; p=none; rua=mailto:d@example.com" },
	{ "with a URI", DMARC_NONE, "mailto:d@example.com", "v=DMARC1; p=none; rua=mailto:d@example.com" },
	{ "an address to encode", DMARC_NONE, "a!b@example.com", "v=DMARC1; p=none; rua=mailto:a%21b@example.com" },
	{ "no address", DMARC_NONE, "example.com", NULL },
	{ "two addresses", DMARC_NONE, "a@example.com,b@example.com", NULL },
	{ "another tag smuggled in", DMARC_NONE, "mailto:a@example.com;p=reject", NULL },
	{ "another tag smuggled into an address", DMARC_NONE, "a@example.com; p=reject", NULL },
	{ "another scheme", DMARC_NONE, "https://example.com/", NULL },
};

static const struct { const char *name, *record, *want; } relaxed[] = {
	{ "reject", "v=DMARC1; p=reject", "v=DMARC1; p=none" },
	{ "quarantine", "v=DMARC1;p=quarantine;rua=mailto:a@b.example", "v=DMARC1;p=none;rua=mailto:a@b.example" },
	{ "the rest stays byte for byte", "V=DMARC1 ; SP=reject; P = Reject ; x=1;;", "V=DMARC1 ; SP=reject; P = none ; x=1;;" },
	{ "none already", "v=DMARC1; p=none", NULL },
	{ "no p", "v=DMARC1; rua=mailto:a@b.example", NULL },
	{ "unreadable", "v=DMARC1; p=reject; p=reject", NULL },
	{ "no record", "hello", NULL },
};

int
main(void)
{
	struct arena *a = arena_new();
	const struct text two[] = { TEXT("v=DMARC1; p=none; x=1"), TEXT("v=DMARC1") };
	struct text got;
	size_t i;

	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		CHECK_STR(made[i].name, dmarc_make(a, made[i].policy, text_of(made[i].rua), &got,
		    NULL) ? got.p : NULL, made[i].want);
	for (i = 0; i < sizeof(relaxed) / sizeof(relaxed[0]); i++)
		CHECK_STR(relaxed[i].name, dmarc_relax(a, text_of(relaxed[i].record), &got,
		    NULL) ? got.p : NULL, relaxed[i].want);
	CHECK("kept as it is", dmarc_merge(a, two, 2, 0, &got, NULL) && text_eq(got, two[0]));
	CHECK("a useless one is not kept", !dmarc_merge(a, two, 2, 1, &got, NULL));
	CHECK("no such record", !dmarc_merge(a, two, 2, 2, &got, NULL));
	arena_free(a);
	TEST_END();
}
