#include "engine/delist_conditions.h"

#include <string.h>

#include "base/arena.h"
#include "engine/internal.h"
#include "store/domains.h"
#include "store/reports.h"

/* The server's part is judged by the check delist_readiness; the domains' reports add theirs. */
static const struct { const char *condition, *check; } rows[] = {
	{ "identity", "spf" }, { "identity", "dkim" },
	{ "contact_mailboxes", "role_mailboxes" },
};

static const char *const conditions[] = { "identity", "not_compromised", "contact_mailboxes" };

#define CONDITIONS	(sizeof(conditions) / sizeof(conditions[0]))
#define NAMED_MAX	100	/* domains named for one finding: the table of domains has them all */

struct judged {
	bool		 broken, unknown;
	struct json	*findings;
};

/* "spf.missing" of the check "spf". */
static bool
is_of(const char *finding, const char *check)
{
	size_t n = strlen(check);

	return strncmp(finding, check, n) == 0 && finding[n] == '.';
}

/* Do findings of domains decide it at all? */
static bool
decides(const char *condition, const char *finding)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].condition, condition) == 0 &&
		    (finding == NULL || is_of(finding, rows[i].check)))
			return true;
	return false;
}

/* "spf.missing@example.com", for the domains that have it. */
static bool
name_domains(struct judged *j, const struct gate *g, const char *finding, struct err *err)
{
	const struct domain_query q = { .finding = finding, .sort = SORT_NAME, .page = 1, .per_page = NAMED_MAX };
	struct domain_page page;

	if (!store_domains_list(g->engine->setup.store, g->arena, g->scope, &q, &page, err))
		return false;
	for (size_t i = 0; i < page.count; i++)
		json_add_str(j->findings, arena_printf(g->arena, "%s@%s", finding, page.rows[i].name));
	return true;
}

/* A problem breaks a condition, and so do missing contact addresses, a mere warning elsewhere. */
static bool
judge_domains(struct judged *j, const struct gate *g, const char *condition, struct err *err)
{
	for (const struct json *v = json_first(g->domains); v != NULL; v = json_next(v)) {
		const char *id = json_key(v);
		enum verdict verdict = finding_row_verdict(id);

		if (!decides(condition, id) || json_value_int(v, 0) == 0)
			continue;
		if (verdict == VERDICT_UNKNOWN)
			j->unknown = true;
		else if (verdict == VERDICT_PROBLEM || strcmp(id, "role_mailboxes.missing") == 0)
			j->broken = true;
		else
			continue;
		if (!name_domains(j, g, id, err))
			return false;
	}
	/* Domains that were never checked may hide anything. */
	if (decides(condition, NULL) && json_int(g->counts, "never", 0) > 0)
		j->unknown = true;
	return true;
}

/* What the check found: "conditions" stands with its every finding. */
static const struct json *
server_condition(const struct json *server, const char *id)
{
	for (const struct json *f = json_first(json_get(server, "findings")); f != NULL; f = json_next(f)) {
		if (json_str(f, "check") == NULL || strcmp(json_str(f, "check"), "delist_readiness") != 0)
			continue;
		for (const struct json *c = json_first(json_get(json_get(f, "data"), "conditions")); c != NULL;
		    c = json_next(c))
			if (json_str(c, "id") != NULL && strcmp(json_str(c, "id"), id) == 0)
				return c;
	}
	return NULL;
}

static void
judge_server(struct judged *j, const struct gate *g, const char *condition)
{
	const struct json *c = server_condition(g->server, condition);
	int met = c == NULL ? -1 : json_tristate(c, "met");

	if (met == 0)
		j->broken = true;
	/* Where the server's own name is somebody else's, the domains' mailboxes are the contact. */
	else if (met < 0 && (g->server == NULL || strcmp(condition, "contact_mailboxes") != 0 ||
	    json_int(g->counts, "total", 0) == 0))
		j->unknown = true;
	for (const struct json *v = json_first(json_get(c, "findings")); v != NULL; v = json_next(v))
		json_add_copy(j->findings, v);
}

static bool
judge_all(struct gate *g, struct err *err)
{
	g->conditions = json_new_array(g->arena);
	g->ready = true;
	for (size_t i = 0; i < CONDITIONS; i++) {
		struct judged j = { .findings = json_new_array(g->arena) };
		struct json *one = json_add_object(g->conditions);

		judge_server(&j, g, conditions[i]);
		if (!judge_domains(&j, g, conditions[i], err))
			return false;
		json_put_str(one, "id", conditions[i]);
		if (j.unknown && !j.broken)
			json_put_null(one, "met");
		else
			json_put_bool(one, "met", !j.broken);
		json_put_copy(one, "findings", j.findings);
		g->ready = g->ready && !j.broken && !j.unknown;
	}
	return true;
}

bool
gate_make(struct gate *g, struct engine *e, struct arena *a, const char *lang, const struct store_scope *scope,
    const struct json *server, struct err *err)
{
	*g = (struct gate){ .engine = e, .arena = a, .lang = lang, .scope = scope, .server = server };
	if (e->setup.store == NULL)
		return err_set(err, ERR_IO, "there is no store");
	if (server == NULL)
		g->server = store_report_get(e->setup.store, a, scope, "server", "server", err);
	if (g->server == NULL && err->code != ERR_NOT_FOUND)
		return false;
	if ((g->domains = store_domains_findings(e->setup.store, a, scope, err)) == NULL ||
	    (g->counts = store_domains_counts(e->setup.store, a, scope, err)) == NULL)
		return false;
	return judge_all(g, err);
}
