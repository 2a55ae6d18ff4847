/*
 * Is the mail of PHP scripts logged?  Every PHP on the machine is looked at by
 * its own files (never run), and where it is switched on that is one file of
 * our own beside them: to switch off is to take that file away.
 *
 * The log is syslog, not a file: every site's user would have to be able to
 * write to it.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/helper.h"

#define INI_MAX		(1024UL * 1024)
#define PHPS_MAX	64

static const char our_name[] = "zz-antispam-guide.ini", our_new_name[] = "zz-antispam-guide.ini.new";
static const char our_text[] =
    "; Written by antispam-guide: which script sent a mail is logged.\n"
    "mail.add_x_header = On\n"
    "mail.log = syslog\n";

struct php {
	const char	*folder;	/* of php.ini */
	const char	*more;		/* of the further files */
	const char	*unit;		/* that reads them; NULL = none, or not ours to reload */
};

static bool
is_version(const char *s)
{
	for (const char *p = s; *p != '\0'; p++)
		if (!ascii_isdigit((unsigned char)*p) && *p != '.')
			return false;
	return *s != '\0';
}

static void
add_php(struct verb_call *c, struct php *list, size_t *count, const char *folder, const char *more,
    const char *unit)
{
	const char *whole = arena_printf(c->arena, "%s/%s", folder, more);

	if (*count < PHPS_MAX && exists(c->helper->root, whole))
		list[(*count)++] = (struct php){ folder, whole, unit };
}

/* Debian and Ubuntu have a folder for each way in which PHP is run. */
static void
debian(struct verb_call *c, struct php *list, size_t *count)
{
	static const char *const ways[] = { "fpm", "apache2", "cgi", "cli" };
	struct arena *a = c->arena;
	const char **versions;
	size_t n, i, j;

	versions = list_folder(a, c->helper->root, "/etc/php", PHPS_MAX, &n);
	for (i = 0; i < n; i++)
		for (j = 0; is_version(versions[i]) && j < 4; j++)
			add_php(c, list, count, arena_printf(a, "/etc/php/%s/%s", versions[i], ways[j]), "conf.d",
			    j == 0 ? arena_printf(a, "php%s-fpm.service", versions[i]) :
			    j == 1 ? "apache2.service" : NULL);
}

static size_t
find_phps(struct verb_call *c, struct php list[PHPS_MAX])
{
	struct arena *a = c->arena;
	const char **versions;
	size_t count = 0, n, i;

	debian(c, list, &count);
	add_php(c, list, &count, "/etc", "php.d", "php-fpm.service");
	versions = list_folder(a, c->helper->root, "/opt/plesk/php", PHPS_MAX, &n);
	for (i = 0; i < n; i++)
		if (is_version(versions[i]))
			add_php(c, list, &count, arena_printf(a, "/opt/plesk/php/%s/etc", versions[i]), "php.d",
			    arena_printf(a, "plesk-php%c%c-fpm.service", versions[i][0],
			    versions[i][1] != '\0' ? versions[i][2] : '0'));
	versions = list_folder(a, c->helper->root, "/opt/cpanel", 256, &n);
	for (i = 0; i < n; i++)
		if (strncmp(versions[i], "ea-php", 6) == 0 && is_version(versions[i] + 6))
			add_php(c, list, &count, arena_printf(a, "/opt/cpanel/%s/root/etc", versions[i]), "php.d",
			    arena_printf(a, "%s-php-fpm.service", versions[i]));
	return count;
}

/* --- reading ------------------------------------------------------------------------------------- */

/* The last "key = value" of a file; php.ini keeps no other order. */
static void
read_ini(struct verb_call *c, const char *path, const char **log, const char **header)
{
	struct text ini, line, key;
	struct err err;

	if (!read_file(c->arena, c->helper->root, path, INI_MAX, &ini, &err))
		return;
	while (text_line(&ini, &line)) {
		line = text_trim(line);
		if (line.n == 0 || line.p[0] == ';' || !text_split(&line, '=', &key))
			continue;
		if (text_is(text_trim(key), "mail.log"))
			*log = text_cstr(c->arena, text_trim(line));
		else if (text_is(text_trim(key), "mail.add_x_header"))
			*header = text_cstr(c->arena, text_trim(line));
	}
}

