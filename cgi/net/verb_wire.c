#include "net/verb_wire.h"

#include <string.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/str.h"

static bool
to_line(struct arena *a, const struct json *json, size_t max, struct text *ret, struct err *err)
{
	const char *text = json_print(a, json);
	struct str s = str_in(a, max);

	str_add(&s, text);
	str_addc(&s, '\n');
	if (!str_ok(&s))
		return err_set(err, ERR_LIMIT, "longer than %zu bytes", max);
	*ret = str_text(&s);
	return true;
}

static const struct json *
from_line(struct arena *a, struct text line, size_t max, struct err *err)
{
	const struct json *json;

	if (line.n > max) {
		err_set(err, ERR_LIMIT, "longer than %zu bytes", max);
		return NULL;
	}
	json = json_parse(a, line, err);
	if (json != NULL && !json_is_object(json)) {
		err_set(err, ERR_SYNTAX, "no object");
		return NULL;
	}
	return json;
}

static bool
read_base64(struct arena *a, const struct json *json, const char *key, struct text *ret,
    struct err *err)
{
	const char *s = json_str(json, key);

	*ret = (struct text){ "", 0 };
	if (s == NULL && json_get(json, key) != NULL)
		return err_set(err, ERR_VALUE, "%s is no text", key);
	if (s != NULL && !base64_decode(a, text_of(s), ret))
		return err_set(err, ERR_VALUE, "%s is no base64", key);
	return true;
}

bool
verb_request_write(struct arena *a, const struct request_verb *r, struct text *ret,
    struct err *err)
{
	struct json *json = json_new_object(a), *args;
	size_t i;

	json_put_str(json, "verb", r->verb);
	args = json_put_array(json, "args");
	for (i = 0; i < r->arg_count; i++) {
		/* What is shown otherwise would arrive as something else. */
		if (strcmp(text_show(a, text_of(r->args[i])), r->args[i]) != 0)
			return err_set(err, ERR_VALUE, "an argument is not valid UTF-8");
		json_add_str(args, r->args[i]);
	}
	if (r->input.n > 0)
		json_put_str(json, "input", base64_encode(a, r->input));
	return to_line(a, json, VERB_REQUEST_MAX, ret, err);
}

bool
verb_request_read(struct arena *a, struct text line, struct request_verb *ret, struct err *err)
{
	const struct json *json = from_line(a, line, VERB_REQUEST_MAX, err), *list, *v;
	struct request_verb r = { 0 };
	const char **args;

	if (json == NULL)
		return false;
	r.verb = json_str(json, "verb");
	list = json_get(json, "args");
	if (r.verb == NULL || (list != NULL && !json_is_array(list)))
		return err_set(err, ERR_VALUE, "a verb and its args are needed");
	if (json_count(list) > VERB_ARGS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d args", VERB_ARGS_MAX);
	args = arena_array(a, json_count(list) + 1, sizeof(*args));
	for (v = json_first(list); v != NULL; v = json_next(v)) {
		if (!json_is_str(v))
			return err_set(err, ERR_VALUE, "args are texts");
		args[r.arg_count++] = json_value_str(v);
	}
	r.args = args;
	if (!read_base64(a, json, "input", &r.input, err))
		return false;
	*ret = r;
	return true;
}

bool
verb_reply_write(struct arena *a, const struct verb_reply *r, struct text *ret, struct err *err)
{
	struct json *json = json_new_object(a);

	if (r->error.code != ERR_NONE) {
		json_put_str(json, "error", err_word(r->error.code));
		json_put_text(json, "text", text_of(r->error.text));
	} else {
		json_put_int(json, "status", r->status);
		json_put_str(json, "out", base64_encode(a, r->out));
		json_put_str(json, "err", base64_encode(a, r->err));
	}
	return to_line(a, json, VERB_REPLY_MAX, ret, err);
}

bool
verb_reply_read(struct arena *a, struct text line, struct verb_reply *ret, struct err *err)
{
	const struct json *json = from_line(a, line, VERB_REPLY_MAX, err);
	struct verb_reply r;
	const char *error, *text;
	enum err_code code;

	if (json == NULL)
		return false;
	memset(&r, 0, sizeof(r));
	error = json_str(json, "error");
	if (error != NULL) {
		text = json_str(json, "text");
		if (!err_parse(error, &code) || code == ERR_NONE)
			code = ERR_PROTOCOL;
		err_set(&r.error, code, "%s", text == NULL ? error : text);
		*ret = r;
		return true;
	}
	if (!json_is_int(json_get(json, "status")))
		return err_set(err, ERR_VALUE, "neither status nor error");
	r.status = (int)json_int(json, "status", -1);
	if (!read_base64(a, json, "out", &r.out, err) || !read_base64(a, json, "err", &r.err, err))
		return false;
	*ret = r;
	return true;
}
