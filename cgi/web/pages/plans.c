/* Plan, preview, apply.  What is confirmed is exactly what was shown: the plan's hash says so. */

#include <string.h>

#include "base/arena.h"
#include "web/pages/pages.h"

#define PARAMS_MAX	16

/* --- make --------------------------------------------------------------------------------------- */

/* Every other field is a parameter; repeated ones become a list. */
static bool
read_params(const struct exchange *x, struct fix_param *params, size_t *count)
{
	static const char *const ours[] = { "csrf", "fix", "target", "return" };

	*count = 0;
	for (size_t i = 0; i < x->req->form.count; i++) {
		const struct field *f = &x->req->form.v[i];
		bool skip = f->value.n == 0;
		size_t k;

		for (k = 0; k < sizeof(ours) / sizeof(ours[0]); k++)
			skip = skip || strcmp(f->name, ours[k]) == 0;
		if (skip)
			continue;
		if (memchr(f->value.p, '\0', f->value.n) != NULL)
			return false;
		for (k = 0; k < *count && strcmp(params[k].name, f->name) != 0; k++)
			;
		if (k < *count) {
			params[k].value = arena_printf(x->arena, "%s,%s", params[k].value, f->value.p);
			continue;
		}
		if (*count == PARAMS_MAX)
			return false;
		params[(*count)++] = (struct fix_param){ f->name, f->value.p };
	}
	return true;
}

static void	show_plan(struct exchange *, const struct json *plan);

void
page_plan_make(struct exchange *x)
{
	const char *fix = field_get(&x->req->form, "fix"), *target = field_get(&x->req->form, "target");
	struct fix_param params[PARAMS_MAX];
	size_t count;
	struct err err = { 0 };
	struct json *plan;
	const char *code;

	if (fix == NULL || target == NULL || !read_params(x, params, &count)) {
		page_error(x, 422);
		return;
	}
	plan = engine_plan(x->engine, x->arena, x->rights, x->lang, fix, target, params, count, &err);
	if (plan == NULL) {
		page_err(x, &err);
		return;
	}
	code = json_str(json_get(plan, "refused"), "code");
	if (code != NULL && strcmp(code, "invalid_value") == 0) {
		if (x->req->wants_json)
			page_error_text(x, 422, code, json_str(json_get(plan, "refused"), "text"));
		else {
			x->res.status = 422;
			show_plan(x, plan);
		}
		return;
	}
	page_redirect(x, link_to(x, "/plans/%s", json_str(plan, "plan")));
}

/* --- preview ------------------------------------------------------------------------------------ */

/* Refused only because it is somebody else's DNS: then the page is the record to copy. */
static bool
is_copy(const struct json *plan)
{
	const char *code = json_str(json_get(plan, "refused"), "code");

	return code != NULL && strcmp(code, "dns_elsewhere") == 0;
}

static void
view_refused(struct json *view, const struct exchange *x, const struct json *plan)
{
	const struct json *refused = json_get(plan, "refused");
	const char *needs = json_str(refused, "needs"), *code = json_str(refused, "code");
	const struct fix *first;
	struct json *one;

	if (json_is_null(refused) || is_copy(plan)) {
		json_put_null(view, "refused");
		return;
	}
	one = json_put_object(view, "refused");
	json_put_str(one, "title", say(x, arena_printf(x->arena, "pages.plan.refused.%s", code != NULL ? code : "unknown")));
	json_put_copy(one, "text", json_get(refused, "text"));
	first = needs == NULL ? NULL : fix_find(needs);
	/* The button only where this person may press it. */
	if (first == NULL || !(first->roles & x->role)) {
		json_put_null(one, "needs");
		return;
	}
	json_put_str(one, "needs", needs);
	json_put_str(one, "needs_label", say_fix(x, needs));
	json_put_str(one, "needs_target", first->scope == SCOPE_SERVER ? "server" : json_str(plan, "target"));
}

static void
view_alternatives(struct json *view, const struct json *plan)
{
	struct json *list = json_put_array(view, "alternatives"), *notes = json_put_array(view, "notes");

	for (const struct json *v = json_first(json_get(plan, "alternatives")); v != NULL; v = json_next(v)) {
		struct json *one = json_add_object(json_bool(v, "note", false) ? notes : list);

		json_put_copy(one, "description", json_get(v, "description"));
		json_put_str(one, "refused", json_str(v, "refused"));
	}
	json_put_bool(view, "has_alternatives", json_count(list) > 0);
	json_put_bool(view, "has_notes", json_count(notes) > 0);
}

/* Where one came from: the target's page. */
static void
view_back(struct json *view, const struct exchange *x, const char *target)
{
	const char *at = strrchr(target, '@'), *slash;

	if (at != NULL)
		target = at + 1;
	if ((slash = strchr(target, '/')) != NULL)
		target = arena_strndup(x->arena, target, (size_t)(slash - target));
	if (rights_domain(x->rights, target)) {
		json_put_str(view, "back", link_to(x, "/domains/%s", target));
		json_put_str(view, "back_name", target);
		return;
	}
	json_put_str(view, "back", link_to(x, x->role == ROLE_ADMIN ? "/server" : "/"));
	json_put_str(view, "back_name", say_word(x, "nav", x->role == ROLE_ADMIN ? "server" : "home"));
}

