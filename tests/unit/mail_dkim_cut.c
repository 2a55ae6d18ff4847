/* Key records that lost their end, told by the length that DER states. */

#include "base/arena.h"
#include "mail/dkim_cut.h"
#include "unit/test.h"

/* A key of 2048 bits. */
#define KEY	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmwmryPZi9K8/2Es87FLkpetYSRpxZ0xJG3I1" \
	"tMSYrUZUK7qiZqUBjQygqYV6U7SLYnh52iqcBLq+NjP24LZVw3ys1gFvYMwg+q/hKCOvlSwE4RnxJX/W" \
	"VPcaIffmW59D9l7dgUDPL1aQuSJfLiDUZDC7cOG4DYgO+tBBZFHsR/hS/ZuudBuzFK/HEUH2buMgJ339" \
	"B9q6XEfETFcgLZW286B48ruBNx86RA1dHU/QSdEbipgTLRpzCsRbrA4hTMXUSeTKdqj2OgJ8oxc7tSp8" \
	"R2vN3rQu51O3Zz8gT/FBaFHmxRTF8gE8z5Jq93KNwXdnLpDAs2DIOMjjjO/x/mZN/QIDAQAB"
#define RECORD	"v=DKIM1; k=rsa; p=" KEY

static bool
cut(struct arena *a, const char *text, size_t n)
{
	return dkim_key_is_cut(a, text_head(text_of(text), n));
}

int
main(void)
{
	struct arena *a = arena_new();

	CHECK("a whole record", !cut(a, RECORD, 1000));
	CHECK("a final semicolon", !cut(a, RECORD ";", 1000));
	CHECK("at 255 octets", cut(a, RECORD, 255));
	CHECK("at 250 octets", cut(a, RECORD, 250));
	CHECK("its last octets", cut(a, RECORD, sizeof(RECORD) - 6));
	CHECK("no version", cut(a, "p=" KEY, 255));
	CHECK("blanks around =", cut(a, "v=DKIM1 ; p = " KEY, 255));
	CHECK("other tags after it", cut(a, "n=" KEY "; p=" KEY, 700));
	CHECK("quotes of a split gone wrong", cut(a, "\"" RECORD, 255));
	CHECK("a short text was never a key", !cut(a, RECORD, 60));
	CHECK("no p=", !cut(a, "v=DKIM1; k=rsa; q=" KEY, 255));
	CHECK("what is no DER", !cut(a, "v=DKIM1; p=AAAA" KEY, 255));
	CHECK("nothing", !cut(a, "", 0));
	arena_free(a);
	TEST_END();
}
