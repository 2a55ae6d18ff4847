/* `fix bulk`: one plan per domain; without --apply a dry run. */

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/families.h"
#include "cli/targets.h"

static void
say_bulk(const struct cli *cli, const struct json *bulk)
{
	const struct json *p, *v;

	for (p = json_first(json_get(bulk, "plans")); p != NULL; p = json_next(p)) {
		const char *state = json_str(p, "state");

		cli_say(cli, arena_printf(cli->arena, "%-40s %-10s %s\n", json_str(p, "target"),
		    json_str(p, "mode"), state != NULL ? state : json_is_null(json_get(p, "refused")) ?
		    "" : json_str(json_get(p, "refused"), "text")));
	}
	for (v = json_first(json_get(bulk, "summary")); v != NULL; v = json_next(v))
		if (json_value_int(v, 0) > 0)
			cli_say(cli, arena_printf(cli->arena, "%s: %lld\n", json_key(v),
			    (long long)json_value_int(v, 0)));
}

/* A bulk run that left anything failed, in conflict or not tried did not end well. */
static int
bulk_status(const struct json *bulk)
{
	const struct json *summary = json_get(bulk, "summary");

	return json_int(summary, "failed", 0) + json_int(summary, "conflict", 0) > 0 ?
	    EXIT_UNDONE : EXIT_ANSWER;
}

int
run_fix_bulk(struct cli *cli)
{
	const struct fix *fix = fix_find(cli->operands[0]);
	const char *stop = cli_value(cli, "stop-after");
	struct targets targets = { 0 };
	struct fix_param *params;
	struct rights *rights;
	const struct json *bulk;
	uint64_t stop_after = 0;
	size_t count;
	struct err err;
	int status;

	if (fix == NULL)
		return cli_usage(cli, "there is no fix '%s'", cli->operands[0]);
	if (stop != NULL && !text_uint(text_of(stop), INT64_MAX, &stop_after))
		return cli_usage(cli, "--stop-after is a number");
	if (!cli_flag(cli, "all") && cli_value(cli, "owner") == NULL && cli_value(cli, "from") == NULL)
		return cli_usage(cli, "fix bulk needs --all, --owner or --from");
	if ((status = fix_params(cli, fix, &params, &count)) != -1)
		return status;
	if (!cli_rights(cli, true, &rights, &err))
		return cli_cannot(cli, &err);
	if ((status = targets_gather(cli, rights, &targets)) != -1)
		return status;
	bulk = engine_bulk_plan(cli->engine, cli->arena, rights, cli->lang, fix->id, targets.list,
	    targets.count, params, count, (int64_t)stop_after, &err);
	if (bulk != NULL && cli_flag(cli, "apply"))
		bulk = engine_bulk_apply(cli->engine, cli->arena, rights, cli->lang,
		    json_str(bulk, "bulk"), true, &err);
	if (bulk == NULL)
		return err.code == ERR_VALUE ? cli_usage(cli, "%s", err.text) : cli_cannot(cli, &err);
	if (cli->json)
		cli_print(cli, bulk);
	else
		say_bulk(cli, bulk);
	return bulk_status(bulk);
}

int
undo_bulk(struct cli *cli, const struct rights *rights, const char *id)
{
	const struct json *bulk;
	struct err err;

	bulk = engine_bulk_undo(cli->engine, cli->arena, rights, cli->lang, id, true, &err);
	if (bulk == NULL)
		return cli_cannot(cli, &err);
	if (cli->json)
		cli_print(cli, bulk);
	else
		say_bulk(cli, bulk);
	return bulk_status(bulk);
}
