/*
 * The mail tools (contract mail-tools.md): input checked, one answer printed.
 * None needs a configuration, a panel or a store.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli/families.h"
#include "cli/lines.h"
#include "cli/show.h"
#include "engine/tools.h"
#include "engine/tools_score.h"

#define MESSAGE_MAX	(50u * 1024 * 1024 + 1)
#define PSL_MAX		(8u * 1024 * 1024)

/* --- SPF ------------------------------------------------------------------------------------------------ */

struct batch {
	struct cli	*cli;
	struct lines	*in;
};

static bool
batch_ready(void *ctx)
{
	const struct batch *b = ctx;

	return lines_ready(b->in);
}

static bool
batch_read(void *ctx, struct arena *a, struct text *line)
{
	struct batch *b = ctx;

	if (!lines_next(b->in, line))
		return false;
	line->p = arena_strndup(a, line->p, line->n);
	return true;
}

static void
batch_write(void *ctx, const struct json *answer)
{
	struct batch *b = ctx;

	cli_print(b->cli, answer);
	fflush(stdout);
}

static int
spf_batch(struct cli *cli, const char *path)
{
	struct batch b = { .cli = cli };
	struct spf_batch batch = { batch_ready, batch_read, batch_write, &b };
	struct err err;

	if (!cli->json)
		return cli_usage(cli, "--batch goes with --json");
	if (cli_value(cli, "ip") != NULL || cli_value(cli, "helo") != NULL ||
	    cli_value(cli, "sender") != NULL || cli_value(cli, "receiver") != NULL)
		return cli_usage(cli, "with --batch, the lines say --ip, --helo, --sender and --receiver");
	if ((b.in = lines_open(path, &err)) == NULL)
		return cli_cannot(cli, &err);
	engine_spf_batch(cli->engine, cli->lang, &batch, cli_time_limit_ms(cli));
	lines_close(b.in);
	return EXIT_ANSWER;
}

/* 1: all three given; 0: none; -1: told what is missing. */
static int
spf_options(const struct cli *cli, struct spf_eval_input *in)
{
	in->ip = cli_value(cli, "ip");
	in->helo = cli_value(cli, "helo");
	in->sender = cli_value(cli, "sender");
	in->receiver = cli_value(cli, "receiver");
	if (in->ip == NULL && in->helo == NULL && in->sender == NULL)
		return 0;
	if (in->ip == NULL || in->helo == NULL || in->sender == NULL) {
		cli_usage(cli, "--ip, --helo and --sender go together; --%s is missing",
		    in->ip == NULL ? "ip" : in->helo == NULL ? "helo" : "sender");
		return -1;
	}
	return 1;
}

int
run_spf_eval(struct cli *cli)
{
	struct spf_eval_input in;
	const struct json *answer;
	struct err err;
	int given;

	if (cli_value(cli, "batch") != NULL)
		return spf_batch(cli, cli_value(cli, "batch"));
	if ((given = spf_options(cli, &in)) < 0)
		return EXIT_USAGE;
	if (given == 0)
		return cli_usage(cli, "spf eval needs --ip, --helo and --sender, or --batch");
	if (in.helo[0] == '\0' && (in.sender[0] == '\0' || strcmp(in.sender, "<>") == 0))
		return cli_usage(cli, "without a sender, postmaster at the HELO name is checked (RFC 7208 2.4): "
		    "give the name that the client said as --helo, or an address as --sender");
	answer = engine_spf_eval(cli->engine, cli->arena, cli->lang, &in, cli_time_limit_ms(cli), &err);
	return cli_show(cli, answer, &err);
}

int
run_spf_explain(struct cli *cli)
{
	const char *const *addresses;
	size_t count = cli_values(cli, "address", &addresses);
	const struct json *answer;
	struct err err;

	answer = engine_spf_explain(cli->engine, cli->arena, cli->lang, cli->operands[0], addresses, count,
	    cli_time_limit_ms(cli), &err);
	return cli_show(cli, answer, &err);
}

int
run_spf_wizard(struct cli *cli)
{
	struct spf_wizard_input in = { .all = cli_value(cli, "all"),
	    .domain = cli->operand_count > 0 ? cli->operands[0] : NULL };
	const struct json *answer;
	struct err err;

	in.sender_count = cli_values(cli, "sender", &in.senders);
	in.address_count = cli_values(cli, "address", &in.addresses);
	answer = engine_spf_wizard(cli->engine, cli->arena, cli->lang, &in, cli_time_limit_ms(cli), &err);
	return cli_show(cli, answer, &err);
}

/* --- DKIM, DMARC, messages ------------------------------------------------------------------------------- */

int
run_dkim_key(struct cli *cli)
{
	const char *selector = cli_value(cli, "selector");
	const struct json *answer;
	struct err err;

	if (selector == NULL)
		return cli_usage(cli, "dkim key needs --selector");
	answer = engine_dkim_key(cli->engine, cli->arena, cli->lang, cli->operands[0], selector,
	    cli_time_limit_ms(cli), &err);
	return cli_show(cli, answer, &err);
}

int
run_dmarc_lookup(struct cli *cli)
{
	const char *path = cli_value(cli, "psl");
	const struct psl *psl = NULL;
	const struct json *answer;
	struct text text;
	struct err err;

	if (path != NULL) {
		if (!cli_read(cli, path, PSL_MAX, &text))
			return EXIT_CANNOT;
		if ((psl = engine_psl_read(cli->arena, text, &err)) == NULL)
			return cli_cannot(cli, &err);
	}
	answer = engine_dmarc_lookup(cli->engine, cli->arena, cli->lang, cli->operands[0],
	    cli_value(cli, "authenticated"), psl, cli_time_limit_ms(cli), &err);
	return cli_show(cli, answer, &err);
}

int
run_message_verify(struct cli *cli)
{
	struct spf_eval_input in;
	const struct json *answer;
	struct text message;
	struct err err;
	int given = spf_options(cli, &in);

	if (given < 0)
		return EXIT_USAGE;
	if (!cli_read(cli, cli->operands[0], MESSAGE_MAX, &message))
		return EXIT_CANNOT;
	answer = engine_message_verify(cli->engine, cli->arena, cli->lang, message,
	    given > 0 ? &in : NULL, cli_time_limit_ms(cli), &err);
	return cli_show(cli, answer, &err);
}

int
run_message_score(struct cli *cli)
{
	struct spf_eval_input in;
	struct score_input how = { NULL, false };
	const struct json *answer;
	struct text message;
	struct err err;
	int given = spf_options(cli, &in);

	if (given < 0)
		return EXIT_USAGE;
	if (!cli_read(cli, cli->operands[0], MESSAGE_MAX, &message))
		return EXIT_CANNOT;
	how.spf = given > 0 ? &in : NULL;
	answer = engine_message_score(cli->engine, cli->arena, cli->lang, message, &how,
	    cli_time_limit_ms(cli), &err);
	return cli_show(cli, answer, &err);
}
