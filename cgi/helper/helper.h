#ifndef HELPER_HELPER_H
#define HELPER_HELPER_H

/*
 * The privileged helper, antispam-guide-helper: the only part of the program
 * that runs as root.  systemd starts it when the backend connects; it reads one
 * request (net/verb_wire.h), does one thing of a fixed list, answers and ends.
 *
 * What it holds to: nobody but the backend's user and root is heard; every
 * argument has a grammar and none may begin with '-'; programs are started by
 * their absolute path with an environment of our own and no shell; files are
 * opened below fixed folders without following a link, must be regular, and
 * have no second name; time and output are bounded.
 *
 * Verbs (args; what comes back as `out`):
 *
 *   postconf-get NAME...	"name = value" lines, $names expanded
 *   postconf-explicit NAME...	the same for those that stand in main.cf, as they stand there
 *   postconf-set NAME=VALUE...	changes main.cf; the rules stand in postconf.c
 *   postconf-unset NAME...	back to Postfix's default
 *   postfix-reload		after `postfix check`
 *   postfix-restart		the same; for what a reload does not reach (inet_protocols)
 *   postmap-list TABLE		keys of a table, one a line, with a tab and the value
 *				where that is an address; TYPE:PATH or the path of a plain list
 *   postmap-query TABLE	the same lines for those keys of the input that a table of main.cf
 *				has, be it one that cannot be listed (a database, expressions)
 *   queue-list			postqueue -j; of a list over 16 MiB every 2nd (4th, ...) line, and at its end
 *				{"queue":{...}} with the numbers of all, see mail/postqueue.h
 *   queue-show ID...		envelope and headers, never a body; "=== MESSAGE ID ===" before each
 *   queue-hold, queue-release, queue-delete	ids on the input, one a line
 *   exim-list, exim-show ID..., exim-log ID..., exim-freeze, exim-thaw, exim-remove	the same of Exim, see exim.c
 *   whmapi1, uapi		cPanel's commands, as far as cpanel.c lets them
 *   wp-toolkit ACTION [ID [NAME...]]	WP Toolkit's command beside it, see wp_toolkit.c
 *   dkim-key DOMAIN [SELECTOR]	{"selector","record","signer"} lines: public keys only; record null: the
 *				key cannot be read; selector null: there may be keys where none can be looked for
 *   services			{"name","path"} lines: signers and policy servers that are there
 *   mail-log-read [FILE OFFSET]	see log.c
 *   script-log-read [FILE OFFSET]	the same, of the system's log only what names a script that sends mail
 *   php-mail-log-get		{"path","log","header","ours"} lines, see php.c
 *   php-mail-log-enable, php-mail-log-disable
 *   os-release			the file
 *   addresses			of the network interfaces, loopback and link-local ones aside
 *   wordpress-read FOLDER	sites of one customer, read as the customer; see wordpress.c
 *   script-mode FOLDER FILE [MODE]	the rights of a script of his, the same way; see script.c
 *   clamd-scan FOLDER [CURSOR]	his files to ClamAV's daemon, the same way; see clamd.c
 */

#include "base/arena.h"
#include "base/str.h"
#include "net/verb_wire.h"

#define HELPER_OUT_MAX	(32UL * 1024 * 1024)	/* bytes; base64 of it fits a reply */
#define HELPER_ERR_MAX	(16UL * 1024)
#define HELPER_TIME_S	50			/* the client waits for 60 */

struct helper {
	int		 root;		/* directory that paths are looked up in, "/" but in tests */
	const char	*postfix_dir;	/* below it: "/etc/postfix" */
	const char	*mail_log;	/* NULL = the usual places */
	const char	*clamd;		/* its socket; NULL = the usual places */
	const char	*web_dir;	/* of web sites, beside the usual places (tree.c); or NULL */
};

struct verb_call {
	const struct helper	*helper;
	struct arena		*arena;
	const char *const	*args;
	size_t			 arg_count;
	struct text		 input;
	struct verb_reply	*reply;
};

/* true = the reply's status, out and err are set. */
typedef bool	(*verb_run)(struct verb_call *, struct err *);

struct helper_verb {
	const char	*name;
	size_t		 args_min, args_max;
	bool		 input;
	verb_run	 run;
};

/* Answers one request; what cannot be done is an error in the reply. */
void	helper_answer(const struct helper *, struct arena *, struct text line,
	    struct verb_reply *ret);

/* Serve one connection: peer, request, reply.  uid: who is heard, root aside. */
void	helper_serve(const struct helper *, int fd, unsigned uid);

/* --- grammars (words.c) ------------------------------------------------------------------------- */

bool	word_is_host(const char *);		/* lower case letters, digits, '-', '_', two labels or more */
bool	word_is_selector(const char *);		/* the same, one label or more */
bool	word_is_queue_id(const char *);
bool	word_is_table(const char *);		/* "hash:/etc/postfix/virtual", "/etc/postfix/domains" */

