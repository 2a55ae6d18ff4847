#include "web/web.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/map.h"
#include "web/access.h"
#include "web/csrf.h"
#include "web/respond.h"
#include "web/routes.h"

#define WORKERS_DEFAULT		8
#define PER_PEER_MAX		8

struct web {
	const struct web_config	*config;
	struct engine		*engine;
	pthread_mutex_t		 lock;		/* of `face` */
	struct face		*face;
};

static struct face *
face_take(struct web *w)
{
	struct face *f;

	pthread_mutex_lock(&w->lock);
	f = w->face;
	f->users++;
	pthread_mutex_unlock(&w->lock);
	return f;
}

/* --- what needs nobody -------------------------------------------------------------------------- */

static void
static_page(struct exchange *x, const char *name)
{
	const struct static_file *file = map_get(x->face->files, name);

	if (file == NULL) {
		page_error(x, 404);
		return;
	}
	x->res = (struct response){ .status = 200, .content_type = file->content_type,
	    .etag = file->etag, .body = file->body, .cacheable = true };
	if (x->req->if_none_match != NULL && strstr(x->req->if_none_match, file->etag) != NULL)
		x->res.status = 304;
}

/* --- who may do what ---------------------------------------------------------------------------- */

/* Who changes something waits for the panel; who looks is told that it is being read. */
static bool
ask_rights(struct exchange *x, bool fresh)
{
	struct err err = { 0 };

	if (fresh ? engine_rights(x->engine, x->arena, &x->who, true, &x->rights, &err) :
	    engine_rights_soon(x->engine, x->arena, &x->who, &x->rights, &err))
		return true;
	if (!fresh && err.code == ERR_BUSY)
		page_reading(x);
	else
		page_err(x, &err);
	return false;
}

static bool
get_rights(struct exchange *x, bool fresh)
{
	if (!ask_rights(x, fresh))
		return false;
	rights_scope(x->rights, x->arena, &x->scope);
	x->role = rights_role(x->rights);
	return true;
}

/*
 * Every process of the machine can connect to the socket `user`.  The uid of somebody without
 * an account of the panel, or with a suspended one, is nobody's; and an account whose plan
 * does not include the product is not served, whether or not it is shown an icon.
 */
static bool
admit(struct exchange *x)
{
	if (x->req->peer->socket != SOCKET_USER)
		return true;
	if (!ask_rights(x, x->req->method == WEB_POST))
		return false;
	if (!rights_active(x->rights)) {
		x->who = (struct identity){ 0 };
		page_error(x, 401);
	} else if (!engine_included(x->engine, x->rights))
		page_error_text(x, 403, "not_included", say(x, "pages.error.not_included.text"));
	else
		return true;
	return false;
}

static void
dispatch(struct exchange *x)
{
	const struct web_request *r = x->req;
	enum web_method method = r->method == WEB_HEAD ? WEB_GET : r->method;
	const struct route *route;

	if (method == WEB_POST && (!csrf_origin_ok(r->origin, r->host) ||
	    !csrf_ok(x->arena, x->face->key, &x->who, r->csrf))) {
		page_audit(x, "denied", r->path, NULL, "csrf");
		page_error(x, 403);
		return;
	}
	route = route_find(x->arena, method, r->path, x->args);
	if (route == NULL) {
		page_error(x, 404);
		return;
	}
	if (!route->anybodys && !get_rights(x, method == WEB_POST && !route->looks))
		return;
	if (!(route->roles & x->role)) {
		page_audit(x, "denied", r->path, NULL, "role");
		page_error(x, 404);
		return;
	}
	if (!route->kept)
		route->page(x);
	else if (!page_kept(x)) {
		route->page(x);
		page_keep(x);
	}
	if (method == WEB_POST && !route->anybodys && x->res.status != 404)	/* noted already */
		page_audit(x, "post", r->path, x->args[0] != NULL && store_scope_has(&x->scope, x->args[0]) ?
		    x->args[0] : NULL, x->res.status < 400 ? "ok" : arena_printf(x->arena, "%d", x->res.status));
}

static void
answer(struct exchange *x, int status)
{
	const char *path = x->req->path;

	if (strcmp(path, "/healthz") == 0 && x->req->method != WEB_POST) {
		x->res = (struct response){ .status = 200, .body = TEXT("ok\n") };
	} else if (strncmp(path, "/static/", 8) == 0 && x->req->method != WEB_POST) {
		static_page(x, path + 8);
	} else if (!access_identify(x)) {
		page_error(x, 401);
	} else if (!admit(x)) {
		log_line(LOG_INFO, "web", "uid %u is not served", (unsigned)x->req->peer->uid);
	} else if (x->req->method == WEB_OTHER) {
		page_error(x, 405);
	} else if (status != 0) {
		page_error(x, status);
	} else
		dispatch(x);
}

static void
drop_face(void *face)
{
	face_drop(face);
}

static void
handle(void *ctx, struct arena *a, const struct fcgi_request *raw, struct fcgi_answer *ret)
{
	struct web *w = ctx;
	struct web_request request;
	int status = web_request_read(a, raw, &request);
	struct face *face = face_take(w);
	struct exchange x = {
		.arena = a, .config = w->config, .engine = w->engine, .face = face,
		.req = &request, .now = web_now(),
	};

	arena_defer(a, drop_face, face);	/* a static file is sent from it */
	x.lang = access_language(&x, NULL);
	answer(&x, status);
	if (x.res.status == 0)
		x.res.status = 500;
	respond_write(a, &x.res, request.method == WEB_HEAD, ret);
}

/* --- start and reload --------------------------------------------------------------------------- */

static void
reload(void *ctx)
{
	struct web *w = ctx;
	struct err err = { 0 };
	struct face *fresh = face_load(w->config, NULL, &err), *old;

	if (fresh == NULL) {
		log_line(LOG_ERROR, "web", "reload: %s; the old ones stay", err.text);
	} else {
		pthread_mutex_lock(&w->lock);
		old = w->face;
		w->face = fresh;
		pthread_mutex_unlock(&w->lock);
		face_drop(old);
	}
	if (w->config->reload != NULL)
		w->config->reload(w->config->reload_ctx);
}

bool
web_serve(const struct web_config *config, struct engine *engine, struct err *err)
{
	const struct fcgi_listen listen[] = {
		{ SOCKET_PANEL, config->listen_panel },
		{ SOCKET_USER, config->listen_user },
		{ SOCKET_ADMIN, config->listen_admin },
	};
	struct web w = { .config = config, .engine = engine };
	const struct fcgi_setup setup = {
		.listen = listen, .listen_count = sizeof(listen) / sizeof(listen[0]),
		.workers = config->workers != 0 ? config->workers : WORKERS_DEFAULT,
		.per_peer_max = PER_PEER_MAX, .handle = handle, .ctx = &w, .reload = reload,
	};
	bool ok;

	w.face = face_load(config, engine_catalog(engine), err);
	if (w.face == NULL)
		return false;
	pthread_mutex_init(&w.lock, NULL);
	ok = fcgi_serve(&setup, err);
	face_drop(w.face);
	pthread_mutex_destroy(&w.lock);
	return ok;
}
