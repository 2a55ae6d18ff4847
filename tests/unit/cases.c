/*
 * The JSON cases of checks and fixes: evidence in, findings or changes out.
 * Dropping a file into tests/checks/CHECK/ or tests/fixes/SUBJECT/ adds tests.
 *
 *	{"evidence": {...},				shared by the cases below
 *	 "rules": {"panel_kind", "addresses": [], "relay", "provider_name", "spf_include", "spf_all",
 *	           "dkim_selector", "own_domains": [], "dns": [{"ns","where","name","url"}],
 *	           "blacklists": false, "zones": {LIST: ZONE},
 *	           "smtp_connect", "smtp_probe", "smtp_probe_targets": []},
 *	 "cases": [{
 *	   "name": "what it shows (RFC section)",
 *	   "evidence": {...},				members laid over the shared ones
 *	   "check": "spf", "target": "cust.example" | "server" | "203.0.113.10",
 *	   "depth": "authoritative" | "resolver",	default authoritative
 *	   "options": {"addresses": [], "selectors": []},
 *	   "findings": [{"id", "subject", "verdict", "severity", "data": {subset}, "parent"}],
 *	   "absent": ["spf.missing"]			else: exactly those of `findings`, by id
 *	 }, {
 *	   "name", "fix": "spf.publish", "target", "params": {"all": "-all"},
 *	   "changes": [CHANGE subset], "refused": "not_needed" | null, "needs", "mode",
 *	   "alternatives": n, "copy_text_id", "no_undo": bool,
 *	   "gate": "open" | CONDITION,		before delist.request; default not known
 *	   "others": ["x.example"]			domains that are not the asker's
 *	 }]}
 */

#include <dirent.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/catalog.h"
#include "base/file.h"
#include "base/yaml.h"
#include "engine/report.h"
#include "engine/run.h"
#include "fixes/fix.h"
#include "mail/data.h"
#include "mail/psl.h"
#include "unit/test.h"

static struct arena *lasting;
static const struct catalog *catalog;
static const struct data *data;
static const struct psl *psl;

static void
must(bool fine, const struct err *err)
{
	if (!fine) {
		printf("FAIL %s\n", err->text);
		exit(1);
	}
}

static void
load_data(void)
{
	static const char *const names[] = { "senders", "dns_hosts", "providers", "blacklists",
	    "smtp_codes", "bounce_words" };
	const struct yaml *y[6];
	struct data_files files;
	struct err err;
	size_t i;

	catalog = catalog_load(lasting, "templates/lang", &err);
	must(catalog != NULL, &err);
	for (i = 0; i < 6; i++) {
		y[i] = yaml_load(lasting, arena_printf(lasting, "templates/data/%s.yaml", names[i]), &err);
		must(y[i] != NULL, &err);
	}
	files = (struct data_files){ y[0], y[1], y[2], y[3], y[4], y[5] };
	data = data_from_yaml(lasting, &files, &err);
	must(data != NULL, &err);
	psl = psl_of_library(lasting);
}

/* --- reading a case ------------------------------------------------------------------------------------ */

static struct ip *
read_ips(struct arena *a, const struct json *list, size_t *count)
{
	struct ip *ips = arena_array(a, json_count(list) + 1, sizeof(*ips));
	const struct json *v;

	*count = 0;
	for (v = json_first(list); v != NULL; v = json_next(v))
		if (ip_parse(text_of(json_value_str(v)), &ips[*count]))
			(*count)++;
	return ips;
}

static const char *const *
read_texts(struct arena *a, const struct json *list, size_t *count)
{
	const char **texts = arena_array(a, json_count(list) + 1, sizeof(*texts));
	const struct json *v;

	*count = 0;
	for (v = json_first(list); v != NULL; v = json_next(v))
		texts[(*count)++] = json_value_str(v);
	return texts;
}

static void
read_patterns(struct arena *a, const struct json *list, struct rules *rules)
{
	struct dns_pattern *patterns = arena_array(a, json_count(list) + 1, sizeof(*patterns));
	const struct json *v;

	for (v = json_first(list); v != NULL; v = json_next(v))
		patterns[rules->dns_pattern_count++] = (struct dns_pattern){ json_str(v, "ns"),
		    json_str(v, "where"), json_str(v, "name"), json_str(v, "url") };
	rules->dns_patterns = patterns;
}