static void
show_plan(struct exchange *x, const struct json *plan)
{
	const char *fix = json_str(plan, "fix"), *target = json_str(plan, "target");
	const char *state = json_str(plan, "state"), *mode = json_str(plan, "mode"), *target_name;
	const struct fix *row = fix == NULL ? NULL : fix_find(fix);
	bool refused = !json_is_null(json_get(plan, "refused")), one_click;
	struct json *view = page_view(x, NULL);

	if (fix == NULL || target == NULL) {
		page_error(x, 500);
		return;
	}
	target_name = say_target(x, target);
	one_click = mode == NULL || strcmp(mode, "one_click") == 0;
	if (state == NULL)
		state = "planned";
	view_state(view, x, refused && !is_copy(plan) ? "refused" : state);
	if (!one_click && (!refused || is_copy(plan)) && strcmp(state, "planned") == 0)
		json_put_str(view, "word", say_word(x, "bulk_mode", mode));
	json_put_str(view, "fix_title", say_fix(x, fix));
	json_put_str(view, "fix", fix);
	json_put_str(view, "target", target);
	json_put_str(view, "target_name", target_name);
	json_put_copy(view, "plan", json_get(plan, "plan"));
	json_put_copy(view, "hash", json_get(plan, "hash"));
	view_back(view, x, target);
	if (json_is_int(json_get(plan, "entry")))
		json_put_int(view, "entry", json_int(plan, "entry", 0));
	view_refused(view, x, plan);
	view_alternatives(view, plan);
	view_changes(view, x, json_get(plan, "changes"));
	view_records(view, x, json_get(plan, "copies"), json_get(plan, "remove"));
	json_put_copy(view, "where", json_get(plan, "where"));
	json_put_copy(view, "text_to_copy", json_get(plan, "copy_text"));
	/* Beside records, or where only somebody else can do it; else it is for one's own shell. */
	json_put_bool(view, "message", json_bool(view, "has_records", false) ||
	    (mode != NULL && strcmp(mode, "request") == 0));
	json_put_bool(view, "no_undo", json_bool(plan, "no_undo", row != NULL && row->no_undo));
	view_inputs(view, x, fix, json_get(json_first(json_get(plan, "changes")), "after"), NULL);
	json_put_bool(view, "has_inputs", json_count(json_get(view, "inputs")) > 0 && strcmp(state, "planned") == 0);
	json_put_bool(view, "can_apply", !refused && one_click && strcmp(state, "planned") == 0 &&
	    json_count(json_get(plan, "changes")) > 0);
	page_html(x, "plan", arena_printf(x->arena, "%s: %s", say_fix(x, fix), target_name), view);
}

void
page_plan(struct exchange *x)
{
	struct err err = { 0 };
	struct json *plan = engine_plan_show(x->engine, x->arena, x->rights, x->lang, x->args[0], &err);

	if (plan == NULL)
		page_err(x, &err);
	else if (!page_data(x, plan, NULL, NULL, 0))
		show_plan(x, plan);
}

/* --- apply -------------------------------------------------------------------------------------- */

/*
 * How many messages it deletes: what cannot be undone is confirmed by that number.
 * A program that sends the hash alone has read the plan.
 */
static bool
count_fits(const struct exchange *x, const struct json *plan)
{
	const char *given = field_get(&x->req->form, "count");
	size_t deletes = engine_plan_deletes(plan);

	if (deletes == 0 || (given == NULL && x->req->wants_json))
		return true;
	return given != NULL && field_int(&x->req->form, "count", 0, INT64_MAX, -1) == (int64_t)deletes;
}

void
page_plan_apply(struct exchange *x)
{
	const char *hash = field_get(&x->req->form, "hash");
	struct text secret = { NULL, 0 };
	struct err err = { 0 };
	struct json *answer, *plan;
	int64_t entry;

	/* Unknown and foreign first: a missing hash must not tell that the plan exists. */
	if ((plan = engine_plan_show(x->engine, x->arena, x->rights, x->lang, x->args[0], &err)) == NULL) {
		page_err(x, &err);
		return;
	}
	if (hash == NULL || hash[0] == '\0') {
		page_error(x, 422);
		return;
	}
	if (!count_fits(x, plan)) {
		page_error_text(x, 422, "invalid_value", say(x, "pages.plan.other_count"));
		return;
	}
	field_text(&x->req->form, "password", &secret);
	answer = engine_apply(x->engine, x->arena, x->rights, x->lang, x->args[0], hash, secret, false, &err);
	if (answer == NULL) {
		page_err(x, &err);
		return;
	}
	/* Somebody was first, it is stale, or the state has changed since. */
	if (json_str(answer, "state") != NULL && strcmp(json_str(answer, "state"), "conflict") == 0) {
		page_conflict(x, answer);
		return;
	}
	entry = json_int(answer, "entry", 0);
	if (entry > 0)
		page_redirect(x, link_to(x, "/journal/%lld", (long long)entry));
	else if (json_str(json_get(answer, "refused"), "text") != NULL)
		page_error_text(x, 422, "invalid_value", json_str(json_get(answer, "refused"), "text"));
	else
		page_error(x, 409);
}
