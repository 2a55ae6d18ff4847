# Anti-Spam Guide: one file, read from top to bottom.  `make help` lists what it can do.

# --- settings -------------------------------------------------------------------------------------

PREFIX  ?= /usr
DESTDIR ?=
VERSION := $(shell cat VERSION)

CC      ?= cc
BUILD   ?= build
ifeq ($(SAN),1)
OUT     := $(BUILD)/san
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT     := -O1
else
OUT     := $(BUILD)
SANFLAGS :=
OPT     := -O2
endif

WARN    := -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wstrict-prototypes \
           -Wmissing-prototypes -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wno-missing-field-initializers -Werror
DEFS    := -D_GNU_SOURCE -DASG_VERSION='"$(VERSION)"' -DASG_DATADIR='"$(PREFIX)/share/antispam-guide"'
CFLAGS  ?= -g
ALL_CFLAGS := -std=c11 $(OPT) $(CFLAGS) $(WARN) $(DEFS) $(SANFLAGS) -fstack-protector-strong \
           -Icgi -I. -MMD -MP -pthread
# Where there is no zxcvbn (AlmaLinux), ZXCVBN=0 builds a simpler estimate of our own.
ZXCVBN  ?= 1
LIBS    := -lfcgi -lcurl -lcjson -lcares -lyaml -lsqlite3 -lcrypto -lssl -lidn2 -lpsl $(if $(filter 1,$(ZXCVBN)),-lzxcvbn) -lm

Q       := $(if $(V),,@)
JOBS    := $(shell nproc)

# --- what there is (found by wildcard: a new file needs no edit) ------------------------------------

SOURCES := $(filter-out cgi/main.c,$(wildcard cgi/*.c)) \
           $(filter-out cgi/helper/main.c cgi/tools/password_bits_$(if $(filter 1,$(ZXCVBN)),plain,zxcvbn).c,$(wildcard cgi/*/*.c)) \
           $(wildcard cgi/web/pages/*.c panel/*.c panel/*/*.c)
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o)
LIB     := $(OUT)/libasg.a
PROGRAM := $(OUT)/antispam-guide
HELPER  := $(OUT)/antispam-guide-helper
UNITS   := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))

.DEFAULT_GOAL := all
.PHONY: all help units check check-long check-sanitized check-unit check-fuzz fuzz bench clean deps servers run extension plugin install package
.SECONDARY:

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

all: $(PROGRAM) $(HELPER) ## build the program and its privileged helper

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	@echo '  CC $<'
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIB): $(OBJECTS)
	@rm -f $@
	@ar rcs $@ $(OBJECTS)

$(PROGRAM): $(OUT)/cgi/main.o $(LIB)
	@echo '  LD $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

# It runs as root: no more than JSON and texts is in it.
$(HELPER): $(OUT)/cgi/helper/main.o $(LIB)
	@echo '  LD $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) -lcjson -lm

# --- what it needs ------------------------------------------------------------------------------------

# Debian packages, each with its reason.  Compilers, libraries and tools only: servers for tests and
# demonstration are unpacked below $(BUILD)/servers by tests/live/servers/fetch.py, never installed.
PACKAGES :=
PACKAGES += gcc libc6-dev make            # builds the program
PACKAGES += libfcgi-dev                   # FastCGI, the backend's face
PACKAGES += libcurl4-openssl-dev          # HTTPS to the panel
PACKAGES += libc-ares-dev                 # DNS
PACKAGES += libcjson-dev libyaml-dev      # JSON; configuration and words
PACKAGES += libsqlite3-dev                # journal and reports
PACKAGES += libssl-dev                    # signatures, keys, STARTTLS
PACKAGES += libidn2-dev libpsl-dev        # domain names: letters beyond ASCII, organisational domains
PACKAGES += libzxcvbn-dev                 # strength of a password
PACKAGES += python3 python3-yaml          # tests, simulators and demonstration
PACKAGES += openssl                       # the simulated panel's certificate and DKIM keys
PACKAGES += ca-certificates               # apt over HTTPS, TLS checks of mail servers

# What only the tests need.
TEST_PACKAGES :=
TEST_PACKAGES += chromium chromium-driver # the pages in a real browser
TEST_PACKAGES += python3-selenium         # speaks to the driver

# Debian's own Python: the one that python3-yaml belongs to.
PYTHON  ?= $(firstword $(wildcard /usr/bin/python3) python3)

deps: $(BUILD)/deps.ok ## install what is missing (as root), or say the one line that does

