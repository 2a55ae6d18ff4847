/* What a site's files say: versions, heads, constants, signs of stolen goods; and what only looks like it. */

#include "test.h"

#include "base/arena.h"
#include "mail/php_words.h"
#include "mail/wordpress.h"

static void
test_words(struct arena *a)
{
	static const struct { const char *name, *php, *want; } cases[] = {
		{ "outside of the code", "eval(1) <b> <?xml version='1'?>", "" },
		{ "in and out", "a<?php b ?>c<?= d ?>e", "b d" },
		{ "short tag", "<? x", "x" },
		{ "a name that begins with php", "<?phpx y", "" },
		{ "comments", "<?php a // b\nc # d\ne /* f */ g", "a c e g" },
		{ "a comment ends at the tag", "<?php a // b ?> c <?php d", "a d" },
		{ "an attribute is code", "<?php #[A]\nb", "# [ A ] b" },
		{ "strings", "<?php 'a\\'b' \"c\\\"d\" e", "a\\'b c\\\"d e" },
		{ "a string without an end", "<?php 'abc", "abc" },
		{ "a comment without an end", "<?php a /* eval", "a" },
		{ "variables", "<?php $a $$b $ c", "a $ b $ c" },
		{ "members", "<?php $a->b A::c $d?->e", "a -> b A :: c d ?-> e" },
		{ "heredoc", "<?php <<<EOT\neval(\nEOT;\nx", "eval(\n ; x" },
		{ "nowdoc, its end indented", "<?php <<<'E'\n a\n  E . b", " a\n . b" },
		{ "heredoc whose word stands within", "<?php <<<E\nEx\nE\ny", "Ex\n y" },
		{ "heredoc without an end", "<?php <<<E\nabc", "abc" },
		{ "a shift is no heredoc", "<?php 1 <<< 2", "1 < < < 2" },
		{ "nothing", "", "" },
		{ "a tag alone", "<?php", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct php_words words = php_words(text_of(cases[i].php));
		struct php_word w;
		char got[256] = "";

		while (php_next(&words, &w)) {
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s", got[0] == '\0' ? "" : " ",
			    (int)w.text.n, w.text.p);
		}
		CHECK_STR(cases[i].name, got, cases[i].want);
	}
	(void)a;
}

