/* The message test over any message: links, HTML, archives, dates, Received, and what comes of it. */

#include <assert.h>

#include "base/arena.h"
#include "mail/link.h"
#include "mail/score.h"
#include "mail/score_html.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[] = { "bit.ly", "exe", "re:", "docm" };

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena *a = arena_new();
	struct text in = { (const char *)bytes, size };
	struct data data = { .message = { { words, 1 }, { words, 1 }, { words + 1, 1 }, { words + 3, 1 },
	    { words + 2, 1 } } };
	struct verify v = { .problems = problems_in(a) };
	struct score_outside o = { .verify = &v };
	const struct score_content *c;
	struct html_found found;
	struct message m;
	struct score score;
	struct link link;
	struct name name;
	int sum = SCORE_MAX;

	assert(message_read(a, in, &m, NULL));
	c = score_read(a, &data, NULL, in, &m);
	assert(c->items.count <= SCORE_ITEMS_MAX && c->domain_count <= SCORE_DOMAINS_MAX);
	score_judge(a, c, &o, &score);
	for (size_t i = 0; i < score.count; i++) {
		assert(score.items[i].points <= 0 && score.items[i].code != NULL);
		sum += score.items[i].points;
	}
	assert(sum == score.points && score.points >= 0);
	html_find(a, in, &found);
	assert(found.link_count <= HTML_LINKS_MAX);
	link_parse(a, in, &link);
	link_shown(a, in, &name);
	arena_free(a);
	return 0;
}
