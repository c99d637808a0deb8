# concbench - see `make help`.
#
# A file's presence is its registration: the tables of subcommands, commands,
# formats and kinds are written from the files found (build/gen/). Objects, tables
# and programs live under BUILD, one folder a flavour.

VERSION = 0.1.0
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
ifeq ($(origin CC),default)
CC      = gcc
endif
PKG_CONFIG ?= pkg-config
CFLAGS  ?= -O2 -g
ARGS    ?= pool -n 4 -t 5

MAKEFLAGS += -rR
.SUFFIXES:

WARN = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wpedantic
WARN += $(if $(DEV),-Werror)
ALL_CFLAGS = -std=gnu17 $(WARN) -pthread -fno-omit-frame-pointer -fPIE \
             -I. -I$(BUILD)/gen -D_GNU_SOURCE -DCONCBENCH_VERSION='"$(VERSION)"' \
             $(shell $(PKG_CONFIG) --cflags jansson 2>/dev/null) $(SAN) $(CFLAGS)
ALL_LDFLAGS = -pthread -pie $(SAN) $(CFLAGS) $(LDFLAGS)
LIBS = $(shell $(PKG_CONFIG) --libs jansson 2>/dev/null || echo -ljansson) -lm

# Families: folder/prefix, type (symbol prefix, too), header that declares the table.
names = $(sort $(patsubst $(1)%.c,%,$(wildcard $(1)*.c)))
families = scenario command renderer crew_kind fork_kind
prefix_scenario  = scenarios/
prefix_command   = cli/cmd_
prefix_renderer  = cli/render_
prefix_crew_kind = core/crew/
prefix_fork_kind = core/fork/
header_scenario  = scenarios/scenario.h
header_command   = cli/command.h
header_renderer  = cli/render.h
header_crew_kind = core/crew.h
header_fork_kind = core/fork.h
kind_families    = crew_kind fork_kind

define table
/* Written by make from the files in $(prefix_$(1)); do not edit. */
#include "$(header_$(1))"
$(foreach n,$(call names,$(prefix_$(1))),extern const struct $(1) $(1)_$(n);)
const struct $(1) *const $(1)_table[] = {
$(foreach n,$(call names,$(prefix_$(1))),&$(1)_$(n),) NULL };
$(if $(filter $(1),$(kind_families)),const struct kind *const $(1)_list[] = {
$(foreach n,$(call names,$(prefix_$(1))),&$(1)_$(n).kind,) NULL };)
endef

# $(file) below writes while make expands the recipe: the folder must be there.
$(shell mkdir -p $(BUILD)/gen)

tables  = $(families:%=$(BUILD)/gen/table_%.c)
sources = $(sort $(wildcard cli/*.c scenarios/*.c core/*.c core/*/*.c))
objects = $(sources:%.c=$(BUILD)/%.o) $(tables:%.c=%.o)
library = $(filter-out $(BUILD)/cli/main.o,$(objects))

.PHONY: all unit run clean help FORCE
.SECONDARY:
all: $(BUILD)/concbench

$(BUILD)/concbench: $(objects)
	$(CC) $(ALL_LDFLAGS) -o $@ $(objects) $(LIBS)

$(BUILD)/%.o: %.c $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/gen/flags
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Rewritten only when the list of files changed, so a removed file counts, too.
$(BUILD)/gen/table_%.c: FORCE
	$(file >$@.new,$(call table,$*))
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# A change of compiler or flags rebuilds.
$(BUILD)/gen/flags: FORCE
	@echo '$(CC) $(subst ','\'',$(ALL_CFLAGS) $(ALL_LDFLAGS))' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# A Criterion program per core module; it links everything but main().
tests = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/test_*.c))
$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(library)
	$(CC) $(ALL_LDFLAGS) -o $@ $< $(library) -lcriterion $(LIBS)

unit: $(tests)
	set -e; for t in $(tests); do $$t; done

run: $(BUILD)/concbench
	$(BUILD)/concbench $(ARGS)

clean:
	rm -rf build

FORCE:

-include $(objects:.o=.d) $(tests:=.d)
