#ifndef MAIL_WORDPRESS_H
#define MAIL_WORDPRESS_H

/*
 * What the files of a WordPress site say of it: wp-includes/version.php, the
 * heads of plugins and themes (developer.wordpress.org: "Header Requirements"),
 * the constants of wp-config.php, and signs of stolen goods.  Pure, and never
 * sure of anything: the customer and whoever broke in wrote them.
 */

#include "base/json.h"

#define WP_HEAD_BYTES	8192		/* WordPress itself reads no more of a plugin or theme */
#define WP_FIELD_MAX	300		/* bytes of a title or version that are kept */

/* $wp_version and $wp_local_package; NULL = not there.  false = there is no version. */
bool	wp_version(struct arena *, struct text php, const char **version, const char **package);

/* One field of a head ("Plugin Name", "Version"), as WordPress' get_file_data() reads it; NULL = none. */
const char *wp_field(struct arena *, struct text head, const char *field);

/*
 * Do updates come by themselves, by the constants AUTOMATIC_UPDATER_DISABLED,
 * WP_AUTO_UPDATE_CORE and DISALLOW_FILE_MODS (wp-config.php, read as text)?
 * 0 no, 1 yes, -1 they do not say: the site's own settings do, in its database.
 */
int	wp_auto_update(struct text php);

/* --- signs -------------------------------------------------------------------------------------- */

/*
 * Names of files and texts that are known (templates/data/wordpress.yaml), all
 * in lower case.  {"names":[...],"texts":[...]} goes to the helper.
 */
struct wp_marks {
	const char	**names, **texts;
	size_t		 name_count, text_count;
};

#define WP_MARKS_MAX	200
#define WP_MARK_MIN	4		/* bytes of one: a single letter would be an oracle */
#define WP_MARK_MAX	80

bool	wp_marks_read(struct arena *, const struct json *, struct wp_marks *ret, struct err *);

/*
 * The sign that a file's name is ("known_file"), or NULL; the sign in a PHP
 * file, the worst first:
 *
 *	encoded_loader	eval() and its like, of what base64_decode() and its like give
 *	request_code	eval() and its like, of what the visitor sends
 *	image_include	include of something that is called an image
 *	known_text	a text of the list, also in comments
 */
const char *wp_sign_of_name(const struct wp_marks *, const char *name);
const char *wp_sign_of_php(struct arena *, const struct wp_marks *, struct text php);
const char *wp_sign_of_text(struct arena *, const struct wp_marks *, struct text);	/* "known_text" alone */
/* Any code at all: an index.php that is "silence is golden", or one that only ends, has none. */
bool	wp_has_code(struct text php);
/* "hidden_code": PHP in something that is called an image. */
const char *wp_sign_of_image(struct text head);

#endif
