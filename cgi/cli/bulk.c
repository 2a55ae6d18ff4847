/* `fix bulk`: one plan per domain; without --apply a dry run. */

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/csv.h"
#include "base/map.h"
#include "cli/families.h"
#include "cli/targets.h"
#include "store/domains.h"

/* Ctrl-C: what is under way is brought to its end, the rest waits for `fix resume`; a second one ends at once. */
static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
	interrupted = number;
}

static void
heed_interrupts(void)
{
	struct sigaction act = { .sa_handler = on_interrupt, .sa_flags = SA_RESETHAND };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

/* The same columns as the page's. */
static void
print_csv(const struct cli *cli, const struct json *bulk)
{
	static const struct column columns[] = {
		{ "target", NULL }, { "mode", NULL }, { "plan", NULL }, { "changes", NULL },
		{ "refused", "refused.text" }, { "entry", NULL }, { "state", NULL },
	};
	struct text table = csv_table(cli->arena, json_get(bulk, "plans"), columns,
	    sizeof(columns) / sizeof(columns[0]));

	fwrite(table.p, 1, table.n, stdout);
}

static void
say_bulk(const struct cli *cli, const struct json *bulk)
{
	const struct json *p, *v;

	for (p = json_first(json_get(bulk, "plans")); p != NULL; p = json_next(p)) {
		const char *state = json_str(p, "state");

		cli_say(cli, arena_printf(cli->arena, "%-40s %-10s %s\n", json_str(p, "target"),
		    json_str(p, "mode"), state != NULL ? state : json_is_null(json_get(p, "refused")) ?
		    "" : json_str(json_get(p, "refused"), "text")));
		for (v = state != NULL ? NULL : json_first(json_get(p, "changes")); v != NULL; v = json_next(v))
			say_change(cli, v);		/* not done yet: what would be */
	}
	for (v = json_first(json_get(bulk, "summary")); v != NULL; v = json_next(v))
		if (json_value_int(v, 0) > 0)
			cli_say(cli, arena_printf(cli->arena, "%s: %lld\n", json_key(v),
			    (long long)json_value_int(v, 0)));
}

/* As JSON, as a table for a spreadsheet, or to be read. */
static void
show_bulk(const struct cli *cli, const struct json *bulk)
{
	if (cli->json)
		cli_print(cli, bulk);
	else if (cli_flag(cli, "csv"))
		print_csv(cli, bulk);
	else
		say_bulk(cli, bulk);
}

/* A bulk run that left anything failed, in conflict or not tried did not end well. */
static int
bulk_status(const struct json *bulk)
{
	const struct json *summary = json_get(bulk, "summary");

	return json_int(summary, "failed", 0) + json_int(summary, "conflict", 0) > 0 ?
	    EXIT_UNDONE : EXIT_ANSWER;
}

static int
bulk_end(const struct cli *cli, const struct json *bulk)
{
	show_bulk(cli, bulk);
	if (interrupted == 0 || strcmp(json_str(bulk, "state"), "paused") != 0)
		return bulk_status(bulk);
	fprintf(stderr, "antispam-guide: interrupted; `antispam-guide fix resume %s` goes on\n", json_str(bulk, "bulk"));
	return 128 + interrupted;
}

static void
keep_name(void *ctx, const struct domain_row *row)
{
	map_put(ctx, row->name, ctx);
}

/* Of the targets those whose last report has the finding. */
static bool
with_finding(struct cli *cli, const char *finding, struct targets *t, struct err *err)
{
	static const struct store_scope all = { .all = true };
	const struct domain_query q = { .finding = finding, .sort = SORT_NAME };
	struct map *names = map_new(cli->arena);
	size_t kept = 0;

	if (!store_domains_each(engine_store(cli->engine), &all, &q, keep_name, names, err))
		return false;
	for (size_t i = 0; i < t->count; i++)
		if (map_get(names, t->list[i]) != NULL)
			t->list[kept++] = t->list[i];
	t->count = kept;
	return true;
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
	if (cli->json && cli_flag(cli, "csv"))
		return cli_usage(cli, "--json or --csv, not both");
	if ((status = fix_params(cli, fix, &params, &count)) != -1)
		return status;
	if (!cli_rights(cli, true, &rights, &err))
		return cli_cannot(cli, &err);
	if ((status = targets_gather(cli, rights, &targets)) != -1)
		return status;
	if (cli_value(cli, "finding") != NULL && !with_finding(cli, cli_value(cli, "finding"), &targets, &err))
		return cli_cannot(cli, &err);
	bulk = engine_bulk_plan(cli->engine, cli->arena, rights, cli->lang, fix->id, targets.list,
	    targets.count, params, count, (int64_t)stop_after, UINT32_MAX, &err);
	if (bulk != NULL && cli_flag(cli, "apply")) {
		heed_interrupts();
		bulk = engine_bulk_apply(cli->engine, cli->arena, rights, cli->lang,
		    json_str(bulk, "bulk"), true, &interrupted, &err);
	}
	if (bulk == NULL)
		return err.code == ERR_VALUE ? cli_usage(cli, "%s", err.text) : cli_cannot(cli, &err);
	return bulk_end(cli, bulk);
}

int
run_fix_resume(struct cli *cli)
{
	const struct json *bulk;
	struct rights *rights;
	struct err err;

	if (!cli_rights(cli, true, &rights, &err))
		return cli_cannot(cli, &err);
	heed_interrupts();
	bulk = engine_bulk_apply(cli->engine, cli->arena, rights, cli->lang, cli->operands[0], true, &interrupted, &err);
	return bulk == NULL ? cli_cannot(cli, &err) : bulk_end(cli, bulk);
}

/* What had been written is gone everywhere; what never was needs no undo. */
static int
undo_status(const struct json *bulk)
{
	static const char *const there[] = { "verified", "applied", "partly", "unknown" };

	for (const struct json *p = json_first(json_get(bulk, "plans")); p != NULL; p = json_next(p))
		for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
			if (json_str(p, "state") != NULL && strcmp(json_str(p, "state"), there[i]) == 0)
				return EXIT_UNDONE;
	return EXIT_ANSWER;
}

int
undo_bulk(struct cli *cli, const struct rights *rights, const char *id)
{
	const struct json *bulk;
	struct err err;

	bulk = engine_bulk_undo(cli->engine, cli->arena, rights, cli->lang, id, true, &err);
	if (bulk == NULL)
		return cli_cannot(cli, &err);
	show_bulk(cli, bulk);
	return undo_status(bulk);
}
