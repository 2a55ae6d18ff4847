/*
 * A virus scanner: is there one, are its signatures of these days, what has it
 * found.  That nothing was found is never said where nothing was scanned.
 */

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/time.h"
#include "checks/all.h"
#include "checks/whose.h"
#include "mail/clamd.h"

static const struct finding_row rows[] = {
	{ "antivirus.missing", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_PROVIDER, { "antivirus.install" } },
	{ "antivirus.outdated", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_PROVIDER, { NULL } },
	{ "antivirus.infected", VERDICT_PROBLEM, SEVERITY_CRITICAL, OWNER_CUSTOMER, { NULL }, .culprit = true },
};

#define SIGNATURES_MAX_S	(3 * 86400)
#define FILES_SHOWN		100	/* of one domain */

/* When its signatures were made; -1 = not told. */
static int64_t
signatures_at(const struct json *av)
{
	int64_t at = json_int(av, "signatures_at", -1), number;
	struct text version;

	if (at < 0 && json_str(av, "version") != NULL)
		clamd_version(text_of(json_str(av, "version")), &version, &number, &at);
	return at;
}

static void
report_age(struct run *run, const struct json *av)
{
	int64_t at = signatures_at(av);
	struct finding *f;

	/* Imunify updates itself and tells no date; a ClamAV without one has no database of ClamAV's. */
	if (at < 0 && strcmp(json_str(av, "product"), "clamav") == 0)
		report_unknown(run, "no_date");
	if (at < 0 || run->now - at <= SIGNATURES_MAX_S)
		return;
	f = report(run, "antivirus.outdated", NULL);
	finding_value_int(run, f, "days", (run->now - at) / 86400);
	finding_value(f, "at", time_str(run->arena, at));
	json_put_str(f->data, "signatures_at", time_str(run->arena, at));
	finding_panel(run, f, "antivirus", json_get(av, "version"));
}

/* --- infected files, by domain -------------------------------------------------------------------------------- */

struct infection {
	const char	*domain;	/* NULL = nobody's */
	struct json	*files;
	size_t		 count;
	const char	*first;
};

static const char *
domain_of_file(const struct whose *whose, const struct json *file)
{
	const char *domain = whose_domain(whose, json_str(file, "domain"));

	if (domain == NULL)
		domain = whose_path(whose, json_str(file, "path"));
	return domain != NULL ? domain : whose_account(whose, json_str(file, "owner"));
}

static void
report_infected(struct run *run, const struct json *list, const struct whose *whose)
{
	struct map *domains = map_new(run->arena);

	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		const char *domain = domain_of_file(whose, v), *key = domain == NULL ? "" : domain;
		struct infection *i = map_get(domains, key);

		if (i == NULL) {
			i = arena_zalloc(run->arena, sizeof(*i));
			i->domain = domain;
			i->files = json_new_array(run->arena);
			i->first = json_str(v, "path");
			map_put(domains, key, i);
		}
		if (i->count++ < FILES_SHOWN)
			json_add_copy(i->files, v);
	}
	for (size_t n = 0; n < map_count(domains); n++) {
		const struct infection *i = map_at(domains, n, NULL);
		struct finding *f = report(run, "antivirus.infected", i->domain);

		json_put_str(f->data, "domain", i->domain);
		json_put_str(f->data, "owner", whose_owner(whose, i->domain));
		json_put_copy(f->data, "files", i->files);
		json_put_int(f->data, "count", (int64_t)i->count);
		finding_value_int(run, f, "count", (int64_t)i->count);
		finding_value(f, "file", i->first);
		finding_value(f, "domain", i->domain);
		if (i->domain == NULL)
			finding_variant(run, f, "unknown_domain");
		finding_panel(run, f, "antivirus", i->files);
	}
}

/* What scans of our own have found, with the panel's; a scan that was cut adds what it had found. */
static struct json *
all_infected(struct run *run, const struct json *av, const struct json *scans, const struct whose *whose,
    size_t *finished)
{
	struct json *list = json_new_array(run->arena);

	for (const struct json *v = json_first(json_get(av, "infected")); v != NULL; v = json_next(v))
		json_add_copy(list, v);
	*finished = 0;
	for (const struct json *s = json_first(scans); s != NULL; s = json_next(s)) {
		const char *state = json_str(s, "state");

		if (whose_domain(whose, json_str(s, "domain")) == NULL)		/* the panel has it no more */
			continue;
		*finished += state != NULL && strcmp(state, "unknown") != 0;
		for (const struct json *v = json_first(json_get(s, "infected")); v != NULL; v = json_next(v)) {
			struct json *one = json_copy(run->arena, v);

			json_put_str(one, "domain", json_str(s, "domain"));
			json_put_str(one, "at", time_str(run->arena, json_int(s, "finished_at", 0)));
			json_add_copy(list, one);
		}
	}
	return list;
}

static void
check(struct run *run)
{
	const struct json *av, *scans, *infected;
	const struct ev_failure *none;
	size_t finished;
	struct whose *whose;
	struct finding *f;
	const char *product;

	if (!ev_has_panel(run->ev)) {
		report_not_applicable(run, "no_panel");
		return;
	}
	av = ev_fact(run->ev, "antivirus", NULL);
	scans = ev_fact_any(run->ev, "scans", NULL, &none);
	if (!whose_open(run->ev, run->arena, &whose) || av == NULL)
		return;
	product = json_str(av, "product");
	json_put_str(run_data(run), "product", product);
	json_put_str(run_data(run), "version", json_str(av, "version"));
	if (signatures_at(av) >= 0)
		json_put_str(run_data(run), "signatures_at", time_str(run->arena, signatures_at(av)));
	/* Whether anything was scanned at all: what is not told is not clean. */
	infected = all_infected(run, av, scans, whose, &finished);
	json_put_bool(run_data(run), "scanned", json_is_array(json_get(av, "infected")) || finished > 0);
	json_put_int(run_data(run), "scans", (int64_t)finished);
	if (product == NULL || json_tristate(av, "active") == 0) {
		f = report(run, "antivirus.missing", NULL);
		if (product != NULL)
			finding_variant(run, f, "inactive");
		finding_panel(run, f, "antivirus", product == NULL ? json_get(av, "product") : json_get(av, "active"));
	} else
		report_age(run, av);
	report_infected(run, infected, whose);
}

const struct check check_antivirus = {
	"antivirus", SCOPE_SERVER, "viruses-server", rows, sizeof(rows) / sizeof(rows[0]), check, NULL,
};