/* {"spamhaus-zen": "zen.test.example"}: zones that stand over the data */
static void
read_zones(struct arena *a, const struct json *map, struct rules *rules)
{
	struct list_zone *zones = arena_array(a, json_count(map) + 1, sizeof(*zones));
	const struct json *v;

	for (v = json_first(map); v != NULL; v = json_next(v))
		zones[rules->lists.zone_count++] = (struct list_zone){ json_key(v), json_value_str(v) };
	rules->lists.zones = zones;
}

static const char *
or_default(const char *text, const char *dflt)
{
	return text == NULL ? dflt : text;
}

static void
read_rules(struct arena *a, const struct json *j, struct rules *rules)
{
	*rules = (struct rules){
		.panel_kind = or_default(json_str(j, "panel_kind"), "none"),
		.relay = json_str(j, "relay"),
		.smtp_probe = json_bool(j, "smtp_probe", true),
		.provider_name = or_default(json_str(j, "provider_name"), "Provider"),
		.spf_include = json_str(j, "spf_include"),
		.spf_all = or_default(json_str(j, "spf_all"), "~all"),
		.dkim_selector = or_default(json_str(j, "dkim_selector"), "default"),
		.queue_backlog = json_int(j, "queue_backlog", 100),
		.data = data, .psl = psl,
	};
	rules->lists.enabled = json_bool(j, "blacklists", false);
	read_zones(a, json_get(j, "zones"), rules);
	rules->panel_serves_dns = strcmp(rules->panel_kind, "plesk") == 0 ||
	    strcmp(rules->panel_kind, "cpanel") == 0;
	rules->panel_by_command = json_bool(j, "panel_by_command", false);
	rules->addresses = read_ips(a, json_get(j, "addresses"), &rules->address_count);
	rules->own_domains = read_texts(a, json_get(j, "own_domains"), &rules->own_domain_count);
	rules->smtp_probe_targets = read_texts(a, json_get(j, "smtp_probe_targets"),
	    &rules->smtp_probe_target_count);
	endpoint_parse(text_of(or_default(json_str(j, "smtp_connect"), "127.0.0.1:25")), 25,
	    &rules->smtp_connect);
	read_patterns(a, json_get(j, "dns"), rules);
}

/* Members of `over` replace those of `base`; "dns", "facts", ... are laid over one level deeper. */
static const struct json *
lay_over(struct arena *a, const struct json *base, const struct json *over)
{
	struct json *both = base == NULL ? json_new_object(a) : json_copy(a, base);
	const struct json *v, *w;

	for (v = json_first(over); v != NULL; v = json_next(v)) {
		struct json *inner = json_edit(both, json_key(v));

		if (!json_is_object(v) || inner == NULL)
			json_put_copy(both, json_key(v), v);
		else
			for (w = json_first(v); w != NULL; w = json_next(w))
				json_put_copy(inner, json_key(w), w);
	}
	return both;
}

static bool
is_subset(const struct json *want, const struct json *got)
{
	const struct json *v, *w;

	if (json_is_object(want)) {
		for (v = json_first(want); v != NULL; v = json_next(v))
			if (!is_subset(v, json_get(got, json_key(v))))
				return false;
		return json_is_object(got);
	}
	if (json_is_array(want)) {
		if (json_count(want) != json_count(got))
			return false;
		for (v = json_first(want), w = json_first(got); v != NULL; v = json_next(v), w = json_next(w))
			if (!is_subset(v, w))
				return false;
		return json_is_array(got);
	}
	return json_is_null(want) ? json_is_null(got) : json_eq(want, got);
}

static void
complain(const char *file, const char *name, const char *what, const char *got)
{
	test_failed++;
	printf("FAIL %s: %s: %s\n     got: %s\n", file, name, what, got);
}

#define TURNS_MAX	200	/* a replay answers at once: a function that needs more is stuck */

/* --- checks ---------------------------------------------------------------------------------------------- */

static bool
finding_matches(const struct json *want, const struct json *got)
{
	static const char *const keys[] = { "id", "subject", "verdict", "severity", "owner", "parent" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_get(want, keys[i]) != NULL &&
		    !json_eq(json_get(want, keys[i]), json_get(got, keys[i])))
			return false;
	return json_get(want, "data") == NULL ||
	    is_subset(json_get(want, "data"), json_get(got, "data"));
}

static const struct json *
find_in(const struct json *list, const struct json *want)
{
	const struct json *v;

	for (v = json_first(list); v != NULL; v = json_next(v))
		if (finding_matches(want, v))
			return v;
	return NULL;
}

static bool
id_is_in(const struct json *list, const char *id)
{
	const struct json *v;

	for (v = json_first(list); v != NULL; v = json_next(v))
		if (strcmp(json_is_str(v) ? json_value_str(v) : json_str(v, "id"), id) == 0)
			return true;
	return false;
}

