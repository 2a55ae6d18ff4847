#include "unit/test.h"

#include "net/window.h"

/*
 * A server that answers each question after latency_ms, at most per_ms of them in
 * a millisecond, loses one question of `lossy` and everything beyond `buffer`
 * that waits for it; we wait timeout_ms for what is lost.  Questions wait all the
 * time.  Ends with what the window is after so many ms and how many were answered.
 */
struct world {
	const char	*name;
	uint32_t	 max, latency_ms, per_ms, lossy, buffer, timeout_ms, run_ms;
	uint32_t	 least, most;		/* window in the end */
	uint32_t	 rate;			/* answers per ms at least, of the last half */
};

static const struct world worlds[] = {
	{ "a slow server with room: opens",	1000, 20, 1000, 0, 100000, 2000, 2000,	900, 1000, 40 },
	{ "not beyond what is allowed",		256, 20, 1000, 0, 100000, 2000, 1000,	256, 256, 12 },
	{ "less than the first is respected",		10, 20, 1000, 0, 100000, 2000, 1000,	10, 10, 0 },
	{ "a busy server: stays small",		1000, 1, 5, 0, 100000, 2000, 4000,	100, 301, 4 },
	{ "a small buffer: stays below",	1000, 1, 5, 0, 300, 500, 4000,		16, 330, 3 },
	{ "so slow that answers come late",	1000, 1, 1, 0, 100, 50, 8000,		16, 160, 0 },
	{ "loss that is not ours: opens",	1000, 2, 1000, 3, 100000, 500, 12000,	500, 1000, 2 },
};

static void
run(const struct world *t)
{
	static uint64_t ends[4096];	/* by question under way; 0 = free */
	static bool lost[4096];
	struct window w;
	uint64_t now, served_until = 0;		/* in thousandths of a ms */
	uint32_t i, under_way = 0, answered = 0, n = 0;

	memset(ends, 0, sizeof(ends));
	window_init(&w, t->max, t->timeout_ms);
	for (now = 1; now <= t->run_ms; now++) {
		for (i = 0; i < 4096; i++) {
			if (ends[i] == 0 || ends[i] > now)
				continue;
			ends[i] = 0;
			under_way--;
			answered += !lost[i] && now > t->run_ms / 2;
			window_note(&w, now, lost[i], true);
		}
		for (i = 0; i < 4096 && under_way < w.open; i++) {
			uint64_t queue;

			if (ends[i] != 0)
				continue;
			if (served_until < now * 1000)
				served_until = now * 1000;
			queue = (served_until - now * 1000) * t->per_ms / 1000;
			lost[i] = queue >= t->buffer || (t->lossy != 0 && n++ % t->lossy == 0);
			if (!lost[i])
				served_until += 1000 / t->per_ms;
			ends[i] = lost[i] ? now + t->timeout_ms :
			    served_until / 1000 + t->latency_ms;
			under_way++;
		}
	}
	CHECK(t->name, w.open >= t->least && w.open <= t->most);
	CHECK(t->name, answered >= t->rate * t->run_ms / 2);
	if (w.open < t->least || w.open > t->most || answered < t->rate * t->run_ms / 2)
		printf("  window %u, %u answers\n", w.open, answered);
}

int
main(void)
{
	struct window w;
	uint32_t i;

	for (i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++)
		run(&worlds[i]);
	window_init(&w, 1000, 2000);
	for (i = 1; i < 10000; i++)
		window_note(&w, i, false, false);
	CHECK("nobody waits: nothing changes", w.open == WINDOW_FIRST);
	TEST_END();
}
