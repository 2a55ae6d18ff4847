#include "web/access.h"

#include <pwd.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"

#define UID_FIRST_ACCOUNT	500
#define UID_NOBODY		65534
#define LOGIN_MAX		128

const char *
access_language(const struct exchange *x, const char *claimed)
{
	const char *accept = claimed != NULL && claimed[0] != '\0' ? claimed : x->req->language;

	if (accept == NULL || accept[0] == '\0')
		accept = x->config->language;
	return catalog_pick(x->face->catalog, accept);
}

/* Socket `user`: the kernel says which account it is; nothing in the request changes that. */
static bool
from_kernel(struct exchange *x)
{
	const struct peer *peer = x->req->peer;
	struct passwd entry, *found = NULL;
	size_t size = 16 * 1024;

	if (!peer->has_uid || peer->uid < UID_FIRST_ACCOUNT || peer->uid == UID_NOBODY ||
	    peer->uid == (uid_t)-2 || peer->uid == (uid_t)-1)
		return false;
	if (getpwuid_r(peer->uid, &entry, arena_alloc(x->arena, size), size, &found) != 0 ||
	    found == NULL || strcmp(found->pw_name, "nobody") == 0)
		return false;
	x->who = (struct identity){
		.login = arena_strdup(x->arena, found->pw_name),
		.role = ROLE_CUSTOMER,
		.session = x->req->session != NULL ? x->req->session : "",
	};
	return true;
}

static bool
from_token(struct exchange *x)
{
	const char *why = NULL;

	if (identity_verify(x->arena, x->face->key, x->req->identity, x->now, &x->who, &why))
		return true;
	log_line(LOG_INFO, "web", "identity refused: %s", why);
	return false;
}

/*
 * Without a panel the web server asks for the password.  REMOTE_USER is a
 * parameter of its own that no header of a browser can make; the session that
 * CSRF tokens are bound to is the login's.
 */
static bool
from_web_server(struct exchange *x)
{
	const char *login = x->req->remote_user;
	enum role role = ROLE_CUSTOMER;

	if (login == NULL || login[0] == '\0' || strlen(login) > LOGIN_MAX)
		return false;
	for (size_t i = 0; i < x->config->admin_count; i++)
		if (strcmp(x->config->admins[i], login) == 0)
			role = ROLE_ADMIN;
	x->who = (struct identity){ .login = login, .role = role,
	    .session = arena_printf(x->arena, "web-server %s", login) };
	return true;
}

bool
access_identify(struct exchange *x)
{
	const struct peer *peer = x->req->peer;
	bool ok = false;

	switch (peer->socket) {
	case SOCKET_USER:
		ok = from_kernel(x);
		break;
	case SOCKET_ADMIN:
		ok = peer->has_uid && peer->uid == 0 && from_token(x);
		break;
	case SOCKET_PANEL:
		ok = x->config->by_remote_user && x->req->identity == NULL ? from_web_server(x) :
		    from_token(x);
		break;
	}
	if (!ok) {
		x->who = (struct identity){ 0 };
		return false;
	}
	x->who.from = x->req->from;
	x->lang = access_language(x, x->who.lang);
	x->who.lang = x->lang;
	x->role = x->who.role == ROLE_ADMIN && x->who.acting != NULL ? ROLE_RESELLER : x->who.role;
	return true;
}
