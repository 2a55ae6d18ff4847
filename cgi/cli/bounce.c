/*
 * bounce explain: reads files, asks nobody.  A batch names one file a line and
 * gives one line for each, in the same order.  bounce keep, list, forget: what
 * is kept of them for requests for removal.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli/families.h"
#include "cli/lines.h"
#include "engine/bounces.h"
#include "engine/tools.h"
#include "store/bounces.h"

static struct json *
explain(const struct cli *cli, struct arena *a, const char *path, struct err *err)
{
	return engine_bounce_explain_file(cli->engine, a, cli->lang, path, err);
}

/* --- for a person --------------------------------------------------------------------------------- */

static void
say_line(const struct cli *cli, const char *label, const char *value)
{
	if (value != NULL)
		cli_say(cli, arena_printf(cli->arena, "  %s: %s\n",
		    cli_text(cli, arena_printf(cli->arena, "bounce.%s", label), NULL, 0), value));
}

static void
say_recipient(const struct cli *cli, const struct json *r)
{
	const char *address = json_str(r, "address");

	cli_say(cli, arena_printf(cli->arena, "\n%s: %s\n",
	    address == NULL ? cli_text(cli, "bounce.nobody", NULL, 0) : address,
	    json_str(r, "explanation")));
	say_line(cli, "server", json_str(r, "mta"));
	say_line(cli, "status", json_str(r, "status"));
	say_line(cli, "answer", json_str(r, "diagnostic"));
	for (const struct json *s = json_first(json_get(r, "advice")); s != NULL; s = json_next(s))
		cli_say(cli, arena_printf(cli->arena, "  - %s\n", json_value_str(s)));
}

static void
say(const struct cli *cli, const struct json *answer)
{
	const struct json *feedback = json_get(answer, "feedback"), *one;
	struct catalog_value type = { "type", json_str(feedback, "type") };

	cli_say(cli, arena_printf(cli->arena, "%s\n", cli_text(cli,
	    arena_printf(cli->arena, "bounce.kind.%s", json_str(answer, "kind")), &type,
	    type.value != NULL)));
	say_line(cli, "source", json_str(feedback, "source_ip"));
	for (one = json_first(json_get(answer, "recipients")); one != NULL; one = json_next(one))
		say_recipient(cli, one);
	for (one = json_first(json_get(answer, "problems")); one != NULL; one = json_next(one))
		cli_say(cli, arena_printf(cli->arena, "\n%s\n", json_str(one, "message")));
}

/* --- a batch ---------------------------------------------------------------------------------------- */

static void
explain_line(const struct cli *cli, const char *path)
{
	struct arena *a = arena_new();
	struct json *answer;
	struct err err;

	answer = explain(cli, a, path, &err);
	if (answer == NULL) {
		answer = json_new_object(a);
		json_put_text(answer, "error", text_of(err.text));
	}
	json_put_text(answer, "file", text_of(path));
	cli_print(cli, answer);
	fflush(stdout);
	arena_free(a);
}

static int
explain_batch(const struct cli *cli, const char *path)
{
	struct err err;
	struct lines *in = lines_open(path, &err);
	struct text line;

	if (in == NULL)
		return cli_cannot(cli, &err);
	while (lines_next(in, &line)) {
		struct arena *a = arena_new();

		if (text_trim(line).n > 0)
			explain_line(cli, arena_strndup(a, line.p, line.n));
		arena_free(a);
	}
	lines_close(in);
	return EXIT_ANSWER;
}

int
run_bounce_explain(struct cli *cli)
{
	const char *batch = cli_value(cli, "batch");
	const struct json *answer;
	struct err err;

	if (batch != NULL && cli->operand_count > 0)
		return cli_usage(cli, "bounce explain takes a file or --batch, not both");
	if (batch != NULL && !cli->json)
		return cli_usage(cli, "--batch goes with --json");
	if (batch != NULL)
		return explain_batch(cli, batch);
	if (cli->operand_count == 0)
		return cli_usage(cli, "bounce explain needs a file, or - for standard input");
	answer = explain(cli, cli->arena, cli->operands[0], &err);
	if (answer == NULL)
		return cli_cannot(cli, &err);
	if (cli->json)
		cli_print(cli, answer);
	else
		say(cli, answer);
	return EXIT_ANSWER;
}

/* --- kept for later --------------------------------------------------------------------------------- */

/* The command line is the administrator's: it sees everybody's. */
static const struct store_scope everything = { .all = true };

int
run_bounce_list(struct cli *cli)
{
	struct err err;
	struct json *answer = json_new_object(cli->arena);
	const struct json *list = store_bounces(engine_store(cli->engine), cli->arena, &everything, NULL, &err);

	if (list == NULL)
		return cli_cannot(cli, &err);
	json_put_copy(answer, "bounces", list);
	if (cli->json) {
		cli_print(cli, answer);
		return EXIT_ANSWER;
	}
	for (const struct json *b = json_first(list); b != NULL; b = json_next(b))
		cli_say(cli, arena_printf(cli->arena, "%lld  %s  %s  %s\n        %s\n",
		    (long long)json_int(b, "bounce", 0), json_str(b, "at"),
		    json_str(b, "provider") != NULL ? json_str(b, "provider") : "-",
		    json_str(b, "recipient") != NULL ? json_str(b, "recipient") : "-", json_str(b, "answer")));
	return EXIT_ANSWER;
}

int
run_bounce_keep(struct cli *cli)
{
	struct err err;
	const struct json *answer = explain(cli, cli->arena, cli->operands[0], &err);

	if (answer == NULL || !engine_bounces_keep(cli->engine, cli->arena, "cli", answer, cli->now, NULL, &err))
		return cli_cannot(cli, &err);
	return run_bounce_list(cli);
}

int
run_bounce_forget(struct cli *cli)
{
	uint64_t number;
	struct err err;

	if (!text_uint(text_of(cli->operands[0]), INT64_MAX, &number))
		return cli_usage(cli, "bounce forget takes a number, as 'bounce list' shows them");
	if (store_bounce_forget(engine_store(cli->engine), &everything, (int64_t)number, &err))
		return run_bounce_list(cli);
	return err.code == ERR_NOT_FOUND ? cli_usage(cli, "%s", err.text) : cli_cannot(cli, &err);
}
