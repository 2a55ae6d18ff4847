/* `fix plan|apply|undo`, `journal`: the same answers that the pages show. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/families.h"
#include "cli/targets.h"

#define SECRET_MAX	1024

/* "K=V" pairs of --set; the same key again with a comma list is the fix's to refuse. */
int
fix_params(struct cli *cli, const struct fix *fix, struct fix_param **ret, size_t *count)
{
	const char *const *sets;
	size_t i, j, n = cli_values(cli, "set", &sets);

	*ret = arena_array(cli->arena, n + 1, sizeof(**ret));
	*count = n;
	for (i = 0; i < n; i++) {
		const char *equals = strchr(sets[i], '=');

		if (equals == NULL || equals == sets[i])
			return cli_usage(cli, "--set %s: expected NAME=VALUE", sets[i]);
		(*ret)[i].name = arena_strndup(cli->arena, sets[i], (size_t)(equals - sets[i]));
		(*ret)[i].value = equals + 1;
		for (j = 0; j < FIX_PARAMS_MAX && fix->params[j] != NULL; j++)
			if (strcmp(fix->params[j], (*ret)[i].name) == 0)
				break;
		if (j == FIX_PARAMS_MAX || fix->params[j] == NULL)
			return cli_usage(cli, "--set: %s has no parameter '%s'", fix->id,
			    (*ret)[i].name);
	}
	return -1;
}

/* --- text for people ------------------------------------------------------------------------------- */

static bool
has_value(const struct json *state, const char *value)
{
	for (const struct json *v = json_first(json_get(state, "values")); v != NULL; v = json_next(v))
		if (strcmp(json_value_str(v), value) == 0)
			return true;
	return false;
}

/* "-" of what is not in the other state; what is in both once, from `both`. */
static void
say_values(const struct cli *cli, const char *sign, const struct json *state, const struct json *other, bool both)
{
	for (const struct json *v = json_first(json_get(state, "values")); v != NULL; v = json_next(v)) {
		bool stays = has_value(other, json_value_str(v));

		if (!stays || both)
			cli_say(cli, arena_printf(cli->arena, "    %s %s\n", stays ? " " : sign, json_value_str(v)));
	}
}

/* Seconds; nothing = the zone's own. */
static const char *
ttl_of(const struct cli *cli, const struct json *state)
{
	int64_t ttl = json_int(state, "ttl", -1);

	return ttl < 0 ? "" : arena_printf(cli->arena, " %lld", (long long)ttl);
}

void
say_change(const struct cli *cli, const struct json *change)
{
	const char *kind = json_str(change, "kind");
	const struct json *before = json_get(change, "before"), *after = json_get(change, "after");

	if (strcmp(kind, "rrset") == 0) {
		cli_say(cli, arena_printf(cli->arena, "  %s%s %s\n", json_str(change, "name"),
		    ttl_of(cli, json_is_null(after) ? before : after), json_str(change, "type")));
		say_values(cli, "-", before, after, true);
		say_values(cli, "+", after, before, false);
		return;
	}
	if (strcmp(kind, "queue") == 0) {
		cli_say(cli, arena_printf(cli->arena, "  %s %s %zu:", kind, json_str(change, "action"),
		    json_count(json_get(change, "ids"))));
		for (const struct json *v = json_first(json_get(change, "ids")); v != NULL; v = json_next(v))
			cli_say(cli, arena_printf(cli->arena, " %s", json_value_str(v)));
		cli_say(cli, "\n");
		return;
	}
	cli_say(cli, arena_printf(cli->arena, "  %s %s %s: %s -> %s\n", kind,
	    json_str(change, "object") != NULL ? json_str(change, "object") : "",
	    json_str(change, "key") != NULL ? json_str(change, "key") :
	    json_str(change, "address") != NULL ? json_str(change, "address") : "",
	    json_print(cli->arena, before), json_print(cli->arena, after)));
}

static void
say_plan(const struct cli *cli, const struct json *plan)
{
	const struct json *v, *refused = json_get(plan, "refused");
	bool copies = json_count(json_get(plan, "copies")) > 0;

	if (!json_is_null(refused) && !copies) {
		struct catalog_value values[] = { { "code", json_str(refused, "code") },
		    { "text", json_str(refused, "text") } };

		cli_say(cli, arena_printf(cli->arena, "%s\n",
		    cli_text(cli, "plan.refused", values, 2)));
	} else {
		struct catalog_value values[] = { { "plan", json_str(plan, "plan") },
		    { "hash", json_str(plan, "hash") } };

		for (v = json_first(json_get(plan, "changes")); v != NULL; v = json_next(v))
			say_change(cli, v);
		for (v = json_first(json_get(plan, "copies")); v != NULL; v = json_next(v))
			cli_say(cli, arena_printf(cli->arena, "  %s\n", json_str(v, "bind")));
		cli_say(cli, arena_printf(cli->arena, "%s\n",
		    cli_text(cli, copies ? "plan.copy" : "plan.apply", values, 2)));
	}
	for (v = json_first(json_get(plan, "alternatives")); v != NULL; v = json_next(v))
		cli_say(cli, json_str(v, "refused") == NULL ?
		    arena_printf(cli->arena, "  (%s)\n", json_str(v, "description")) :
		    arena_printf(cli->arena, "  (%s: %s)\n", json_str(v, "description"), json_str(v, "refused")));
}

