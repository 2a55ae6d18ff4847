/* The answer of `catalogue`: every check, finding and fix with its rows. */

#include "engine/engine.h"

static void
put_finding_row(struct json *list, const struct finding_row *row)
{
	struct json *one = json_add_object(list), *fix_ids;
	size_t i;

	json_put_str(one, "id", row->id);
	json_put_str(one, "verdict", verdict_word(row->verdict));
	json_put_str(one, "severity", severity_word(row->severity));
	json_put_str(one, "owner", owner_word(row->owner));
	fix_ids = json_put_array(one, "fixes");
	for (i = 0; i < FINDING_FIXES_MAX && row->fixes[i] != NULL; i++)
		json_add_str(fix_ids, row->fixes[i]);
	if (row->own_scope)
		json_put_str(one, "scope", scope_word(row->scope));
}

static void
put_words(struct json *list, unsigned bits, const char *const *words, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (bits & 1u << i)
			json_add_str(list, words[i]);
}

struct json *
engine_catalogue(struct arena *a)
{
	static const char *const roles[] = { "customer", "reseller", "admin" };
	static const char *const kinds[] = { "plesk", "cpanel", "postfix" };
	struct json *answer = json_new_object(a), *list, *one;
	size_t i, j;

	list = json_put_array(answer, "checks");
	for (i = 0; i < checks_count; i++) {
		struct json *findings;

		one = json_add_object(list);
		json_put_str(one, "check", checks[i]->name);
		json_put_str(one, "scope", scope_word(checks[i]->scope));
		json_put_str(one, "guide", checks[i]->guide);
		findings = json_put_array(one, "findings");
		for (j = 0; j < checks[i]->row_count; j++)
			put_finding_row(findings, &checks[i]->rows[j]);
	}
	list = json_put_array(answer, "fixes");
	for (i = 0; i < fixes_count; i++) {
		one = json_add_object(list);
		json_put_str(one, "id", fixes[i]->id);
		json_put_str(one, "scope", scope_word(fixes[i]->scope));
		put_words(json_put_array(one, "roles"), fixes[i]->roles, roles, 3);
		put_words(json_put_array(one, "panels"), fixes[i]->panels, kinds, 3);
	}
	return answer;
}