# As root, what is missing is installed; anybody else is told the line to give to root.
$(BUILD)/deps.ok: NEEDED = $(PACKAGES)
$(BUILD)/test-deps.ok: NEEDED = $(PACKAGES) $(TEST_PACKAGES)
$(BUILD)/deps.ok $(BUILD)/test-deps.ok: Makefile
	@mkdir -p $(@D)
	@missing=$$(for p in $(NEEDED); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q ' installed$$' || echo $$p; done); \
	if [ -z "$$missing" ]; then touch $@; exit 0; fi; \
	line="apt-get install -y --no-install-recommends "$$(echo $$missing); \
	if [ "$$(id -u)" = 0 ]; then \
		echo "installing: "$$missing; \
		export DEBIAN_FRONTEND=noninteractive; \
		{ $$line >$(BUILD)/deps.log 2>&1 || { apt-get update && $$line; } >$(BUILD)/deps.log 2>&1; } || \
			{ tail -n 20 $(BUILD)/deps.log; echo "could not install: $$line"; exit 1; }; \
		touch $@; \
	else \
		echo "some packages are missing; as root, run:"; echo "    $$line"; exit 1; \
	fi

# `make run` and `make check` see to it by themselves, before anything is compiled.
ifneq ($(filter run check check-%,$(MAKECMDGOALS)),)
$(OBJECTS) $(OUT)/cgi/main.o: | $(BUILD)/deps.ok
endif

# --- demonstration ------------------------------------------------------------------------------------

# PANEL=plesk, cpanel: simulated; PANEL=postfix: a real Postfix without panel (needs root)
PANEL   ?= plesk

servers: $(BUILD)/deps.ok ## unpack the server packages that tests and demonstration need
	@$(PYTHON) tests/live/servers/fetch.py

run: $(BUILD)/deps.ok ## a small provider on this machine: simulated Plesk, real DNS, the pages (Ctrl-C ends it)
	@$(MAKE) --no-print-directory -s -j$(JOBS) all servers
	@BUILD=$(BUILD) $(PYTHON) tests/live/demo.py --panel $(PANEL) --backend $(PROGRAM) $(DEMO)

# --- installing ------------------------------------------------------------------------------------------

BINDIR  ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec/antispam-guide
DATADIR ?= $(PREFIX)/share/antispam-guide
MANDIR  ?= $(PREFIX)/share/man
SYSTEMD ?= $(PREFIX)/lib

# The prefix is compiled in, for the templates: give it to `make` as well.
install: all ## below DESTDIR and PREFIX: programs, templates, manual pages, systemd's units
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(DATADIR) $(DESTDIR)$(SYSTEMD)/systemd/system
	install -m 755 $(PROGRAM) $(DESTDIR)$(BINDIR)/antispam-guide
	install -m 755 $(HELPER) $(DESTDIR)$(LIBEXECDIR)/antispam-guide-helper
	rm -rf $(DESTDIR)$(DATADIR)/templates
	cp -R templates $(DESTDIR)$(DATADIR)/templates
	chmod -R u=rwX,go=rX $(DESTDIR)$(DATADIR)/templates
	install -m 644 packaging/config.yaml $(DESTDIR)$(DATADIR)/config.yaml.example
	install -D -m 644 packaging/tmpfiles.conf $(DESTDIR)$(SYSTEMD)/tmpfiles.d/antispam-guide.conf
	install -D -m 644 packaging/sysusers.conf $(DESTDIR)$(SYSTEMD)/sysusers.d/antispam-guide.conf
	for f in packaging/systemd/*.in; do \
		to=$(DESTDIR)$(SYSTEMD)/systemd/system/$$(basename $$f .in); \
		sed 's|@BINDIR@|$(BINDIR)|g; s|@LIBEXECDIR@|$(LIBEXECDIR)|g' $$f >$$to && chmod 644 $$to || exit 1; done
	for f in man/*.[158]; do install -D -m 644 $$f $(DESTDIR)$(MANDIR)/man$${f##*.}/$${f##*/} || exit 1; done

DEB     := $(BUILD)/antispam-guide_$(VERSION).deb

package: $(BUILD)/antispam-guide-plesk.zip $(BUILD)/antispam-guide-cpanel.tar.gz ## the Debian package, the Plesk extension with it inside, the cPanel plugin

