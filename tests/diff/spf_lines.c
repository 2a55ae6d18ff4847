/*
 * check_host() by lines, for comparison with other programs.  Input:
 *
 *	Z			forget the zone
 *	R <zone line>		add a record (tests/zone.h)
 *	Q IP HELO SENDER	one question; fields in hexadecimal, "-" = empty
 *	B N			ask the last question N more times: "ns NANOSECONDS-EACH"
 *
 * Output of Q: RESULT LOOKUPS VOIDS MECHANISM EXPLANATION, the last two in hexadecimal.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/code.h"
#include "mail/spf_eval.h"
#include "tests/zone.h"

static struct text
unhex(struct arena *a, struct text t)
{
	struct text ret = { "", 0 };

	if (!text_is(t, "-") && !hex_decode(a, t, &ret))
		exit(2);
	return ret;
}

static const char *
hex(struct arena *a, struct text t)
{
	return t.n == 0 ? "-" : hex_encode(a, t);
}

static void
ask(struct arena *a, struct zone *z, struct text line)
{
	struct spf_query q = { .dns = &z->source, .now_s = 1000000000 };
	struct spf_answer ans;
	struct text ip, helo, sender;

	text_split(&line, ' ', &ip);
	text_split(&line, ' ', &helo);
	text_split(&line, ' ', &sender);
	if (!ip_parse(unhex(a, ip), &q.ip))
		exit(2);
	q.helo = unhex(a, helo);
	q.sender = unhex(a, sender);
	if (!spf_check_host(a, &q, &ans)) {
		puts("pending");
		return;
	}
	printf("%s %u %u %s %s\n", spf_result_word(ans.result), ans.lookups, ans.void_lookups,
	    hex(a, ans.mechanism), hex(a, ans.explanation));
}

static void
bench(struct zone *z, struct text line, struct text count)
{
	struct arena *scratch = arena_new();
	struct spf_query q = { .dns = &z->source, .now_s = 1000000000 };
	struct spf_answer ans;
	struct timespec from, to;
	struct text ip, helo, sender;
	struct arena *a;
	uint64_t n, i;

	text_split(&line, ' ', &ip);
	text_split(&line, ' ', &helo);
	text_split(&line, ' ', &sender);
	if (!ip_parse(unhex(scratch, ip), &q.ip) || !text_uint(count, 100000000, &n))
		exit(2);
	q.helo = unhex(scratch, helo);
	q.sender = unhex(scratch, sender);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < n; i++) {
		a = arena_new();
		spf_check_host(a, &q, &ans);
		arena_free(a);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("ns %ld\n", (long)(((to.tv_sec - from.tv_sec) * 1000000000L + to.tv_nsec - from.tv_nsec) /
	    (long)n));
	arena_free(scratch);
}

int
main(void)
{
	struct arena *a = arena_new(), *last_arena = arena_new();
	struct zone z;
	struct text rest, last = { NULL, 0 };
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	zone_init(&z, a);
	while ((n = getline(&line, &size, stdin)) > 0) {
		rest = text_trim((struct text){ line, (size_t)n });
		switch (line[0]) {
		case 'Z':
			arena_free(a);
			a = arena_new();
			zone_init(&z, a);
			break;
		case 'R':
			if (!zone_line(&z, text_dup(a, text_skip(rest, 2))))
				printf("bad %s\n", line);
			break;
		case 'Q':
			last = text_dup(last_arena, text_skip(rest, 2));
			ask(a, &z, last);
			fflush(stdout);
			break;
		case 'B':
			bench(&z, last, text_skip(rest, 2));
			fflush(stdout);
			break;
		}
	}
	free(line);
	arena_free(a);
	arena_free(last_arena);
	return 0;
}
