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
LIBS    := -lfcgi -lcurl -lcjson -lcares -lyaml -lsqlite3 -lcrypto -lssl -lidn2 -lpsl -lzxcvbn -lm

Q       := $(if $(V),,@)

# --- what there is (found by wildcard: a new file needs no edit) ------------------------------------

SOURCES := $(filter-out cgi/main.c,$(wildcard cgi/*.c)) \
           $(wildcard cgi/*/*.c cgi/web/pages/*.c panel/*.c panel/*/*.c)
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o)
LIB     := $(OUT)/libasg.a
PROGRAM := $(OUT)/antispam-guide
UNITS   := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))

.DEFAULT_GOAL := all
.PHONY: all help units check-unit clean
.SECONDARY:

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

all: $(PROGRAM) ## build the program

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

# --- tests ------------------------------------------------------------------------------------------

$(OUT)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	@echo '  LD $@'
	$(Q)$(CC) $(ALL_CFLAGS) -Itests $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

units: $(UNITS:%=$(OUT)/unit/%)

check-unit: units ## the unit tables alone
	@tests/run-units $(UNITS:%=$(OUT)/unit/%)

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