static bool
is_on(const char *value)
{
	return value != NULL && (strcasecmp(value, "on") == 0 || strcmp(value, "1") == 0 ||
	    strcasecmp(value, "yes") == 0 || strcasecmp(value, "true") == 0);
}

bool
verb_php_get(struct verb_call *c, struct err *err)
{
	struct str out = str_in(c->arena, HELPER_OUT_MAX);
	struct php list[PHPS_MAX];
	size_t count = find_phps(c, list), i, j, n;

	(void)err;
	for (i = 0; i < count; i++) {
		const char *log = NULL, *header = NULL, **names;
		struct json *row = json_new_object(c->arena);

		read_ini(c, arena_printf(c->arena, "%s/php.ini", list[i].folder), &log, &header);
		names = list_folder(c->arena, c->helper->root, list[i].more, 512, &n);
		for (j = 0; j < n; j++)
			if (text_ends(text_of(names[j]), ".ini"))
				read_ini(c, arena_printf(c->arena, "%s/%s", list[i].more, names[j]), &log, &header);
		json_put_str(row, "path", list[i].folder);
		json_put_str(row, "log", log == NULL || log[0] == '\0' ? NULL : log);
		json_put_bool(row, "header", is_on(header));
		json_put_bool(row, "ours", exists(c->helper->root,
		    arena_printf(c->arena, "%s/%s", list[i].more, our_name)));
		str_addf(&out, "%s\n", json_print(c->arena, row));
	}
	c->reply->status = 0;
	c->reply->out = str_text(&out);
	return true;
}

/* --- writing --------------------------------------------------------------------------------------- */

/* These folders belong to root: nobody can exchange them while we write. */
static int
open_folder(const struct helper *h, const char *path)
{
	return openat(h->root, path + strspn(path, "/"), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool
write_ours(int folder)
{
	int fd = openat(folder, our_new_name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	bool ok;

	if (fd == -1)
		return false;
	ok = write(fd, our_text, sizeof(our_text) - 1) == (ssize_t)sizeof(our_text) - 1 &&
	    fchmod(fd, 0644) == 0 && fsync(fd) == 0;
	close(fd);
	if (!ok || renameat(folder, our_new_name, folder, our_name) == -1) {
		unlinkat(folder, our_new_name, 0);
		return false;
	}
	return true;
}

static bool
reload_units(struct verb_call *c, const struct php *list, size_t count, struct err *err)
{
	size_t i, j;

	if (!exists(c->helper->root, "/run/systemd/system"))
		return true;
	for (i = 0; i < count; i++) {
		for (j = 0; j < i && list[i].unit != NULL && (list[j].unit == NULL ||
		    strcmp(list[j].unit, list[i].unit) != 0); j++)
			;
		if (list[i].unit == NULL || j < i)
			continue;
		/* One that does not run, or is not there, is no failure. */
		if (!run_program(c->arena, (const char *const[]){ "systemctl", "--no-ask-password",
		    "try-reload-or-restart", list[i].unit, NULL }, (struct text){ "", 0 }, c->reply, err))
			return false;
	}
	return true;
}

static bool
change(struct verb_call *c, bool enable, struct err *err)
{
	struct php list[PHPS_MAX];
	size_t count = find_phps(c, list), i, done = 0;

	for (i = 0; i < count; i++) {
		int folder = open_folder(c->helper, list[i].more);
		bool ok = folder != -1 && (enable ? write_ours(folder) :
		    unlinkat(folder, our_name, 0) == 0 || errno == ENOENT);

		done += ok;
		if (folder != -1)
			close(folder);
	}
	if (done < count)
		return err_set(err, ERR_IO, "written in %zu of %zu folders", done, count);
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "no PHP is installed");
	if (!reload_units(c, list, count, err))
		return false;
	return verb_php_get(c, err);
}

bool
verb_php_enable(struct verb_call *c, struct err *err)
{
	return change(c, true, err);
}

bool
verb_php_disable(struct verb_call *c, struct err *err)
{
	return change(c, false, err);
}