/* A text that is not there comes back as its id; a value that is not, as {name}. */
static bool
is_whole(const char *text, const char *key, bool may_be_empty)
{
	size_t n, key_n = strlen(key);
	const char *brace;

	if (text == NULL || (text[0] == '\0' && !may_be_empty))
		return false;
	n = strlen(text);
	if (n > key_n && text[n - key_n - 1] == '.' && strcmp(text + n - key_n, key) == 0)
		return false;
	brace = strchr(text, '{');
	return brace == NULL || brace[1] < 'a' || brace[1] > 'z' || strchr(brace, '}') == NULL;
}

/* Words in both languages, complete, with every value filled in. */
static void
check_words(struct arena *a, const char *file, const char *name, const struct json *report)
{
	static const char *const langs[] = { "en", "es" }, *const keys[] = { "title", "text", "detail" };
	size_t i, j;

	for (i = 0; i < 2; i++) {
		const struct json *f, *shown = report_words(a, report, catalog, langs[i]);

		for (f = json_first(json_get(shown, "findings")); f != NULL; f = json_next(f))
			for (j = 0; j < 3; j++)
				if (!is_whole(json_str(f, keys[j]), keys[j], j == 2))
					complain(file, name, arena_printf(a, "%s: %s of %s is not whole",
					    langs[i], keys[j], json_str(f, "id")),
					    json_str(f, keys[j]) == NULL ? "" : json_str(f, keys[j]));
	}
}

/* What alarms shows what was found; what follows from other findings, or from what lists say, names those in its data. */
static void
check_evidence(const char *file, const char *name, const struct json *report)
{
	for (const struct json *f = json_first(json_get(report, "findings")); f != NULL; f = json_next(f))
		if (json_str(f, "severity") != NULL && json_count(json_get(f, "evidence")) == 0 &&
		    json_str(f, "parent") == NULL && strcmp(json_str(f, "check"), "delist_readiness") != 0 &&
		    strcmp(json_str(f, "check"), "resolver") != 0)
			complain(file, name, "alarms without evidence", json_str(f, "id"));
}

static void
aim_run(struct target_run *t, struct arena *a, const char *target)
{
	t->scope = SCOPE_DOMAIN;
	if (strcmp(target, "server") == 0 || strchr(target, ':') != NULL ||
	    (target[0] >= '0' && target[0] <= '9' && strchr(target, '.') != NULL &&
	    ip4_parse(text_of(target), &(struct ip){ 0 })))
		t->scope = SCOPE_SERVER;
	else
		name_parse(a, text_of(target), &t->domain);
}

static void
compare_findings(struct arena *a, const char *file, const struct json *c, const struct json *report,
    const char *check)
{
	const struct json *got = json_get(report, "findings"), *want = json_get(c, "findings"), *v;
	const char *name = json_str(c, "name"), *shown = json_print(a, got);
	bool exact = json_get(c, "absent") == NULL;

	for (v = json_first(want); v != NULL; v = json_next(v)) {
		if (find_in(got, v) == NULL)
			complain(file, name, arena_printf(a, "expected %s", json_print(a, v)), shown);
		else
			test_passed++;
	}
	for (v = json_first(got); v != NULL; v = json_next(v)) {
		const char *id = json_str(v, "id");

		if (exact ? strcmp(json_str(v, "check"), check) == 0 && !id_is_in(want, id) :
		    id_is_in(json_get(c, "absent"), id))
			complain(file, name, arena_printf(a, "unexpected %s", id), shown);
		else
			test_passed++;
	}
}

static void
run_check_case(struct arena *a, const char *file, const struct json *c, const struct rules *rules,
    const struct evidence_source *source, int64_t now)
{
	const char *only[] = { json_str(c, "check") };
	struct check_options options = { .only = only, .only_count = 1 };
	struct target_run t = { .rules = rules, .options = &options, .arena = a };
	struct report_target target = { .kind = "domain" };
	struct evidence *ev = evidence_new(a, source, now);
	const struct json *report;
	const char *depth = or_default(json_str(c, "depth"), "authoritative");
	int turns = 0;

	options.ask.addresses = read_ips(a, json_get(json_get(c, "options"), "addresses"),
	    &options.ask.address_count);
	options.ask.selectors = read_texts(a, json_get(json_get(c, "options"), "selectors"),
	    &options.ask.selector_count);
	evidence_set_depth(ev, strcmp(depth, "resolver") == 0 ? TRUTH_RESOLVER : TRUTH_AUTHORITATIVE, 53);
	aim_run(&t, a, json_str(c, "target"));
	while (!target_question(&t, ev, a) && ++turns < TURNS_MAX)
		;
	if (turns == TURNS_MAX) {
		complain(file, json_str(c, "name"), "never comes to an end", "");
		return;
	}
	target.name = t.scope == SCOPE_DOMAIN ? t.domain : (struct name){ "server" };
	report = report_make(a, &target, t.findings, t.finding_count, now, 0);
	compare_findings(a, file, c, report, only[0]);
	check_words(a, file, json_str(c, "name"), report);
	check_evidence(file, json_str(c, "name"), report);
}