/* --- files (open.c) ----------------------------------------------------------------------------- */

/*
 * Open a regular file for reading.  No part of the path below `root` may be a
 * link, and the file must have one name only (a hard link may be to anything).
 * links_ok: files that only root can make may have more names.
 */
int	open_file(int root, const char *path, bool links_ok, struct err *);	/* -1 = failed */
/* May every user of the machine read it?  false = no (ERR_VALUE), or it cannot be said. */
bool	file_is_public(int root, const char *path, struct err *err);
bool	read_file(struct arena *, int root, const char *path, size_t max_bytes, struct text *ret,
	    struct err *);
/* The names in a folder, sorted; at most max.  A folder that is not there has none. */
const char **list_folder(struct arena *, int root, const char *path, size_t max, size_t *count);
bool	exists(int root, const char *path);
/* openat2 below root, without following a link; the path may not be root itself.  -1: errno. */
int	open_below(int root, const char *path, int flags);

/* --- programs (run.c) --------------------------------------------------------------------------- */

/* argv[0] is a name: looked for in the system's four folders. */
bool	run_program(struct arena *, const char *const *argv, struct text input,
	    struct verb_reply *ret, struct err *);
/* The first lines of what it says, at most so many bytes; *cut: there was more, and it was ended. */
bool	run_program_some(struct arena *, const char *const *argv, size_t max, bool *cut,
	    struct verb_reply *ret, struct err *err);
/* Lines of any number, thinned (thin.h). */
struct thin;
bool	run_program_thin(struct arena *, const char *const *argv, struct thin *, struct verb_reply *ret,
	    struct err *);
/* The same with another limit than HELPER_TIME_S. */
bool	run_program_for(struct arena *, const char *const *argv, struct text input, unsigned limit_s,
	    struct verb_reply *ret, struct err *);
/*
 * A panel's own command, which reads and writes all over its server: in a service of its own where systemd
 * runs, since the bounds of ours (the unit's ProtectSystem, no network) would cut it off halfway.  No word
 * may hold a '$', which systemd would read.
 */
bool	run_program_outside(struct arena *, const char *const *argv, unsigned limit_s, struct verb_reply *ret,
	    struct err *);
bool	program_exists(const char *name);

/* Give every right away, for good, and go on as this user; root's files are looked at as nobody. */
bool	become(unsigned uid, struct err *err);

/* --- verbs --------------------------------------------------------------------------------------- */

bool	verb_postconf_get(struct verb_call *, struct err *);
bool	verb_postconf_explicit(struct verb_call *, struct err *);
bool	verb_postconf_set(struct verb_call *, struct err *);
bool	verb_postconf_unset(struct verb_call *, struct err *);
bool	verb_postfix_reload(struct verb_call *, struct err *);
bool	verb_postfix_restart(struct verb_call *, struct err *);
bool	verb_postmap_list(struct verb_call *, struct err *);
bool	verb_postmap_query(struct verb_call *, struct err *);
bool	table_is_configured(struct verb_call *, const char *table, struct err *);	/* postconf.c */
bool	verb_queue_list(struct verb_call *, struct err *);
bool	verb_queue_show(struct verb_call *, struct err *);
bool	verb_queue_hold(struct verb_call *, struct err *);
bool	verb_queue_release(struct verb_call *, struct err *);
bool	verb_queue_delete(struct verb_call *, struct err *);
bool	verb_dkim_key(struct verb_call *, struct err *);
bool	verb_services(struct verb_call *, struct err *);
bool	verb_mail_log_read(struct verb_call *, struct err *);
bool	verb_script_log_read(struct verb_call *, struct err *);
bool	verb_php_get(struct verb_call *, struct err *);
bool	verb_php_enable(struct verb_call *, struct err *);
bool	verb_php_disable(struct verb_call *, struct err *);
bool	verb_os_release(struct verb_call *, struct err *);
bool	verb_addresses(struct verb_call *, struct err *);
bool	verb_users(struct verb_call *, struct err *);
bool	verb_wordpress_read(struct verb_call *, struct err *);
bool	verb_exim_list(struct verb_call *, struct err *);
bool	verb_exim_show(struct verb_call *, struct err *);
bool	verb_exim_log(struct verb_call *, struct err *);
bool	verb_exim_freeze(struct verb_call *, struct err *);
bool	verb_exim_thaw(struct verb_call *, struct err *);
bool	verb_exim_remove(struct verb_call *, struct err *);
bool	verb_whmapi1(struct verb_call *, struct err *);
bool	verb_uapi(struct verb_call *, struct err *);
bool	verb_script_mode(struct verb_call *, struct err *);
bool	verb_wp_toolkit(struct verb_call *, struct err *);
bool	verb_clamd_scan(struct verb_call *, struct err *);

#endif
