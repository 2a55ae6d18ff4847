/* `check`: rows as they finish, one document at the end, or a text for people. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/families.h"
#include "cli/targets.h"

struct printing {
	struct cli	*cli;
	bool		 jsonl;
	size_t		 shown, total;
	bool		 problem, warning;
	time_t		 told_at;	/* progress */
	int		 unwritable;	/* errno of standard output */
};

#define PROGRESS_S	10	/* between two lines where stderr is no terminal */
#define BAR_COLUMNS	40

/* Ctrl-C: what is done is kept, the rest left; a second one ends at once. */
static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
	interrupted = number;
}

/* --- text for people ----------------------------------------------------------------------------- */

static const char *
sign_of(const char *verdict)
{
	static const struct { const char *verdict, *sign; } signs[] = {
		{ "problem", "[!!]" }, { "warning", "[ !]" }, { "unknown", "[ ?]" },
		{ "information", "[ i]" }, { "ok", "[ok]" }, { "not_applicable", "[ -]" },
	};
	size_t i;

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strcmp(signs[i].verdict, verdict) == 0)
			return signs[i].sign;
	return "    ";
}

static void
say_copy(const struct cli *cli, const struct json *copy)
{
	cli_say(cli, arena_printf(cli->arena, "       %s\n", json_str(copy, "bind")));
}

static void
say_fixes(const struct cli *cli, const struct json *finding)
{
	const struct json *fix, *copy;

	for (fix = json_first(json_get(finding, "fixes")); fix != NULL; fix = json_next(fix)) {
		struct catalog_value values[] = { { "fix", json_str(fix, "id") },
		    { "reason", json_str(fix, "reason") } };
		const char *mode = json_str(fix, "mode");

		if (values[1].value != NULL)
			mode = "refused";
		cli_say(cli, arena_printf(cli->arena, "     > %s\n", cli_text(cli,
		    arena_printf(cli->arena, "fix.%s", mode), values, 2)));
		for (copy = json_first(json_get(fix, "copies")); copy != NULL; copy = json_next(copy))
			say_copy(cli, copy);
	}
}

static void
say_report(const struct cli *cli, const struct json *report)
{
	const struct json *f, *target = json_get(report, "target"), *v;

	cli_say(cli, arena_printf(cli->arena, "%s\n", json_str(target, "name")));
	for (f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f)) {
		const char *verdict = json_str(f, "verdict");

		cli_say(cli, arena_printf(cli->arena, "%s %s  (%s)\n", sign_of(verdict),
		    json_str(f, "title"), json_str(f, "id")));
		if (strcmp(verdict, "ok") == 0 || strcmp(verdict, "not_applicable") == 0)
			continue;
		cli_say(cli, arena_printf(cli->arena, "     %s\n", json_str(f, "text")));
		if (json_str(f, "detail")[0] != '\0')
			cli_say(cli, arena_printf(cli->arena, "     %s\n", json_str(f, "detail")));
		say_fixes(cli, f);
	}
	for (v = json_first(json_get(report, "server_findings")); v != NULL; v = json_next(v)) {
		struct catalog_value values[] = { { "reference", json_value_str(v) } };

		cli_say(cli, arena_printf(cli->arena, "     %s\n",
		    cli_text(cli, "check.server_finding", values, 1)));
	}
	putchar('\n');
}

/* --- rows ------------------------------------------------------------------------------------------ */

static void
show_bar(const struct printing *p)
{
	static const char full[] = "########################################";
	int columns = (int)(p->shown * BAR_COLUMNS / p->total);

	fprintf(stderr, "\r[%.*s%*s] %zu / %zu%s", columns, full, BAR_COLUMNS - columns, "", p->shown,
	    p->total, p->shown == p->total ? "\n" : "");
}

static void
show_progress(struct printing *p)
{
	time_t now = time(NULL);
	bool bar = isatty(STDERR_FILENO), last = p->shown == p->total;

	if (p->told_at == 0)
		p->told_at = bar ? 1 : now;
	if (p->total < 2 || (bar ? now == p->told_at && !last : now - p->told_at < PROGRESS_S))
		return;
	p->told_at = now;
	if (bar)
		show_bar(p);
	else
		fprintf(stderr, "antispam-guide: %zu of %zu checked\n", p->shown, p->total);
}

static void
one_ready(void *ctx, const struct json *report)
{
	struct printing *p = ctx;
	const struct json *summary = json_get(report, "summary");
	struct arena *a = arena_new(), *kept = p->cli->arena;

	p->problem = p->problem || json_int(summary, "problem", 0) > 0;
	p->warning = p->warning || json_int(summary, "warning", 0) > 0;
	p->cli->arena = a;			/* what is printed need not be kept */
	if (p->jsonl)
		cli_print(p->cli, report);
	else if (p->cli->json) {
		fputs(p->shown == 0 ? "{\"schema\":1,\"reports\":[" : ",", stdout);
		fputs(json_print(a, report), stdout);
	} else
		say_report(p->cli, report);
	if (fflush(stdout) != 0 && p->unwritable == 0) {	/* nobody reads, or the disk is full */
		p->unwritable = errno;
		interrupted = SIGPIPE;
	}
	p->cli->arena = kept;
	arena_free(a);
	p->shown++;
	show_progress(p);
}