# The package is for /usr, whatever PREFIX the checkout was built with.
$(DEB): $(PROGRAM) $(HELPER) $(shell find templates packaging man -type f)
	@[ "$(PREFIX)" = /usr ] || { echo "the package is built with PREFIX=/usr"; exit 1; }
	@rm -rf $(BUILD)/deb
	@$(MAKE) --no-print-directory install DESTDIR=$(abspath $(BUILD)/deb) >/dev/null
	@packaging/deb $(abspath $(BUILD)/deb) $(VERSION) $@
	@echo '  DEB $@'

extension: $(BUILD)/antispam-guide-plesk.zip ## the Plesk extension as a zip, the backend's package inside

$(BUILD)/antispam-guide-plesk.zip: $(DEB) $(shell find panel/plesk/extension -type f)
	@rm -rf $@ $(BUILD)/extension
	@cp -R panel/plesk/extension $(BUILD)/extension
	@mkdir -p $(BUILD)/extension/plib/payload
	@cp $(DEB) $(BUILD)/extension/plib/payload/antispam-guide_$(VERSION)_$$(dpkg --print-architecture).deb
	@cd $(BUILD)/extension && $(PYTHON) -m zipfile -c $(abspath $@) *
	@echo '  ZIP $@'

plugin: $(BUILD)/antispam-guide-cpanel.tar.gz ## the cPanel plugin: what stands in the panel, and the backend's source

# cPanel's systems have an older C library than this one, so it carries the source and builds where it is installed.
# The panel's page is always light, so its style sheet has no dark half.
PLUGIN  := panel/cpanel/plugin
PAYLOAD := Makefile VERSION cgi panel templates packaging man
$(BUILD)/antispam-guide-cpanel.tar.gz: $(shell find $(PAYLOAD) -type f)
	@rm -rf $(BUILD)/plugin && mkdir -p $(BUILD)/plugin
	@cp -R $(PLUGIN) $(BUILD)/plugin/antispam-guide-cpanel-$(VERSION)
	@cd $(BUILD)/plugin/antispam-guide-cpanel-$(VERSION) && mkdir source && \
		cp $(CURDIR)/VERSION . && \
		sed -i 's/@VERSION@/$(VERSION)/' theme/index.html.tt whm/main.tmpl && \
		cp $(CURDIR)/templates/static/asg.js theme/asg.js && \
		sed '/^@media screen and (prefers-color-scheme: dark) {/,/^}/d' $(CURDIR)/templates/static/asg.css >theme/asg.css && \
		(cd $(CURDIR) && tar -cf - --exclude=panel/plesk/extension --exclude=$(PLUGIN) $(PAYLOAD)) | tar -C source -xf - && \
		find . -name __pycache__ -prune -exec rm -rf {} + && chmod -R u=rwX,go=rX .
	@tar -C $(BUILD)/plugin --owner=0 --group=0 --sort=name -czf $@ antispam-guide-cpanel-$(VERSION)
	@echo '  TAR $@'

# --- tests ------------------------------------------------------------------------------------------

$(OUT)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	@echo '  LD $@'
	$(Q)$(CC) $(ALL_CFLAGS) -Itests $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

$(OUT)/live/%: tests/live/%.c $(LIB)
	@mkdir -p $(@D)
	@echo '  LD $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

# Drivers for the comparison with other programs: make build/diff/spf_lines
$(OUT)/diff/%: tests/diff/%.c $(LIB)
	@mkdir -p $(@D)
	@echo '  LD $@'
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

units: $(UNITS:%=$(OUT)/unit/%)

check-unit: units ## the unit tables and JSON cases alone
	@tests/run-units $(UNITS:%=$(OUT)/unit/%)