static void
test_version(struct arena *a)
{
	static const struct { const char *name, *php, *version, *package; } cases[] = {
		{ "as WordPress has it", "<?php\n/**\n * @global string $wp_version\n */\n$wp_version = '6.8.3';\n"
		    "$wp_local_package = 'es_ES';\n", "6.8.3", "es_ES" },
		{ "in double quotes", "<?php $wp_version=\"6.9\";", "6.9", NULL },
		{ "in a comment", "<?php // $wp_version = '9.9';\n$wp_version = '6.1';", "6.1", NULL },
		{ "the first one", "<?php $wp_version = '6.1'; $wp_version = '9.9';", "6.1", NULL },
		{ "compared, not set", "<?php if ($wp_version == '5') exit;", NULL, NULL },
		{ "no PHP", "$wp_version = '6.8.3';", NULL, NULL },
		{ "markup is kept, control bytes are shown", "<?php $wp_version = \"<b>\x01\xff\";", "<b>\x01\\xff", NULL },
		{ "empty", "<?php $wp_version = ' ';", NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *version, *package;
		bool there = wp_version(a, text_of(cases[i].php), &version, &package);

		CHECK(cases[i].name, there == (cases[i].version != NULL));
		CHECK_STR(cases[i].name, version, cases[i].version);
		CHECK_STR(cases[i].name, package, cases[i].package);
	}
}

static void
test_constants(void)
{
	static const struct { const char *name, *php; int want; } cases[] = {
		{ "nothing said", "<?php define('DB_NAME', 'x');", -1 },
		{ "core off", "<?php define('WP_AUTO_UPDATE_CORE', false);", 0 },
		{ "core on", "<?php define( 'WP_AUTO_UPDATE_CORE', TRUE );", 1 },
		{ "small ones", "<?php define(\"WP_AUTO_UPDATE_CORE\", 'minor');", 1 },
		{ "a word that WordPress does not know", "<?php define('WP_AUTO_UPDATE_CORE', 'false');", -1 },
		{ "the updater off", "<?php define('AUTOMATIC_UPDATER_DISABLED', true);", 0 },
		{ "off with a number", "<?php define('AUTOMATIC_UPDATER_DISABLED', 1);", 0 },
		{ "not off", "<?php define('AUTOMATIC_UPDATER_DISABLED', false);", -1 },
		{ "off is stronger than on", "<?php define('WP_AUTO_UPDATE_CORE', true); define('DISALLOW_FILE_MODS', true);", 0 },
		{ "in a comment", "<?php # define('AUTOMATIC_UPDATER_DISABLED', true);\n", -1 },
		{ "in a string", "<?php $x = \"define('AUTOMATIC_UPDATER_DISABLED', true);\";", -1 },
		{ "the first holds", "<?php define('WP_AUTO_UPDATE_CORE', false); define('WP_AUTO_UPDATE_CORE', true);", 0 },
		{ "an expression", "<?php define('AUTOMATIC_UPDATER_DISABLED', getenv('X'));", -1 },
		{ "not defined, asked", "<?php if (!defined('AUTOMATIC_UPDATER_DISABLED')) exit;", -1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(cases[i].name, wp_auto_update(text_of(cases[i].php)) == cases[i].want);
}

static void
test_heads(struct arena *a)
{
	static const char plugin[] = "<?php\n/**\n * Plugin Name: Akismet  Anti-spam \n * Version:5.3\r * Author: x */\n";
	static const char style[] = "/*\nTheme Name: Twenty\nTemplate: parent\nVersion: 1.0 */\nbody { version: 2 }\n";
	char *late = arena_zalloc(a, WP_HEAD_BYTES + 64);

	CHECK_STR("name", wp_field(a, TEXT(plugin), "Plugin Name"), "Akismet  Anti-spam");
	CHECK_STR("version", wp_field(a, TEXT(plugin), "Version"), "5.3");
	CHECK_STR("cut at the end of the comment", wp_field(a, TEXT(plugin), "Author"), "x");
	CHECK_STR("not there", wp_field(a, TEXT(plugin), "Theme Name"), NULL);
	CHECK_STR("theme", wp_field(a, TEXT(style), "Theme Name"), "Twenty");
	CHECK_STR("its version", wp_field(a, TEXT(style), "Version"), "1.0");
	CHECK_STR("in one line", wp_field(a, TEXT("<?php /* Plugin Name: One */"), "Plugin Name"), "One");
	CHECK_STR("case does not matter", wp_field(a, TEXT("plugin name: x"), "Plugin Name"), "x");
	CHECK_STR("within a sentence", wp_field(a, TEXT("the Plugin Name: x"), "Plugin Name"), NULL);
	CHECK_STR("empty", wp_field(a, TEXT("Version:  */"), "Version"), NULL);
	CHECK_STR("bytes that are no UTF-8", wp_field(a, TEXT("Version: 1\xff"), "Version"), "1\\xff");
	memset(late, '\n', WP_HEAD_BYTES);
	memcpy(late + WP_HEAD_BYTES, "Version: 1", 11);
	CHECK_STR("beyond 8 KiB", wp_field(a, text_of(late), "Version"), NULL);
}

static void
test_signs(struct arena *a)
{
	static const struct { const char *name, *php, *want; } cases[] = {
		{ "the classic", "<?php eval(base64_decode('ZXZpbA=='));", "encoded_loader" },
		{ "in layers, with blanks, comments and case", "<?php @EVAL /* x */ ( gzinflate\n( str_rot13(BASE64_decode /**/ ('x')))));",
		    "encoded_loader" },
		{ "by a variable", "<?php $c = base64_decode($x); $d = $c; if (1) { eval($d); }", "encoded_loader" },
		{ "by a function without a name", "<?php $f='base'.'64_decode'; eval($f('x'));", "encoded_loader" },
		{ "assert", "<?php assert(base64_decode($_POST['a']));", "encoded_loader" },
		{ "what the visitor sends", "<?php eval($_POST['c']);", "request_code" },
		{ "a command of the visitor's", "<?php system($_GET[\"cmd\"]);", "request_code" },
		{ "an image that is run", "<?php include(dirname(__FILE__) . '/images/social.png');", "image_include" },
		{ "the same without brackets", "<?php require_once 'a/b.ICO';", "image_include" },
		{ "a text that is known", "<?php // Theme Nulled By somebody\n", "known_text" },
		{ "of the list only", "<?php // nulled\n", NULL },
		{ "code after the page", "<html>\n<?php eval(base64_decode('x')) ?>", "encoded_loader" },
		{ "a scanner's own list", "<?php $bad = ['eval(base64_decode', \"eval(gzinflate\"]; // eval(base64_decode('x'))\n", NULL },
		{ "in heredoc", "<?php $t = <<<X\neval(base64_decode('x'));\nX;\n", NULL },
		{ "decoded, not run", "<?php $img = base64_decode($data); echo $img; eval($other);", NULL },
		{ "a method of that name", "<?php $redis->eval($script); Template::eval(base64_decode('x'));", NULL },
		{ "a function of one's own", "<?php function eval_x() { } function assert($x) { base64_decode($x); }", NULL },
		{ "an image that is shown", "<?php echo 'logo.png'; include 'page.php';", NULL },
		{ "a check of one's own code", "<?php assert($factory($x) instanceof Y);", NULL },
		{ "no PHP", "eval(base64_decode('x'))", NULL },
		{ "nothing", "", NULL },
		{ "cut off", "<?php eval(", NULL },
	};
	struct json *lists = json_new_object(a), *list;
	struct wp_marks m;
	struct err err;

	json_add_str(json_put_array(lists, "names"), "wp-vcd.php");
	list = json_put_array(lists, "texts");
	json_add_str(list, "wp_cd_code");
	json_add_str(list, "nulled by");
	CHECK("marks", wp_marks_read(a, lists, &m, &err) && m.name_count == 1 && m.text_count == 2);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_STR(cases[i].name, wp_sign_of_php(a, &m, text_of(cases[i].php)), cases[i].want);
	CHECK_STR("a known file", wp_sign_of_name(&m, "WP-VCD.php"), "known_file");
	CHECK_STR("another file", wp_sign_of_name(&m, "wp-vcd.php.txt"), NULL);
	CHECK_STR("an image", wp_sign_of_image(TEXT("\x89PNG....<?PHP eval")), "hidden_code");
	CHECK_STR("an honest image", wp_sign_of_image(TEXT("\x89PNG....")), NULL);
	CHECK("silence is golden", !wp_has_code(TEXT("<?php\n// Silence is golden.\n")));
	CHECK("only ends", !wp_has_code(TEXT("<?php exit; ?>\nlog")));
	CHECK("does something", wp_has_code(TEXT("<?php echo 1;")));
	json_add_str(list, "abc");
	CHECK("a mark of three letters", !wp_marks_read(a, lists, &m, &err) && err.code == ERR_VALUE);
	CHECK("no object", !wp_marks_read(a, list, &m, &err));
}

/* A megabyte of calls within calls takes no longer than the file is long. */
static void
test_time(struct arena *a)
{
	const size_t n = 1024 * 1024;
	char *php = arena_alloc(a, n);
	struct wp_marks m = { NULL };

	for (size_t i = 0; i < n; i++)
		php[i] = "eval("[i % 5];
	memcpy(php, "<?php ", 6);
	wp_sign_of_php(a, &m, (struct text){ php, n });
	for (size_t i = 6; i < n; i++)
		php[i] = "$a='"[i % 4];
	wp_sign_of_php(a, &m, (struct text){ php, n });
	for (size_t i = 6; i < n; i++)
		php[i] = "<<<A\n"[i % 5];
	wp_sign_of_php(a, &m, (struct text){ php, n });
	CHECK("it came to an end", true);
}

int
main(void)
{
	struct arena *a = arena_new();

	test_words(a);
	test_version(a);
	test_constants();
	test_heads(a);
	test_signs(a);
	test_time(a);
	arena_free(a);
	TEST_END();
}
