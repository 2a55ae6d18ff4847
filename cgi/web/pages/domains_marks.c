/* What the table of domains says of each question: SPF, DKIM, DMARC, PTR, lists. */

#include <stdio.h>

#include "base/arena.h"
#include "base/map.h"
#include "store/notes.h"
#include "store/reports.h"
#include "web/pages/domains.h"

const char *const domain_verdicts[RANK_NEVER] = {
	"problem", "warning", "unknown", "information", "ok", "not_applicable",
};

/*
 * The columns: the domain's own checks, and those of the addresses that it
 * sends from, as the server's last report has them now.  Both stand as our own
 * JSON of plain words (store/summary.h), which is looked into as it is: a page
 * has hundreds of marks.
 */
static const struct { const char *name, *of_domain, *of_address; } marks[DOMAIN_MARKS] = {
	{ "spf", "\"spf\":\"", NULL }, { "dkim", "\"dkim\":\"", NULL }, { "dmarc", "\"dmarc\":\"", NULL },
	{ "ptr", NULL, "ptr" }, { "lists", "\"domain_blacklist\":\"", "blacklist" },
};

const char *
domain_mark(size_t i)
{
	return marks[i].name;
}

bool
domain_mark_is_servers(size_t i)
{
	return marks[i].of_domain == NULL;
}

static int
worse(int rank, struct text verdict)
{
	for (int i = 0; i < rank && i < RANK_NEVER; i++)
		if (text_is(verdict, domain_verdicts[i]))
			return i;
	return rank;
}

void
beside_open(const struct exchange *x, struct beside *ret)
{
	*ret = (struct beside){ .verdicts = store_report_verdicts(engine_store(x->engine), x->arena, &x->scope,
	    "server", "server", NULL) };
	for (size_t i = 0; i < DOMAIN_MARKS; i++)
		ret->rank[i] = RANK_NEVER;
	ret->accepted = map_new(x->arena);
	for (const struct json *a = json_first(store_acknowledged(engine_store(x->engine), x->arena, &x->scope, NULL, x->now,
	    NULL)); a != NULL; a = json_next(a)) {
		int64_t *count = map_get(ret->accepted, json_str(a, "target"));

		if (count == NULL) {
			count = arena_zalloc(x->arena, sizeof(*count));
			map_put(ret->accepted, json_str(a, "target"), count);
		}
		(*count)++;
	}
}

int64_t
beside_accepted(const struct beside *beside, const char *name)
{
	const int64_t *count = map_count(beside->accepted) == 0 ? NULL : map_get(beside->accepted, name);

	return count == NULL ? 0 : *count;
}

/* The worst of each address that the domain sends from; of all, where those are not known. */
static void
beside_rank(struct beside *beside, struct text sending)
{
	char key[128];

	for (size_t i = 0; i < DOMAIN_MARKS; i++) {
		struct text rest = sending, address;

		beside->rank[i] = RANK_NEVER;
		if (marks[i].of_address == NULL)
			continue;
		if (sending.p == NULL) {
			snprintf(key, sizeof(key), "\"%s\":\"", marks[i].of_address);
			beside->rank[i] = worse(RANK_NEVER, summary_value(beside->verdicts, key));
		}
		while (text_split(&rest, ' ', &address)) {
			snprintf(key, sizeof(key), "\"" SUMMARY_ADDRESS "\":\"", marks[i].of_address, (int)address.n,
			    address.p);
			beside->rank[i] = worse(beside->rank[i], summary_value(beside->verdicts, key));
		}
	}
	beside->sending = sending;
}

void
domain_marks(const struct domain_row *row, struct beside *beside, int ret[DOMAIN_MARKS])
{
	struct text sending = summary_value(row->verdicts, "\"" SUMMARY_SENDING "\":\"");

	if (row->checked_at != 0 && (sending.p == NULL || beside->sending.p == NULL || !text_eq(sending, beside->sending)))
		beside_rank(beside, sending);
	for (size_t i = 0; i < DOMAIN_MARKS; i++) {
		ret[i] = row->checked_at == 0 ? RANK_NEVER : beside->rank[i];
		if (row->checked_at != 0 && marks[i].of_domain != NULL)
			ret[i] = worse(ret[i], summary_value(row->verdicts, marks[i].of_domain));
	}
}