/* --- fixes ------------------------------------------------------------------------------------------------ */

static void
read_params(struct arena *a, const struct json *j, struct plan_run *plan)
{
	struct fix_param *params = arena_array(a, json_count(j) + 1, sizeof(*params));
	const struct json *v;

	for (v = json_first(j); v != NULL; v = json_next(v))
		params[plan->param_count++] = (struct fix_param){ json_key(v), json_value_str(v) };
	plan->params = params;
}

static void
aim_plan(struct plan_run *plan, struct arena *a, const char *target)
{
	const char *at = strchr(target, '@'), *slash = strchr(target, '/');

	if (plan->fix->scope == SCOPE_ADDRESS && ip_parse(text_of(target), &plan->address))
		return;
	if (at != NULL) {
		plan->mailbox = target;
		name_parse(a, text_of(at + 1), &plan->domain);
	} else if (slash != NULL) {
		plan->site = target;
		name_parse(a, (struct text){ target, (size_t)(slash - target) }, &plan->domain);
	} else if (strcmp(target, "server") != 0)
		name_parse(a, text_of(target), &plan->domain);
}

static bool
no_undo(const struct plan_run *plan)
{
	size_t i;

	for (i = 0; i < plan->change_count; i++)
		if (!change_has_inverse(&plan->changes[i]))
			return true;
	return plan->fix->no_undo;
}

static void
check_text(struct arena *a, const char *file, const char *name, const char *lang, const char *id,
    const struct finding_value *values, size_t count)
{
	struct catalog_value list[16];
	size_t n = 0, i;
	const char *text;

	if (id == NULL)
		return;
	for (i = 0; i < count && n < 16; i++)
		if (values[i].name != NULL)
			list[n++] = (struct catalog_value){ values[i].name, values[i].value };
	text = catalog_text(catalog, a, lang, id, list, n);
	if (strcmp(text, id) == 0 || strchr(text, '{') != NULL)
		complain(file, name, arena_printf(a, "%s: %s is not whole", lang, id), text);
}

#define COUNT(list)	(sizeof(list) / sizeof((list)[0]))

/* Whatever a person is told of the plan stands in both languages, with its values. */
static void
check_plan_words(struct arena *a, const char *file, const char *name, const struct plan_run *plan)
{
	static const char *const langs[] = { "en", "es" };
	size_t i, j;

	for (i = 0; i < 2; i++) {
		const struct finding_value operator = { "operator", plan->copy_operator };

		check_text(a, file, name, langs[i], plan->refused_id, plan->refused_values,
		    COUNT(plan->refused_values));
		check_text(a, file, name, langs[i], plan->copy_text_id, plan->copy_values,
		    COUNT(plan->copy_values));
		check_text(a, file, name, langs[i], plan->copy_where_id, &operator, 1);
		for (j = 0; j < plan->alternative_count; j++)
			check_text(a, file, name, langs[i], plan->alternatives[j].text_id,
			    plan->alternatives[j].values, COUNT(plan->alternatives[j].values));
	}
}

static void
compare_plan(struct arena *a, const char *file, const struct json *c, const struct plan_run *plan)
{
	const char *name = json_str(c, "name");
	struct json *got = json_new_object(a), *changes = json_put_array(got, "changes");
	const struct json *want;
	size_t i;

	for (i = 0; plan->refused == REFUSED_NO && i < plan->change_count; i++)
		change_to_json(json_add_object(changes), &plan->changes[i]);
	json_put_str(got, "refused", plan->refused == REFUSED_NO ? NULL : refused_word(plan->refused));
	json_put_str(got, "refused_id", plan->refused_id);
	json_put_str(got, "needs", plan->needs);
	json_put_str(got, "mode", fix_mode_word(plan->mode));
	json_put_int(got, "alternatives", (int64_t)plan->alternative_count);
	json_put_str(got, "copy_text_id", plan->copy_text_id);
	json_put_str(got, "copy_text", plan->copy_text);
	json_put_bool(got, "no_undo", no_undo(plan));
	check_plan_words(a, file, name, plan);
	for (want = json_first(c); want != NULL; want = json_next(want)) {
		const char *key = json_key(want);

		if (json_get(got, key) == NULL)
			continue;
		if (!is_subset(want, json_get(got, key)))
			complain(file, name, arena_printf(a, "%s: expected %s", key,
			    json_print(a, want)), json_print(a, got));
		else
			test_passed++;
	}
}

