/* Answers of the SPF tools as JSON, and that every code has words in every language. */

#include "base/arena.h"
#include "tools/spf_json.h"
#include "mail/spf_data.h"
#include "mail/spf_guess.h"
#include "tests/zone.h"
#include "unit/test.h"

static const char *const ids[] = {
	/* spf_problem: faults come from their enum, see main */
	"spf_problem.dns_error", "spf_problem.lookup_limit", "spf_problem.void_limit",
	"spf_problem.mx_limit", "spf_problem.ptr_limit", "spf_problem.include_no_record",
	"spf_problem.redirect_no_record", "spf_problem.invalid_target", "spf_problem.not_a_record",
	"spf_problem.multiple_records", "spf_problem.explanation_ignored", "spf_problem.no_domain_name", "spf_problem.no_record",
	"spf_problem.behind_all", "spf_problem.ptr_mechanism", "spf_problem.too_open",
	"spf_problem.private_address", "spf_problem.mistaken_modifier", "spf_problem.duplicate",
	"spf_problem.covered", "spf_problem.neutral", "spf_problem.no_all",
	"spf_problem.redirect_ignored", "spf_problem.record_long", "spf_problem.loop",
	"spf_problem.tree_cut", "spf_problem.lookups_over.one", "spf_problem.lookups_over.other",
	"spf_problem.lookups_near.other", "spf_problem.voids_over.other", "spf_problem.voids_near.other",
	"spf_term.all_fail", "spf_term.all_softfail", "spf_term.all_neutral", "spf_term.all_pass",
	"spf_edit.refused.lookups", "spf_edit.refused.voids", "spf_edit.refused.permerror",
	"spf_edit.refused.dns", "spf_edit.refused.not_pass", "spf_edit.refused.sender_lost",
	"spf_edit.refused.costs_more", "spf_edit.refused.has_record", "spf_edit.refused.sender_unusable",
	"spf_edit.refused.no_senders", "spf_edit.refused.no_record", "spf_edit.refused.one_record",
	"spf_edit.refused.several_records", "spf_edit.refused.all_pass", "spf_edit.refused.repair_first",
	"spf_edit.refused.reduce_first", "spf_edit.refused.nothing_wrong",
	"spf_edit.refused.nothing_to_reduce", "spf_edit.refused.too_long", "spf_edit.refused.few_lookups", "spf_edit.refused.closed", "spf_edit.refused.all_value",
	"spf_edit.way.new", "spf_edit.way.merge", "spf_edit.way.merge_reduced", "spf_edit.way.merge_repaired", "spf_edit.way.address",
	"spf_edit.way.repair", "spf_edit.way.repair_reduced", "spf_edit.way.reduce", "spf_edit.way.close",
	"spf_edit.way.a", "spf_edit.way.mx", "spf_edit.way.include",
	"spf_edit.why.address", "spf_edit.why.no_all", "spf_edit.why.all", "spf_edit.why.own_name",
	"spf_edit.why.dead", "spf_edit.why.duplicate", "spf_edit.why.covered", "spf_edit.why.sender",
	"spf_edit.why.merge", "spf_edit.why.ptr", "spf_edit.why.redirect", "spf_edit.why.softer_all", "spf_edit.why.moved",
	"spf_edit.why.fault", "spf_edit.why.loop", "spf_edit.why.no_record",
	"spf_edit.why.include_broken", "spf_edit.why.mx_many", "spf_edit.why.void",
	"spf_edit.why.private", "spf_edit.why.wide", "spf_edit.why.open_all", "spf_edit.why.chosen_all",
	"spf_wizard_problem.term_unusable", "spf_wizard_problem.term_unchecked",
	"spf_wizard_problem.sender_deprecated", "spf_wizard_problem.sender_not_at_root",
	"spf_wizard_problem.sender_needs_nothing", "spf_wizard_problem.private_address",
	"spf_wizard_problem.has_record", "spf_wizard_problem.too_many_lookups.other",
	"spf_wizard_problem.too_many_voids.other", "spf_wizard_problem.cannot_be_proven",
	"spf_wizard_problem.lookups_near.other", "spf_wizard_problem.all_value",
	"spf_wizard_problem.nobody_sends", "spf_wizard_problem.sends_no_mail",
};

