/* What the `next` functions share. */

#include <string.h>

#include "panel/cpanel/internal.h"

enum step
cp_step_failed(struct err *err, enum err_code code, const char *text)
{
	err_set(err, code, "%s", text);
	return STEP_FAILED;
}

const struct reply *
cp_made(struct play *y, struct request request)
{
	if (y->at < y->log->count)
		return &y->log->replies[y->at++];
	*y->call = request;
	return NULL;
}

enum step
cp_play_whm(struct play *y, struct request request, const struct json **data)
{
	const struct reply *reply = cp_made(y, request);

	if (reply == NULL)
		return STEP_CALL;
	return whm_reply(y->arena, &request, reply, data, y->err) ? STEP_DONE : STEP_FAILED;
}

enum step
cp_play_uapi(struct play *y, struct request request, const struct json **data)
{
	const struct reply *reply = cp_made(y, request);

	if (reply == NULL)
		return STEP_CALL;
	return uapi_reply(y->arena, &request, reply, data, y->err) ? STEP_DONE : STEP_FAILED;
}

/* The account of a domain, by the light call; of one that it does not tell, by the whole list. */
enum step
cp_play_owner(struct play *y, const char *domain, const char **user)
{
	const struct json *data, *v;
	struct err why;
	const struct reply *reply;
	struct request request = whm_read(y->arena, y->params, "accountsummary", ARGS({ "domain", domain },));
	enum step step;

	if ((reply = cp_made(y, request)) == NULL)
		return STEP_CALL;
	if (whm_reply(y->arena, &request, reply, &data, &why)) {
		*user = json_str(json_first(cp_list(data, "acct")), "user");
		if (*user != NULL)
			return STEP_DONE;
	} else if (why.code != ERR_VALUE && why.code != ERR_NOT_FOUND) {
		*y->err = why;
		return STEP_FAILED;
	}
	if ((step = cp_play_whm(y, whm_read(y->arena, y->params, "get_domain_info", ARGS()), &data)) != STEP_DONE)
		return step;
	for (v = json_first(cp_list(data, "domains")); v != NULL; v = json_next(v))
		if (text_iis(text_of(json_str(v, "domain")), domain) && json_str(v, "user") != NULL) {
			*user = json_str(v, "user");
			return STEP_DONE;
		}
	return cp_step_failed(y->err, ERR_NOT_FOUND, "the panel has no such domain");
}