# A fuzz target is built for the short run of `make check` (any compiler, fixed rounds) and, with clang,
# for libFuzzer.
FUZZ    := $(patsubst tests/fuzz/%.c,%,$(filter-out tests/fuzz/driver.c,$(wildcard tests/fuzz/*.c)))
ROUNDS  ?= 3000
FUZZ_SECONDS ?= 600

$(OUT)/fuzz/%: tests/fuzz/%.c tests/fuzz/driver.c $(LIB)
	@mkdir -p $(@D)
	@echo '  LD $@'
	$(Q)$(CC) $(ALL_CFLAGS) -Wno-missing-prototypes -Itests $(LDFLAGS) -o $@ $< tests/fuzz/driver.c $(LIB) $(LIBS)

check-fuzz: $(FUZZ:%=$(OUT)/fuzz/%)
	@tests/run-fuzz $(ROUNDS) $(FUZZ:%=$(OUT)/fuzz/%)

$(BUILD)/libfuzzer/%: tests/fuzz/%.c $(SOURCES)
	@mkdir -p $(@D)
	clang -std=c11 -O1 -g $(DEFS) -fsanitize=fuzzer,address,undefined -Icgi -I. -Itests -pthread \
		-o $@ $< $(SOURCES) $(LIBS)

fuzz: $(FUZZ:%=$(BUILD)/libfuzzer/%) ## every fuzz target with libFuzzer, FUZZ_SECONDS each (needs clang)
	@for t in $(FUZZ); do mkdir -p $(BUILD)/corpus/$$t; \
		$(BUILD)/libfuzzer/$$t -max_total_time=$(FUZZ_SECONDS) -timeout=5 -rss_limit_mb=512 \
		$(BUILD)/corpus/$$t tests/fuzz/corpus/$$t || exit 1; done

# Each live test is a program of its own over real servers.
LIVE    := $(sort $(wildcard tests/live/[0-9]*.py))
LIVE_C  := $(patsubst tests/live/%.c,$(OUT)/live/%,$(wildcard tests/live/*.c))
BROWSER := $(sort $(wildcard tests/browser/[0-9]*.py))

check: $(BUILD)/test-deps.ok ## all the tests; ends with N passed, N failed
	@$(MAKE) --no-print-directory -j$(JOBS) all units $(LIVE_C) extension plugin
	@$(MAKE) --no-print-directory -j$(JOBS) SAN=1 units $(FUZZ:%=$(BUILD)/san/fuzz/%)
	@$(MAKE) --no-print-directory servers
	@BUILD=$(BUILD) tests/run-all \
		rules='$(PYTHON) tests/rules/includes' \
		pages='$(PYTHON) tests/rules/pages' \
		cases='$(PYTHON) tests/rules/cases' \
		manual='$(PYTHON) tests/rules/manual' \
		traps='$(PYTHON) tests/rules/traps' \
		units='$(MAKE) --no-print-directory check-unit' \
		units-sanitized='$(MAKE) --no-print-directory SAN=1 check-unit' \
		fuzz='$(MAKE) --no-print-directory SAN=1 check-fuzz' \
		--again $(foreach t,$(BROWSER) $(LIVE),$(basename $(notdir $(t)))='$(PYTHON) $(t)')

check-long: $(BUILD)/test-deps.ok ## SIGKILL at 1,200 moments of fixes and undos on three panels, 2,000 domains with planted faults
	@$(MAKE) --no-print-directory -j$(JOBS) all extension
	@$(MAKE) --no-print-directory servers
	@BUILD=$(BUILD) LIMIT_S=7200 tests/run-all kills-plesk='KILLS=200 $(PYTHON) tests/live/40_apply.py' \
		kills-cpanel='KILLS=200 $(PYTHON) tests/live/70_cpanel_kills.py' \
		kills-postfix='KILLS=200 $(PYTHON) tests/live/69_postfix_kills.py' \
		kills-bulk='KILLS=30 $(PYTHON) tests/live/69_bulk_fixes.py' \
		bulk='FLEET=2000 $(PYTHON) tests/live/55_bulk.py'

# A tree of its own beside the plain one, so that every test finds the sanitized program where it looks.
ASAN    := $(BUILD)/asan
check-sanitized: $(BUILD)/test-deps.ok ## the live tests with the program under the sanitizers
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(ASAN) OUT=$(ASAN) SAN=1 all $(patsubst tests/live/%.c,$(ASAN)/live/%,$(wildcard tests/live/*.c)) extension plugin
	@$(MAKE) --no-print-directory BUILD=$(ASAN) servers
	@BUILD=$(ASAN) ASAN_OPTIONS=detect_leaks=0 LIMIT_S=3000 tests/run-all \
		--again $(foreach t,$(LIVE),$(basename $(notdir $(t)))='$(PYTHON) $(t)')

# --- benchmarks ---------------------------------------------------------------------------------------

$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	@echo '  LD $@'
	$(Q)$(CC) -std=c11 -O2 $(WARN) $(DEFS) -pthread -o $@ $< -lfcgi -lcares

bench: $(BUILD)/deps.ok $(PROGRAM) $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c)) $(BUILD)/diff/spf_lines servers ## measure against peers; writes tests/bench/RESULTS.md
	@BUILD=$(BUILD) $(PYTHON) tests/bench/bench.py $(BENCH)

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(shell find $(OUT) -path $(OUT)/servers -prune -o -path $(OUT)/run -prune -o -type f -name '*.d' -print 2>/dev/null)
