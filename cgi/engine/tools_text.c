/* Tools that ask nobody: bounces, passwords, the list of senders. */

#include "base/arena.h"
#include "engine/internal.h"
#include "engine/tools_internal.h"
#include "mail/data.h"
#include "tools/bounce_json.h"
#include "tools/password.h"

struct json *
engine_bounce_explain(struct engine *e, struct arena *a, const char *lang, struct text message)
{
	struct tool_words words = tool_words_of(e, lang);

	return bounce_explain(a, e->setup.rules->data, &words, message, false);
}

struct json *
engine_password_strength(struct engine *e, struct arena *a, const char *lang, struct text password,
    const char *about)
{
	struct tool_words words = tool_words_of(e, lang);
	struct json *answer = json_new_object(a);
	struct password_strength judged;

	password_judge(a, password, about, &judged);
	json_put_int(answer, "score", judged.score);
	json_put_bool(answer, "good", judged.good);
	json_put_double(answer, "bits", (double)(int64_t)(judged.bits * 10) / 10);
	json_put_str(answer, "why", judged.why);
	json_put_str(answer, "text", judged.why == NULL ? NULL :
	    tool_text(a, &words, arena_printf(a, "password.why.%s", judged.why), NULL, 0));
	return answer;
}

struct json *
engine_senders(struct engine *e, struct arena *a)
{
	const struct data *data = e->setup.rules->data;
	struct json *answer = json_new_object(a), *list = json_put_array(answer, "senders");

	for (size_t i = 0; data != NULL && i < data->sender_count; i++) {
		const struct sender *s = &data->senders[i];
		struct json *one;

		if (s->spf.count == 0 && s->spf_needed != SPF_NEEDED_NO)
			continue;
		one = json_add_object(list);
		json_put_str(one, "id", s->id);
		json_put_str(one, "name", s->name);
		json_put_str(one, "kind", s->kind);
		json_put_bool(one, "spf_needed", s->spf_needed == SPF_NEEDED_ROOT);
	}
	return answer;
}