static void
say_outcome(const struct cli *cli, const struct json *answer)
{
	const struct json *v, *verification = json_get(answer, "verification");
	struct catalog_value values[] = {
		{ "entry", arena_printf(cli->arena, "%lld", (long long)json_int(answer, "entry", 0)) },
		{ "state", json_str(answer, "state") },
		{ "until", json_str(verification, "caches_until") == NULL ? "-" :
		    json_str(verification, "caches_until") },
	};

	cli_say(cli, arena_printf(cli->arena, "%s\n", cli_text(cli, "apply.state", values, 2)));
	for (v = json_first(json_get(answer, "steps")); v != NULL; v = json_next(v))
		cli_say(cli, arena_printf(cli->arena, "  %s  %s\n", json_str(v, "state"),
		    json_str(v, "text") == NULL ? "" : json_str(v, "text")));
	for (v = json_first(json_get(verification, "name_servers")); v != NULL; v = json_next(v))
		cli_say(cli, arena_printf(cli->arena, "  %s  %s\n", json_str(v, "server"),
		    json_str(v, "state")));
	if (json_str(verification, "caches_until") != NULL)
		cli_say(cli, arena_printf(cli->arena, "%s\n",
		    cli_text(cli, "apply.caches", values, 3)));
}

/* --- commands ----------------------------------------------------------------------------------------- */

/* "well" states leave 0; conflict, failed, not_applied and partly are 4. */
static int
outcome_status(const struct json *answer)
{
	static const char *const ill[] = { "conflict", "failed", "not_applied", "partly" };
	const char *state = json_str(answer, "state");
	size_t i;

	for (i = 0; state != NULL && i < sizeof(ill) / sizeof(ill[0]); i++)
		if (strcmp(ill[i], state) == 0)
			return EXIT_UNDONE;
	return EXIT_ANSWER;
}

/* A refusal is an answer too; nothing of it is kept, for there is nothing to apply. */
static const struct json *
plan_not_allowed(struct cli *cli, const struct fix *fix, const char *target)
{
	struct json *plan = json_new_object(cli->arena), *refused;

	json_put_null(plan, "plan");
	json_put_null(plan, "hash");
	json_put_str(plan, "fix", fix->id);
	json_put_str(plan, "target", target);
	json_put_array(plan, "changes");
	json_put_array(plan, "alternatives");
	json_put_array(plan, "checks_after");
	refused = json_put_object(plan, "refused");
	json_put_str(refused, "code", refused_word(REFUSED_NOT_ALLOWED));
	json_put_str(refused, "text", cli_text(cli, "plan.not_allowed", NULL, 0));
	json_put_null(refused, "needs");
	return plan;
}

int
run_fix_plan(struct cli *cli)
{
	const struct fix *fix = fix_find(cli->operands[0]);
	const char *target = cli_value(cli, "target");
	struct fix_param *params;
	struct rights *rights;
	const struct json *plan;
	size_t count;
	struct err err;
	int status;

	if (fix == NULL)
		return cli_usage(cli, "there is no fix '%s'", cli->operands[0]);
	if (target == NULL && fix->scope == SCOPE_SERVER)
		target = "server";
	if (target == NULL)
		return cli_usage(cli, "fix plan needs --target");
	if ((status = fix_params(cli, fix, &params, &count)) != -1)
		return status;
	if (fix->scope == SCOPE_DOMAIN && (status = target_valid(cli, target)) != -1)
		return status;
	if (!cli_rights(cli, false, &rights, &err))
		return cli_cannot(cli, &err);
	plan = (fix->roles & rights_role(rights)) == 0 ? plan_not_allowed(cli, fix, target) :
	    engine_plan(cli->engine, cli->arena, rights, cli->lang, fix->id, target, params, count, &err);
	if (plan == NULL)
		return err.code == ERR_VALUE || err.code == ERR_SYNTAX ? cli_usage(cli, "%s", err.text) : cli_cannot(cli, &err);
	if (cli->json)
		cli_print(cli, plan);
	else
		say_plan(cli, plan);
	return EXIT_ANSWER;
}

