/* `delist`: may one ask for removal, what to write, and what was asked so far. */

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "cli/families.h"
#include "cli/show.h"
#include "engine/delist.h"
#include "engine/snds.h"
#include "engine/tools.h"
#include "store/delist.h"

#define TEXT_MAX	4000
#define MX_MS		10000

/* Requests are made for the whole server. */
static const struct store_scope everything = { .all = true };

int
run_delist_status(struct cli *cli)
{
	const struct json *answer, *v, *f;
	struct err err = { 0 };

	answer = engine_delist(cli->engine, cli->arena, cli->lang, &everything, &err);
	if (answer == NULL)
		return cli_cannot(cli, &err);
	if (cli->json) {
		cli_print(cli, answer);
		return EXIT_ANSWER;
	}
	for (v = json_first(json_get(answer, "conditions")); v != NULL; v = json_next(v)) {
		int met = json_tristate(v, "met");

		cli_say(cli, arena_printf(cli->arena, "%-8s %s\n", met < 0 ? "unknown" : met == 1 ? "ok" :
		    "problem", json_str(v, "id")));
		for (f = json_first(json_get(v, "findings")); f != NULL; f = json_next(f))
			cli_say(cli, arena_printf(cli->arena, "           %s\n", json_value_str(f)));
	}
	cli_say(cli, arena_printf(cli->arena, "%s\n", cli_text(cli, json_bool(answer, "ready", false) ?
	    "delist.ready" : "delist.locked", NULL, 0)));
	for (v = json_first(json_get(answer, "providers")); v != NULL; v = json_next(v))
		cli_say(cli, arena_printf(cli->arena, "%-24s %-7s %s %s\n", json_str(v, "id"),
		    json_bool(v, "listed", false) ? "listed" : "-", json_str(v, "name"),
		    json_str(v, "next_at") == NULL ? "" : json_str(v, "next_at")));
	return EXIT_ANSWER;
}

/* An administrator opens the gate in writing. */
static bool
override(struct cli *cli, const char *id, const char *reason, struct err *err)
{
	return store_delist_override(engine_store(cli->engine), id, "cli", reason, cli->now, err);
}

/* A provider or list by name; a recipient's domain by who takes its mail in. */
static const char *
whom(struct cli *cli, const char *name)
{
	const char *id = strpbrk(name, ".@") == NULL || engine_delist_knows(cli->engine, name) ? NULL :
	    engine_recipient_provider(cli->engine, cli->arena, name, MX_MS);

	return id != NULL ? id : engine_delist_id(cli->engine, cli->arena, name);
}

int
run_delist_start(struct cli *cli)
{
	const char *id = whom(cli, cli->operands[0]);
	const char *reason = cli_value(cli, "override");
	const char *number = cli_value(cli, "bounce");
	const struct json *answer, *v;
	struct err err = { 0 };
	uint64_t bounce = 0;

	if (id == NULL)
		return cli_usage(cli, "there is no provider or list '%s'", cli->operands[0]);
	if (number != NULL && !text_uint(text_of(number), INT64_MAX, &bounce))
		return cli_usage(cli, "--bounce takes a number, as 'bounce list' shows them");
	if (reason != NULL && (text_trim(text_of(reason)).n < 3 || strlen(reason) > TEXT_MAX))
		return cli_usage(cli, "--override takes the reason, in words");
	if (reason != NULL && !override(cli, id, reason, &err))
		return cli_cannot(cli, &err);
	answer = engine_delist_start(cli->engine, cli->arena, cli->lang, &everything, id, (int64_t)bounce, &err);
	if (answer == NULL && err.code == ERR_NOT_FOUND)
		return cli_usage(cli, "%s", err.text);
	if (answer == NULL)
		return cli_cannot(cli, &err);
	if (cli->json) {
		cli_print(cli, answer);
		return EXIT_ANSWER;
	}
	if (json_str(json_get(answer, "refused"), "text") != NULL) {
		cli_say(cli, arena_printf(cli->arena, "%s\n", json_str(json_get(answer, "refused"), "text")));
		return EXIT_ANSWER;
	}
	cli_say(cli, arena_printf(cli->arena, "%s\n%s\n", json_str(answer, "name"),
	    json_str(answer, "url") != NULL ? json_str(answer, "url") :
	    json_str(answer, "email") != NULL ? json_str(answer, "email") : ""));
	for (v = json_first(json_get(answer, "needs")); v != NULL; v = json_next(v))
		cli_say(cli, arena_printf(cli->arena, "  - %s\n", json_value_str(v)));
	for (v = json_first(json_get(answer, "forms")); v != NULL; v = json_next(v))
		cli_say(cli, arena_printf(cli->arena, "\n%s\n\n%s", json_str(v, "subject"), json_str(v, "text")));
	return EXIT_ANSWER;
}

int
run_delist_record(struct cli *cli)
{
	const char *id = engine_delist_id(cli->engine, cli->arena, cli->operands[0]);
	const char *where = cli_value(cli, "where"), *said = cli_value(cli, "answer");
	const char *day = cli_value(cli, "next");
	const struct json *v;
	struct json *answer;
	struct err err = { 0 };
	int64_t next = 0;

	if (id == NULL)
		return cli_usage(cli, "there is no provider or list '%s'", cli->operands[0]);
	if (where == NULL || where[0] == '\0' || strlen(where) > TEXT_MAX)
		return cli_usage(cli, "delist record needs --where, the address where it was asked");
	if (said == NULL || strlen(said) > TEXT_MAX)
		return cli_usage(cli, "delist record needs --answer, what came back");
	if (day != NULL && !time_parse(text_of(day), &next))
		return cli_usage(cli, "--next is a date like 2026-11-30");
	if (!store_delist_record(engine_store(cli->engine), id, "cli", where, said, cli->now, next, &err))
		return cli_cannot(cli, &err);
	v = engine_delist_start(cli->engine, cli->arena, cli->lang, &everything, id, 0, &err);
	if (v == NULL)
		return cli_cannot(cli, &err);
	answer = json_new_object(cli->arena);
	json_put_str(answer, "provider", id);
	json_put_copy(answer, "next_at", json_get(v, "next_at"));
	json_put_copy(answer, "requests", json_get(v, "requests"));
	return cli_show(cli, answer, &err);
}

/* The file that SNDS exports; without one, what was imported. */
int
run_delist_snds(struct cli *cli)
{
	struct json *answer;
	struct text csv;
	struct err err = { 0 };

	if (cli->operand_count > 0) {
		if (!cli_read(cli, cli->operands[0], SNDS_BYTES_MAX + 1, &csv))
			return EXIT_USAGE;
		answer = engine_snds_import(cli->engine, cli->arena, csv, &err);
		if (answer == NULL && (err.code == ERR_SYNTAX || err.code == ERR_LIMIT))
			return cli_usage(cli, "%s: %s", cli->operands[0], err.text);
	} else
		answer = engine_snds(cli->engine, cli->arena, &err);
	return answer == NULL ? cli_cannot(cli, &err) : cli_show(cli, answer, &err);
}
