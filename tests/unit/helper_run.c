/* A program that the helper runs: its end, its time and its output are bounded, whatever it does with its pipes. */

#include <signal.h>

#include "test.h"

#include "base/arena.h"
#include "helper/helper.h"

static bool
shell(struct arena *a, const char *script, unsigned limit_s, struct verb_reply *ret, struct err *err)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	*ret = (struct verb_reply){ 0 };
	*err = (struct err){ 0 };
	return run_program_for(a, argv, TEXT("in"), limit_s, ret, err);
}

/* Refused when its time is over; a program that stays would make the test itself wait. */
static void
late(struct arena *a, const char *what, const char *script)
{
	struct verb_reply ret;
	struct err err;

	CHECK(what, !shell(a, script, 1, &ret, &err) && err.code == ERR_TIMEOUT);
}

int
main(void)
{
	struct arena *a = arena_new();
	struct verb_reply ret;
	struct err err;

	CHECK("what it says", shell(a, "cat; echo oops >&2; exit 3", 10, &ret, &err) && ret.status == 3);
	CHECK_STR("out", text_cstr(a, ret.out), "in");
	CHECK_STR("err", text_cstr(a, ret.err), "oops\n");
	CHECK("killed by itself", shell(a, "kill -TERM $$", 10, &ret, &err) && ret.status == 128 + SIGTERM);
	late(a, "says nothing, goes on", "sleep 60");
	late(a, "closes all, goes on", "exec <&- >&- 2>&-; sleep 60");
	late(a, "talks for ever", "while :; do echo x; sleep 0.05; done");
	CHECK("closes all, and ends a little later", shell(a, "exec <&- >&- 2>&-; sleep 0.3; exit 4", 10, &ret, &err) &&
	    ret.status == 4);
	CHECK("leaves a daemon that keeps the pipes", shell(a, "sleep 3 & echo started", 10, &ret, &err) &&
	    ret.status == 0 && text_is(ret.out, "started\n"));
	CHECK("says too much", !shell(a, "yes", 10, &ret, &err) && err.code == ERR_LIMIT);
	CHECK("is not there", !run_program(a, (const char *const[]){ "no-such-program", NULL }, TEXT(""), &ret, &err) &&
	    err.code == ERR_UNSUPPORTED);
	arena_free(a);
	TEST_END();
}