/* A fix that sets a password has it on standard input; nothing there = no secret. */
static bool
read_secret(struct cli *cli, struct text *ret)
{
	*ret = (struct text){ "", 0 };
	if (isatty(STDIN_FILENO))
		return true;
	if (!cli_read(cli, "-", SECRET_MAX, ret))
		return false;
	while (ret->n > 0 && (ret->p[ret->n - 1] == '\n' || ret->p[ret->n - 1] == '\r'))
		ret->n--;
	return true;
}

/*
 * What cannot be undone is confirmed by its number: with --count, or typed at
 * a terminal.  A program that sends the hash alone has read the plan.
 */
static bool
deletion_meant(struct cli *cli, size_t deletes)
{
	const char *given = cli_value(cli, "count");
	struct catalog_value values[] = { { "count", arena_printf(cli->arena, "%zu", deletes) } };
	char typed[32];
	uint64_t number;

	if (given == NULL && (deletes == 0 || !isatty(STDIN_FILENO)))
		return true;
	if (given == NULL) {
		fprintf(stderr, "%s ", cli_text(cli, "apply.deletes", values, 1));
		given = fgets(typed, sizeof(typed), stdin) == NULL ? "" : typed;
	}
	return text_uint(text_trim(text_of(given)), INT64_MAX, &number) && number == deletes;
}

int
run_fix_apply(struct cli *cli)
{
	const char *hash = cli_value(cli, "hash");
	const struct json *answer, *plan;
	struct rights *rights;
	struct text secret = { "", 0 };
	struct err err;

	if (hash == NULL)
		return cli_usage(cli, "fix apply needs --hash: what `fix plan` printed");
	if (!cli_rights(cli, true, &rights, &err))
		return cli_cannot(cli, &err);
	plan = engine_plan_show(cli->engine, cli->arena, rights, cli->lang, cli->operands[0], &err);
	if (plan != NULL && !deletion_meant(cli, engine_plan_deletes(plan)))
		return cli_usage(cli, "another number than the plan's %zu messages: nothing was deleted",
		    engine_plan_deletes(plan));
	if (plan != NULL && engine_plan_wants_secret(plan) && !read_secret(cli, &secret))
		return EXIT_CANNOT;
	answer = engine_apply(cli->engine, cli->arena, rights, cli->lang, cli->operands[0], hash,
	    secret, true, &err);
	if (answer == NULL)
		return cli_cannot(cli, &err);
	if (cli->json)
		cli_print(cli, answer);
	else
		say_outcome(cli, answer);
	return outcome_status(answer);
}

int
run_fix_undo(struct cli *cli)
{
	const struct json *answer;
	struct rights *rights;
	uint64_t entry;
	struct err err;

	if (!cli_rights(cli, true, &rights, &err))
		return cli_cannot(cli, &err);
	/* Entries are numbers; what is not is a bulk run's id. */
	if (!text_uint(text_of(cli->operands[0]), INT64_MAX, &entry))
		return undo_bulk(cli, rights, cli->operands[0]);
	answer = engine_undo(cli->engine, cli->arena, rights, cli->lang, (int64_t)entry, true, &err);
	if (answer == NULL)
		return cli_cannot(cli, &err);
	if (cli->json)
		cli_print(cli, answer);
	else
		say_outcome(cli, answer);
	return outcome_status(answer);
}

int
run_journal(struct cli *cli)
{
	const struct json *answer, *e, *c;
	struct rights *rights;
	uint64_t entry = 0;
	struct err err;

	if (cli->operand_count > 0 && !text_uint(text_of(cli->operands[0]), INT64_MAX, &entry))
		return cli_usage(cli, "'%s' is no journal entry", cli->operands[0]);
	/* What was written down can be read while the panel is down, unless it has to say whose it is. */
	if (!cli_rights(cli, false, &rights, &err)) {
		if (cli_value(cli, "as") != NULL)
			return cli_cannot(cli, &err);
		rights = engine_rights_kept(cli->arena);
	}
	answer = engine_journal(cli->engine, cli->arena, rights, cli->lang, (int64_t)entry, &err);
	if (answer == NULL)
		return cli_cannot(cli, &err);
	if (cli->json) {
		cli_print(cli, answer);
		return EXIT_ANSWER;
	}
	for (e = json_first(json_get(answer, "entries")); e != NULL; e = json_next(e)) {
		cli_say(cli, arena_printf(cli->arena, "%lld  %s  %s  %s  %s  %s\n",
		    (long long)json_int(e, "entry", 0), json_str(e, "at"), json_str(e, "login"),
		    json_str(e, "fix"), json_str(e, "target"), json_str(e, "state")));
		for (c = entry == 0 ? NULL : json_first(json_get(e, "changes")); c != NULL;
		    c = json_next(c))
			say_change(cli, c);
	}
	return EXIT_ANSWER;
}
