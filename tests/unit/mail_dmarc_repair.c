/* DMARC records put right: never stricter than what receivers read in them. */

#include "base/arena.h"
#include "mail/dmarc_repair.h"
#include "unit/test.h"

static const struct {
	const char		*what, *record;
	enum dmarc_policy	 policy;
	const char		*rua, *want;	/* NULL = nothing usable */
} cases[] = {
	{ "a good record stays", "v=DMARC1; p=reject; rua=mailto:a@b.example", DMARC_ABSENT, "",
	    "v=DMARC1; p=reject; rua=mailto:a@b.example" },
	{ "a bad value counts as absent (RFC 9989 4.7)", "v=DMARC1; p=reject; adkim=strict", DMARC_ABSENT,
	    "", "v=DMARC1; p=reject" },
	{ "bad sp, np, aspf, psd, t, fo", "v=DMARC1;p=none;sp=x;np=y;aspf=z;psd=1;t=2;fo=3", DMARC_ABSENT, "",
	    "v=DMARC1; p=none" },
	{ "good ones stay as they are written", "v=DMARC1;p=none;SP=Reject;aspf=s;psd=n;t=Y;fo=1:d", DMARC_ABSENT,
	    "", "v=DMARC1; p=none; SP=Reject; aspf=s; psd=n; t=Y; fo=1:d" },
	{ "the bad address among good ones goes", "v=DMARC1; p=none; rua=mailto:a@b.example, b.example",
	    DMARC_ABSENT, "", "v=DMARC1; p=none; rua=mailto:a@b.example" },
	{ "no p= with reports is none (4.10.1)", "v=DMARC1; rua=mailto:a@b.example", DMARC_ABSENT, "",
	    "v=DMARC1; p=none; rua=mailto:a@b.example" },
	{ "a forgotten semicolon: no effect so far, so none", "v=DMARC1 p=reject; sp=reject", DMARC_ABSENT, "",
	    "v=DMARC1; p=none; sp=reject" },
	{ "a tag twice: the first", "v=DMARC1; p=reject; sp=none; sp=reject", DMARC_ABSENT, "",
	    "v=DMARC1; p=none; sp=none" },
	{ "parts that are no tags go", "v=DMARC1; p=none; hello; =x; 1=2", DMARC_ABSENT, "",
	    "v=DMARC1; p=none" },
	{ "tags that nobody knows stay", "v=DMARC1; x=y; pct=50", DMARC_ABSENT, "",
	    "v=DMARC1; p=none; x=y; pct=50" },
	{ "another policy", "v=DMARC1; p=none; x=y", DMARC_QUARANTINE, "", "v=DMARC1; p=quarantine; x=y" },
	{ "reports to one more", "v=DMARC1; p=none; rua=mailto:a@b.example", DMARC_ABSENT, "mailto:c@b.example",
	    "v=DMARC1; p=none; rua=mailto:a@b.example,mailto:c@b.example" },
	{ "who is there already is not added", "v=DMARC1; p=none; rua=mailto:a@b.example", DMARC_ABSENT,
	    "mailto:a@b.example", "v=DMARC1; p=none; rua=mailto:a@b.example" },
	{ "reports where there were none", "v=DMARC1; p=none", DMARC_ABSENT, "mailto:a@b.example",
	    "v=DMARC1; p=none; rua=mailto:a@b.example" },
	{ "nothing but the version", "v=DMARC1", DMARC_ABSENT, "", "v=DMARC1; p=none" },
	{ "an empty text", "", DMARC_ABSENT, "", "v=DMARC1; p=none" },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a = arena_new();
		struct text got = TEXT("");
		bool made = dmarc_repair(a, text_of(cases[i].record), cases[i].policy,
		    text_of(cases[i].rua), &got);

		CHECK_STR(cases[i].what, made ? text_cstr(a, got) : NULL, cases[i].want);
		arena_free(a);
	}
	TEST_END();
}
