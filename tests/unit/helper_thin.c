/* A list of any length in bounded memory: evenly thinned, nothing but whole lines, every line seen. */

#include "test.h"

#include "base/arena.h"
#include "helper/thin.h"

struct seen { size_t count; };

static void
see(void *ctx, struct text line)
{
	struct seen *s = ctx;

	(void)line;
	s->count++;
}

int
main(void)
{
	struct arena *a = arena_new();
	struct seen seen = { 0 };
	struct thin t = thin_new(a, 4096, see, &seen);
	struct text rest, line;
	size_t i, n = 0;
	long last = -1, gap = -1;
	bool even = true;

	/* In pieces that end anywhere. */
	for (i = 0; i < 20000; i++) {
		char buf[32];
		int len = snprintf(buf, sizeof(buf), "%zu\n", i);

		thin_add(&t, (struct text){ buf, (size_t)len / 2 });
		thin_add(&t, (struct text){ buf + len / 2, (size_t)(len - len / 2) });
	}
	thin_add(&t, TEXT("the last"));
	thin_end(&t);
	CHECK("every line was seen", seen.count == 20001 && t.lines == 20001);
	CHECK("within the bound", t.kept.n <= 4096 && str_ok(&t.kept));
	CHECK("more than half of it is used", t.kept.n > 1500);
	for (rest = str_text(&t.kept); text_line(&rest, &line); n++) {
		long number = strtol(line.p, NULL, 10);

		if (text_is(line, "the last"))
			continue;
		even = even && (last < 0 || gap < 0 || number - last == gap);
		if (last >= 0)
			gap = number - last;
		last = number;
	}
	CHECK("evenly", even && gap == (long)t.every && n > 100);

	seen = (struct seen){ 0 };
	t = thin_new(a, 64, see, &seen);
	thin_add(&t, TEXT("short\n\nb\n"));
	for (i = 0; i < 70000; i++)
		thin_add(&t, TEXT("a line that never ends "));
	thin_add(&t, TEXT("\nc"));
	thin_end(&t);
	CHECK("a line that is too long is seen, not kept", seen.count == 5 && t.every == 1);
	CHECK_STR("the others are", t.kept.p, "short\n\nb\nc\n");
	thin_end(&t);
	CHECK("the end is the end", seen.count == 5);

	t = thin_new(a, 8, see, &seen);
	thin_add(&t, TEXT("123456789012\nab\ncd\nef\ngh\n"));
	thin_end(&t);
	CHECK("longer than all the room", t.kept.n <= 8);
	arena_free(a);
	TEST_END();
}
