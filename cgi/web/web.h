#ifndef WEB_WEB_H
#define WEB_WEB_H

/*
 * The face for people: `serve`.  Pages and commands are two views of the same
 * answers (engine/engine.h).
 */

#include "engine/engine.h"

struct web_support {			/* provider.support of the configuration; "" or NULL = not given */
	const char	*url, *phone, *chat, *hours;
};

struct web_config {
	/* listen: path or HOST:PORT (panel only); NULL or "" = none.  Sockets from
	 * systemd (LISTEN_FDS with FileDescriptorName) replace those of their kind. */
	const char		*listen_panel, *listen_user, *listen_admin;
	const char		*identity_key_file;	/* read again on SIGHUP */
	const char		*templates;		/* folder with pages/ lang/ static/ guide/ */
	const char		*panel_kind;		/* whose words they speak (catalog_prefer) */
	const char		*language;		/* when nobody says */
	const char		*provider_name;
	struct web_support	 support;
	const struct json	*links;			/* object id -> url, or NULL */
	bool			 notices;		/* tell people what changed */
	/* No panel in front (kind postfix): on the socket `panel` REMOTE_USER is who it
	 * is, an administrator when he is one of these.  Who may connect to the socket is
	 * the web server alone. */
	bool			 by_remote_user;
	const char *const	*admins;
	size_t			 admin_count;
	unsigned		 workers;		/* 0 = 8 */
	/* SIGHUP, after templates and key were read again; NULL = nothing more. */
	void			(*reload)(void *ctx);
	void			*reload_ctx;
};

/*
 * Serve until SIGTERM; the engine has been started and is stopped by the
 * caller afterwards.  The configuration outlives the call.
 */
bool	web_serve(const struct web_config *, struct engine *, struct err *);

#endif