static void
has(const struct catalog *c, const char *lang, const char *id)
{
	CHECK(id, catalog_raw(c, lang, id) != NULL);
}

static void
test_words(struct arena *a, const struct catalog *c)
{
	static const char *const langs[] = { "en", "es" };
	size_t l, i;
	int e;

	for (l = 0; l < 2; l++) {
		for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
			has(c, langs[l], ids[i]);
		for (e = SPF_UNKNOWN_MECHANISM; e <= SPF_TWICE; e++)
			has(c, langs[l], arena_printf(a, "spf_problem.%s", spf_fault_word((enum spf_fault)e)));
		for (e = SPF_NOTE_KIND; e <= SPF_NOTE_CUT; e++)
			has(c, langs[l], arena_printf(a, "spf_term.note_%s", spf_note_word((enum spf_note)e)));
		for (e = SPF_UNKNOWN; e <= SPF_MODIFIER; e++)
			if (e != SPF_ALL)
				has(c, langs[l], arena_printf(a, "spf_term.%s", spf_kind_word((enum spf_kind)e)));
		for (e = SPF_MISTAKE_NONE; e <= SPF_MISTAKE_TWICE; e++)
			has(c, langs[l], arena_printf(a, "spf_edit.why.mistake_%s",
			    spf_mistake_word((enum spf_mistake)e)));
	}
}

static void
test_eval(struct arena *a, const struct tool_words *words)
{
	struct spf_query q = { .helo = TEXT("h.e"), .sender = TEXT("u@d.e") };
	struct spf_answer ans;
	struct json *j = json_new_object(a);
	struct zone z;

	zone_init(&z, a);
	zone_load(&z, "d.e TXT v=spf1 include:i.e -all exp=x.e|i.e TXT v=spf1 a -all|i.e A 192.0.2.9|x.e TXT No %{i}");
	q.dns = &z.source;
	ip_parse(TEXT("192.0.2.1"), &q.ip);
	CHECK("eval", spf_check_host(a, &q, &ans));
	spf_eval_put(j, a, &ans, true, words);
	CHECK_STR("eval", json_print(a, j), "{\"result\":\"fail\",\"explanation\":\"No 192.0.2.1\","
	    "\"identity\":\"mailfrom\",\"domain\":\"d.e\",\"record\":\"v=spf1 include:i.e -all exp=x.e\","
	    "\"mechanism\":\"-all\",\"lookups\":2,\"void_lookups\":0,\"problems\":[],\"trace\":["
	    "{\"depth\":0,\"domain\":\"d.e\",\"term\":\"include:i.e\",\"result\":\"no_match\",\"lookups\":1},"
	    "{\"depth\":1,\"domain\":\"i.e\",\"term\":\"a\",\"result\":\"no_match\",\"lookups\":2},"
	    "{\"depth\":1,\"domain\":\"i.e\",\"term\":\"-all\",\"result\":\"match\",\"lookups\":2},"
	    "{\"depth\":0,\"domain\":\"d.e\",\"term\":\"-all\",\"result\":\"match\",\"lookups\":2}]}");
	zone_init(&z, a);
	zone_load(&z, "d.e TXT \"v=spf1 ipv4:192.0.2.1\\255 -all\"");
	j = json_new_object(a);
	CHECK("fault", spf_check_host(a, &q, &ans));
	spf_eval_put(j, a, &ans, false, words);
	CHECK_STR("octets are shown", json_str(j, "record"), "v=spf1 ipv4:192.0.2.1\\xff -all");
	CHECK("null is null", json_is_null(json_get(j, "mechanism")) &&
	    json_is_null(json_get(j, "explanation")));
	CHECK("no trace", json_get(j, "trace") == NULL);
	CHECK_STR("code", json_str(json_first(json_get(j, "problems")), "code"), "bad_character");
	CHECK_STR("message", json_str(json_first(json_get(j, "problems")), "message"),
	    "\"ipv4:192.0.2.1\\xff\" in the record of d.e holds a character at position 22 that is not "
	    "allowed: only visible ASCII is, and blanks between the terms.");
}

