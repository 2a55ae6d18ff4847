/* Would this password hold?  It is looked at and neither kept, logged nor shown again. */

#include <string.h>

#include "base/arena.h"
#include "engine/tools.h"
#include "web/pages/pages.h"

void
page_password(struct exchange *x)
{
	struct json *view = tool_view(x, "password-strength"), *answer;
	struct text password;
	const char *score;

	if (x->req->method != WEB_POST) {
		if (!page_data(x, json_new_object(x->arena), NULL, NULL, 0))
			page_html(x, "password", say(x, "pages.password.title"), view);
		return;
	}
	if (!field_text(&x->req->form, "password", &password) || password.n == 0) {
		page_error(x, 422);
		return;
	}
	answer = engine_password_strength(x->engine, x->arena, x->lang, password,
	    field_get(&x->req->form, "account"));
	if (page_data(x, answer, NULL, NULL, 0))
		return;
	json_put_bool(view, "answered", true);
	json_put_copy(view, "score", json_get(answer, "score"));
	view_verdict(view, x, json_bool(answer, "good", false) ? "ok" : "problem");
	score = arena_printf(x->arena, "pages.password.score%d", (int)json_int(answer, "score", 0));
	json_put_str(view, "word", say(x, score));
	json_put_copy(view, "why", json_get(answer, "text"));
	page_html(x, "password", say(x, "pages.password.title"), view);
}