static bool
may_touch(const void *others, const char *ascii)
{
	const struct json *v;

	for (v = json_first(others); v != NULL; v = json_next(v))
		if (strcmp(json_value_str(v), ascii) == 0)
			return false;
	return true;
}

static struct delist_gate
read_gate(const struct json *c)
{
	const char *gate = json_str(c, "gate");
	struct delist_gate closed = { GATE_CLOSED, gate, NULL };

	return gate == NULL ? (struct delist_gate){ 0 } : strcmp(gate, "open") != 0 ? closed :
	    (struct delist_gate){ .state = GATE_OPEN };
}

static void
run_fix_case(struct arena *a, const char *file, const struct json *c, const struct rules *rules,
    const struct evidence_source *source, int64_t now)
{
	const struct fix *fix = fix_find(json_str(c, "fix"));
	struct evidence *ev = evidence_new(a, source, now);
	struct ask_options options = { 0 };
	int turns = 0;

	if (fix == NULL) {
		complain(file, json_str(c, "name"), "no such fix", json_str(c, "fix"));
		return;
	}
	options.addresses = read_ips(a, json_get(json_get(c, "options"), "addresses"),
	    &options.address_count);
	evidence_set_depth(ev, TRUTH_AUTHORITATIVE, 53);
	for (;;) {
		struct plan_run plan = { .arena = a, .ev = ev, .rules = rules, .options = &options,
		    .now = now, .fix = fix, .gate = read_gate(c), .may = may_touch,
		    .may_ctx = json_get(c, "others") };
		struct activation act;

		/* As the engine does. */
		plan.mode = fix->request ? MODE_REQUEST : plan_can_click(&plan) ? MODE_ONE_CLICK : MODE_COPY;
		read_params(a, json_get(c, "params"), &plan);
		aim_plan(&plan, a, json_str(c, "target"));
		evidence_begin(ev, &act);
		fix->plan(&plan);
		evidence_end(ev, &act);
		if (act.waiting > 0 && ++turns < TURNS_MAX)
			continue;
		if (act.failure.key != NULL && plan.refused == REFUSED_NO)
			plan.refused = REFUSED_UNKNOWN;
		compare_plan(a, file, c, &plan);
		return;
	}
}

/* --- files ------------------------------------------------------------------------------------------------- */

static void
run_file(const char *file)
{
	struct arena *a = arena_new();
	const struct json *doc = NULL, *c;
	struct text text;
	struct err err;

	if (!file_read(a, file, 16u << 20, &text, &err) || (doc = json_parse(a, text, &err)) == NULL)
		complain(file, "", err.text, "");
	for (c = json_first(json_get(doc, "cases")); c != NULL; c = json_next(c)) {
		struct arena *ca = arena_new();
		const struct json *given = lay_over(ca, json_get(doc, "evidence"), json_get(c, "evidence"));
		struct evidence_source *source = evidence_replay_source(ca, given, &err);
		struct rules rules;

		read_rules(ca, lay_over(ca, json_get(doc, "rules"), json_get(c, "rules")), &rules);
		must(source != NULL, &err);
		if (json_str(c, "fix") != NULL)
			run_fix_case(ca, file, c, &rules, source, json_int(given, "now", 1764000000));
		else
			run_check_case(ca, file, c, &rules, source, json_int(given, "now", 1764000000));
		arena_free(ca);
	}
	arena_free(a);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
run_folder(const char *folder)
{
	struct dirent **list;
	int i, n = scandir(folder, &list, NULL, by_name);

	for (i = 0; i < n; i++) {
		char path[1024];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
		if (list[i]->d_name[0] != '.' && stat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				run_folder(path);
			else if (strstr(path, ".json") != NULL)
				run_file(path);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

int
main(int argc, char **argv)
{
	int i;

	lasting = arena_new();
	load_data();
	if (argc > 1) {
		for (i = 1; i < argc; i++)
			run_file(argv[i]);
	} else {
		run_folder("tests/checks");
		run_folder("tests/fixes");
	}
	arena_free(lasting);
	TEST_END();
}