static void
test_explain(struct arena *a, const struct tool_words *words)
{
	struct spf_propose_query q = { .include = NULL };
	struct spf_proposal p;
	const struct spf_proposal *list[] = { &p };
	struct json *j = json_new_object(a);
	const struct json *one;
	struct spf_tree tree;
	struct ip ip;
	struct zone z;

	zone_init(&z, a);
	zone_load(&z, "d.e TXT v=spf1 a -all|d.e A 192.0.2.9");
	ip_parse(TEXT("192.0.2.1"), &ip);
	q.ask = (struct spf_explain_query){ .domain = { "d.e" }, .addresses = &ip, .address_count = 1,
	    .dns = &z.source };
	CHECK("explain", spf_explain(a, &q.ask, &tree));
	CHECK("propose", spf_propose(a, &q, SPF_FIX_AUTHORISE, &p));
	spf_explain_put(j, a, q.ask.domain, &tree, list, 1, words);
	CHECK_STR("domain", json_str(j, "domain"), "d.e");
	CHECK("lookups", json_int(j, "lookups", -1) == 1);
	CHECK_STR("result", json_str(json_first(json_get(j, "result_by_address")), "result"), "fail");
	one = json_first(json_get(j, "terms"));
	CHECK_STR("text", json_str(one, "text"), "The addresses of d.e may send.");
	CHECK("cost", json_int(one, "cost", -1) == 1);
	one = json_first(json_get(j, "proposals"));
	CHECK_STR("fix", json_str(one, "fix"), "spf.authorise");
	CHECK_STR("record", json_str(one, "record"), "v=spf1 a ip4:192.0.2.1 -all");
	CHECK_STR("bind", json_str(one, "bind"), "\"v=spf1 a ip4:192.0.2.1 -all\"");
	CHECK("not refused", json_is_null(json_get(one, "refused")));
	CHECK("edits", json_count(json_get(one, "edits")) == 3);
	CHECK("propose", spf_propose(a, &q, SPF_FIX_MERGE, &p));
	j = json_new_object(a);
	spf_proposal_put(j, a, &p, words);
	CHECK("no record when refused", json_is_null(json_get(j, "record")));
	CHECK_STR("refused", json_str(json_get(j, "refused"), "code"), "not_needed");
	CHECK_STR("refused", json_str(json_get(j, "refused"), "text"), "the domain has exactly one SPF record");
	j = json_new_object(a);
	spf_data_put(j, a, &tree);
	CHECK_STR("finding", json_str(j, "record"), "v=spf1 a -all");
	CHECK("finding", json_count(json_get(j, "terms")) == 2 && json_count(json_get(j, "results")) == 1);
}

static void
test_wizard(struct arena *a, const struct tool_words *words)
{
	struct spf_wizard_query q = { .all = "-all" };
	struct json *j = json_new_object(a);
	struct spf_wizard w;
	struct zone z;

	zone_init(&z, a);
	q.ask.dns = &z.source;
	CHECK("wizard", spf_wizard(a, &q, &w));
	spf_wizard_put(j, a, &w, words);
	CHECK_STR("wizard", json_print(a, j), "{\"record\":\"v=spf1 -all\",\"strings\":[\"v=spf1 -all\"],"
	    "\"bind\":\"\\\"v=spf1 -all\\\"\",\"lookups\":0,\"void_lookups\":0,\"results\":[],\"warnings\":[{"
	    "\"code\":\"sends_no_mail\",\"severity\":\"info\",\"message\":\"With this record the domain says "
	    "that it sends no mail at all.\",\"where\":null}]}");
}

int
main(void)
{
	struct arena *a = arena_new();
	struct tool_words words = { .lang = "en" };
	struct err err = { 0 };

	words.catalog = catalog_load(a, "templates/lang", &err);
	CHECK(err.text, words.catalog != NULL);
	if (words.catalog != NULL) {
		test_words(a, words.catalog);
		test_eval(a, &words);
		test_explain(a, &words);
		test_wizard(a, &words);
	}
	arena_free(a);
	TEST_END();
}