/* --- options ------------------------------------------------------------------------------------------ */

static int
only_options(struct cli *cli, struct check_options *options)
{
	struct text rest = text_of(cli_value(cli, "only")), one;
	const char **only = arena_array(cli->arena, checks_count + 1, sizeof(*only));

	while (text_split(&rest, ',', &one)) {
		const char *name = text_cstr(cli->arena, text_trim(one));

		if (check_find(name) == NULL)
			return cli_usage(cli, "--only: there is no check '%s'", name);
		if (options->only_count < checks_count)
			only[options->only_count++] = name;
	}
	options->only = only;
	return -1;
}

static int
read_options(struct cli *cli, struct check_options *options)
{
	const char *const *texts, *fail_on = cli_value(cli, "fail-on");
	size_t count = cli_values(cli, "address", &texts), i;
	struct ip *addresses = arena_array(cli->arena, count + 1, sizeof(*addresses));

	for (i = 0; i < count; i++)
		if (!ip_parse(text_of(texts[i]), &addresses[i]))
			return cli_usage(cli, "--address: '%s' is no IP address", texts[i]);
	options->ask.addresses = addresses;
	options->ask.address_count = count;
	options->ask.selector_count = cli_values(cli, "selector", &options->ask.selectors);
	for (i = 0; i < options->ask.selector_count; i++) {
		struct name name;

		if (!name_parse(cli->arena, text_of(options->ask.selectors[i]), &name))
			return cli_usage(cli, "--selector: '%s' is no selector",
			    options->ask.selectors[i]);
	}
	if (fail_on != NULL && strcmp(fail_on, "problem") != 0 && strcmp(fail_on, "warning") != 0)
		return cli_usage(cli, "--fail-on is problem or warning");
	options->fresh = cli_flag(cli, "fresh");
	options->keep = cli_value(cli, "replay") == NULL;
	if (cli_value(cli, "record") != NULL)
		options->record = json_new_object(cli->arena);
	return cli_value(cli, "only") == NULL ? -1 : only_options(cli, options);
}

static bool
write_recording(const struct cli *cli, const struct json *record)
{
	const char *path = cli_value(cli, "record");
	FILE *f = fopen(path, "we");
	bool fine = f != NULL && fputs(json_print_pretty(cli->arena, record), f) >= 0;

	if (f != NULL && fclose(f) != 0)
		fine = false;
	if (!fine)
		fprintf(stderr, "antispam-guide: cannot write %s\n", path);
	return fine;
}

int
run_check(struct cli *cli)
{
	struct check_options options = { 0 };
	struct targets names = { 0 };
	struct rights *rights = NULL;
	struct printing p = { .cli = cli, .jsonl = cli_flag(cli, "jsonl") };
	struct sigaction act = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };
	struct err err;
	bool fine;
	int status;

	if ((status = read_options(cli, &options)) != -1)
		return status;
	if (cli->operand_count == 0 && cli_value(cli, "from") == NULL && !cli_flag(cli, "all") &&
	    cli_value(cli, "owner") == NULL && !cli_flag(cli, "server"))
		return cli_usage(cli, "check needs a domain, --from, --all, --owner or --server");
	if ((status = targets_valid(cli)) != -1)
		return status;
	if ((cli_flag(cli, "all") || cli_value(cli, "owner") != NULL || cli_value(cli, "as") != NULL) &&
	    !cli_rights(cli, false, &rights, &err))
		return cli_cannot(cli, &err);
	if ((status = targets_gather(cli, rights, &names)) != -1)
		return status;
	/* The server and named domains are asked at their own servers, lists at the resolver. */
	options.depth = TRUTH_AUTHORITATIVE;
	p.total = names.count + cli_flag(cli, "server");
	if (cli_flag(cli, "server") &&
	    !engine_check_server(cli->engine, cli->lang, &options, one_ready, &p, &err))
		return cli_cannot(cli, &err);
	if (cli->operand_count == 0)
		options.depth = TRUTH_RESOLVER;
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	options.stop = &interrupted;
	fine = engine_check(cli->engine, rights, names.list, names.count, cli->lang, &options,
	    one_ready, &p, &err);
	if (!fine && p.shown == 0)
		return cli_cannot(cli, &err);
	if (cli->json && !p.jsonl)
		fputs(p.shown == 0 ? "{\"schema\":1,\"reports\":[]}\n" : "]}\n", stdout);
	if (options.record != NULL && !write_recording(cli, options.record))
		return EXIT_CANNOT;
	if (p.unwritable != 0) {
		fprintf(stderr, "%santispam-guide: cannot write the reports: %s\n", isatty(STDERR_FILENO) ? "\n" : "",
		    strerror(p.unwritable));
		return EXIT_CANNOT;
	}
	if (interrupted) {
		fprintf(stderr, "%santispam-guide: interrupted, %zu of %zu checked\n",
		    isatty(STDERR_FILENO) ? "\n" : "", p.shown, p.total);
		return 128 + interrupted;
	}
	if (cli_value(cli, "fail-on") != NULL && (p.problem ||
	    (p.warning && strcmp(cli_value(cli, "fail-on"), "warning") == 0)))
		return EXIT_FOUND;
	return EXIT_ANSWER;
}
