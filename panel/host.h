#ifndef PANEL_HOST_H
#define PANEL_HOST_H

/*
 * What the machine itself tells and does through the privileged helper, the same
 * for every adapter whose server runs Postfix or Exim, and PHP: the queue, and the
 * log of mail that scripts send.  Only where the backend stands on that machine
 * (panel_params.local).
 */

#include "panel/panel.h"

const struct json	*host_queue(struct evidence *, struct arena *, const char *arg,
			    const struct panel_params *);
const struct json	*host_script_log(struct evidence *, struct arena *, const char *arg,
			    const struct panel_params *);
/* Who sent how much, by the end of the mail log: mail/maillog.h. */
const struct json	*host_mail_traffic(struct evidence *, struct arena *, const char *arg,
			    const struct panel_params *);
/* The fact sites_on_disk of one domain. */
const struct json	*host_sites(struct evidence *, struct arena *, const char *arg,
			    const struct panel_params *);
/* As toolkits name a site: below the home folder, where the panel has one name for what is public. */
const char	*host_site_path(struct arena *, const char *root, const char *path);
/* A folder below `root` that stands below the document root of another domain: that one has it. */
bool		 host_site_is_anothers(const struct json *domains, const char *domain, const char *root,
		    const char *place);
/* The fact script_mode, and SETTING site "mode". */
const struct json	*host_script_mode(struct evidence *, struct arena *, const char *arg,
			    const struct panel_params *);
enum step	 host_next_script_mode(struct arena *, const struct change *, const struct call_log *,
		    struct evidence *, const struct panel_params *, struct request *, struct err *);
bool		 host_state_script_mode(struct evidence *, struct arena *, const struct change *,
		    const struct panel_params *, const struct json **);
/* ClamAV's daemon, as it answers; installed and silent, or none. */
const struct json	*host_antivirus(struct evidence *, struct arena *, const char *arg,
			    const struct panel_params *);
const struct json	*host_os(struct evidence *, struct arena *, const char *arg,
			    const struct panel_params *);
/* Is ClamAV installed: path of its settings, or *ret NULL.  false = on its way, or ev_fail was called. */
bool		 host_clamav(struct evidence *, struct arena *, const char **ret);

/* SETTING server "script_log": true; QUEUE: hold, release, delete. */
enum step	 host_next_script_log(struct arena *, const struct change *, const struct call_log *,
		    struct evidence *, const struct panel_params *, struct request *, struct err *);
bool		 host_state_script_log(struct evidence *, struct arena *, const struct change *,
		    const struct panel_params *, const struct json **);
enum step	 host_next_queue(struct arena *, const struct change *, const struct call_log *,
		    struct evidence *, const struct panel_params *, struct request *, struct err *);
/* The same with Exim's queue. */
enum step	 host_next_exim_queue(struct arena *, const struct change *, const struct call_log *,
		    struct evidence *, const struct panel_params *, struct request *, struct err *);

#endif
