/*
 * Whose is a user id: name and home, one line each as JSON, from /etc/passwd.
 * A message that a script gave to sendmail carries nothing else.
 *
 *	users UID...		{"uid":10007,"name":"cust","home":"/var/www/vhosts/cust.example"}
 */

#include <string.h>

#include "helper/helper.h"

#define PASSWD_MAX	(16UL * 1024 * 1024)	/* a server with 100,000 users */

static bool
is_asked(const struct verb_call *c, struct text uid)
{
	for (size_t i = 0; i < c->arg_count; i++)
		if (text_is(uid, c->args[i]))
			return true;
	return false;
}

/* passwd(5): name:password:uid:gid:gecos:home:shell */
static void
add_user(struct verb_call *c, struct str *out, struct text line)
{
	struct text field[6] = { { NULL, 0 } };
	struct json *row;
	uint64_t uid;
	size_t n = 0;

	while (n < 6 && text_split(&line, ':', &field[n]))
		n++;
	if (n < 6 || !text_uint(field[2], UINT32_MAX, &uid) || !is_asked(c, field[2]))
		return;
	row = json_new_object(c->arena);
	json_put_int(row, "uid", (int64_t)uid);
	json_put_text(row, "name", field[0]);
	json_put_text(row, "home", field[5]);
	str_addf(out, "%s\n", json_print(c->arena, row));
}

bool
verb_users(struct verb_call *c, struct err *err)
{
	struct str out = str_in(c->arena, 1024UL * 1024);
	struct text rest, line;
	uint64_t uid;

	for (size_t i = 0; i < c->arg_count; i++)
		if (!text_uint(text_of(c->args[i]), UINT32_MAX, &uid))
			return err_set(err, ERR_VALUE, "not a user id");
	if (!read_file(c->arena, c->helper->root, "/etc/passwd", PASSWD_MAX, &rest, err))
		return false;
	while (text_line(&rest, &line))
		add_user(c, &out, line);
	c->reply->out = str_text(&out);
	return str_ok(&out) || err_set(err, ERR_LIMIT, "too many users");
}
