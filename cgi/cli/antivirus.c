/* `antivirus`: scan the files of domains now, and what the last scans found. */

#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/name.h"
#include "cli/families.h"
#include "cli/show.h"
#include "cli/targets.h"
#include "engine/scans.h"

static void
say_scan(const struct cli *cli, const struct json *s)
{
	const char *state = json_str(s, "state"), *reason = json_str(s, "reason");

	cli_say(cli, arena_printf(cli->arena, "%s: %s%s%s, %lld files, %lld not read, %lld too large\n",
	    json_str(s, "target"), state == NULL ? "never scanned" : state, reason == NULL ? "" : ", ",
	    reason == NULL ? "" : reason, (long long)json_int(s, "files", 0), (long long)json_int(s, "unread", 0),
	    (long long)json_int(s, "too_large", 0)));
	for (const struct json *v = json_first(json_get(s, "infected")); v != NULL; v = json_next(v))
		cli_say(cli, arena_printf(cli->arena, "  %s  %s\n", json_str(v, "path"), json_str(v, "name")));
}

/* Part after part until it ended; another process may be the one that makes them. */
static bool
wait_for(struct cli *cli, const struct rights *rights, const char *name, struct err *err)
{
	for (;;) {
		enum scan_step step = engine_scan_step(cli->engine, name);
		const struct json *answer = engine_scans(cli->engine, cli->arena, rights, name, err), *running;

		if (answer == NULL)
			return false;
		running = json_get(json_first(json_get(answer, "scans")), "running");
		if (step == SCAN_ENDED || !json_is_object(running))
			return true;
		fprintf(stderr, "%s: %lld files, %lld infected\n", name, (long long)json_int(running, "files", 0),
		    (long long)json_int(running, "infected_count", 0));
		if (step == SCAN_NOTHING)
			sleep(1);
	}
}

/* SCANs of the given names, or of all that these rights hold. */
static int
say_scans(struct cli *cli, const struct rights *rights, const struct targets *t)
{
	struct json *answer = json_new_object(cli->arena), *list = json_put_array(answer, "scans");
	struct err err = { 0 };

	for (size_t i = 0; i < t->count; i++) {
		const struct json *one = engine_scans(cli->engine, cli->arena, rights, t->list[i], &err);

		if (one == NULL)
			return cli_cannot(cli, &err);
		for (one = json_first(json_get(one, "scans")); one != NULL; one = json_next(one))
			json_add_copy(list, one);
	}
	if (cli->json)
		return cli_show(cli, answer, &err);
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v))
		say_scan(cli, v);
	return EXIT_ANSWER;
}

/* The names as the panel has them; -1 = go on. */
static int
gather(struct cli *cli, struct rights **rights, struct targets *t)
{
	struct err err;
	struct name name;
	int status;

	if ((status = targets_valid(cli)) != -1)
		return status;
	if (!cli_rights(cli, false, rights, &err))
		return cli_cannot(cli, &err);
	if ((status = targets_gather(cli, *rights, t)) != -1)
		return status;
	for (size_t i = 0; i < t->count; i++)
		if (name_from_person(cli->arena, text_of(t->list[i]), &name, &err))
			t->list[i] = name.s;
	return -1;
}

int
run_antivirus_scan(struct cli *cli)
{
	struct targets t = { NULL, 0, 0 };
	struct rights *rights;
	struct err err;
	int status;

	if ((status = gather(cli, &rights, &t)) != -1)
		return status;
	if (t.count == 0)
		return cli_usage(cli, "antivirus scan needs a domain, --owner or --all");
	for (size_t i = 0; i < t.count; i++)
		if (!engine_scan_ask(cli->engine, rights, t.list[i], &err))
			return cli_cannot(cli, &err);
	for (size_t i = 0; i < t.count; i++)
		if (!wait_for(cli, rights, t.list[i], &err))
			return cli_cannot(cli, &err);
	return say_scans(cli, rights, &t);
}

int
run_antivirus_status(struct cli *cli)
{
	struct targets t = { NULL, 0, 0 };
	const struct json *answer;
	struct rights *rights;
	struct err err;
	int status;

	if ((status = gather(cli, &rights, &t)) != -1)
		return status;
	if (t.count > 0 || cli_flag(cli, "all") || cli_value(cli, "owner") != NULL)
		return say_scans(cli, rights, &t);
	if ((answer = engine_scans(cli->engine, cli->arena, rights, NULL, &err)) == NULL)
		return cli_cannot(cli, &err);
	if (cli->json)
		return cli_show(cli, answer, &err);
	for (const struct json *v = json_first(json_get(answer, "scans")); v != NULL; v = json_next(v))
		say_scan(cli, v);
	return EXIT_ANSWER;
}
