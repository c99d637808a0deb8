# concbench - see `make help`.
#
# A file's presence is its registration: the tables of subcommands, commands,
# formats and kinds are written from the files found (build/gen/). Objects, tables
# and programs live under BUILD, one folder a flavour.

VERSION = 0.1.0
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
# In a sub-make -rR has taken the default away: it must come to the same compiler.
ifneq ($(filter default undefined,$(origin CC)),)
CC      = gcc
endif
PKG_CONFIG ?= pkg-config
CFLAGS  ?= -O2 -g
ARGS    ?= pool -n 4 -t 5

# `make deps run`: first install, then a fresh make, which sees what came.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
goals = $(filter-out deps,$(MAKECMDGOALS))
.PHONY: deps $(goals)
deps:
	./bootstrap --only $(or $(goals),dev)
	+$(if $(goals),$(MAKE) $(goals))
$(goals): deps
	@:
else


MAKEFLAGS += -rR
Q = $(if $(V),,@)
say = $(if $(V),,@echo '  $(1)')
.SUFFIXES:

WARN = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wpedantic
WARN += $(if $(DEV),-Werror)
# Sanitizers bring their own; _FORTIFY_SOURCE does nothing without optimization.
HARDEN = $(if $(SAN),,-fstack-protector-strong \
         $(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
JANSSON_CFLAGS := $(shell $(PKG_CONFIG) --cflags jansson 2>/dev/null)
JANSSON_LIBS := $(shell $(PKG_CONFIG) --libs jansson 2>/dev/null || echo -ljansson)
# Optional: `coro fetch`.
CURL_CFLAGS := $(shell $(PKG_CONFIG) --exists libcurl 2>/dev/null && \
                 echo -DCONCBENCH_CURL $$($(PKG_CONFIG) --cflags libcurl))
CURL_LIBS := $(shell $(PKG_CONFIG) --libs libcurl 2>/dev/null)
# Optional: `dist`.
LIBMD_CFLAGS := $(shell $(PKG_CONFIG) --exists libmd 2>/dev/null && \
                  echo -DCONCBENCH_LIBMD $$($(PKG_CONFIG) --cflags libmd))
LIBMD_LIBS := $(shell $(PKG_CONFIG) --libs libmd 2>/dev/null)
# Optional: the kind `rcu` of lock.
URCU_CFLAGS := $(shell $(PKG_CONFIG) --exists liburcu-bp 2>/dev/null && \
                 echo -DCONCBENCH_URCU $$($(PKG_CONFIG) --cflags liburcu-bp))
URCU_LIBS := $(shell $(PKG_CONFIG) --libs liburcu-bp 2>/dev/null)
# Optional: `dist --engine redis://`; TLS where hiredis brings it.
HIREDIS_CFLAGS := $(shell $(PKG_CONFIG) --exists hiredis 2>/dev/null && \
                    echo -DCONCBENCH_HIREDIS $$($(PKG_CONFIG) --cflags hiredis))
HIREDIS_LIBS := $(shell $(PKG_CONFIG) --libs hiredis 2>/dev/null)
ifeq ($(shell $(PKG_CONFIG) --exists hiredis_ssl openssl 2>/dev/null && echo yes),yes)
HIREDIS_CFLAGS += -DCONCBENCH_HIREDIS_SSL $(shell $(PKG_CONFIG) --cflags openssl)
HIREDIS_LIBS := $(shell $(PKG_CONFIG) --libs hiredis_ssl openssl) $(HIREDIS_LIBS)
endif
LIB_CFLAGS = $(JANSSON_CFLAGS) $(CURL_CFLAGS) $(URCU_CFLAGS) $(LIBMD_CFLAGS) $(HIREDIS_CFLAGS)
ALL_CFLAGS = -std=gnu17 $(WARN) -pthread -fno-omit-frame-pointer -fPIE \
             -I. -I$(BUILD)/gen -D_GNU_SOURCE -DCONCBENCH_VERSION='"$(VERSION)"' \
             -DCONCBENCH_CFLAGS='"$(strip $(SAN) $(CFLAGS))"' \
             $(LIB_CFLAGS) $(HARDEN) $(SAN) $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pthread -pie -Wl,-z,relro,-z,now $(SAN) $(CFLAGS) $(LDFLAGS)
LIBS = $(JANSSON_LIBS) $(CURL_LIBS) $(URCU_LIBS) $(LIBMD_LIBS) $(HIREDIS_LIBS) -lm

# Put under other programs by `lock --preload`; it knows the mutexes of glibc.
GLIBC := $(shell echo '#include <features.h>' | $(CC) $(CPPFLAGS) -E -dM - 2>/dev/null | grep -w __GLIBC__)
PRELOAD = $(if $(GLIBC),$(BUILD)/libconcbench_preload.so)

# Families: folder/prefix, type (symbol prefix, too), header that declares the table.
names = $(sort $(patsubst $(1)%.c,%,$(wildcard $(1)*.c)))
families = scenario command renderer coro_kind crew_kind dist_engine fork_kind lock_kind link_kind queue_kind \
           spawn_kind tls_kind verify_lock verify_queue versus_model
prefix_scenario  = scenarios/
prefix_command   = cli/cmd_
prefix_renderer  = cli/render_
prefix_coro_kind = core/coro/
prefix_crew_kind = core/crew/
prefix_dist_engine = core/dist/engine_
prefix_fork_kind = core/fork/
prefix_spawn_kind = core/spawn/
prefix_link_kind = core/link/
prefix_queue_kind = core/queue/
prefix_lock_kind = core/lock/
prefix_tls_kind  = core/tls/
prefix_versus_model = scenarios/versus/model_
# The same files once more, compiled for `concbench verify`.
prefix_verify_lock  = core/lock/
prefix_verify_queue = core/queue/
type_verify_lock    = lock_kind
type_verify_queue   = queue_kind
header_verify_lock  = scenarios/verify/programs.h
header_verify_queue = scenarios/verify/programs.h
header_scenario  = scenarios/scenario.h
header_command   = cli/command.h
header_renderer  = cli/render.h
header_coro_kind = core/coro.h
header_crew_kind = core/crew.h
header_dist_engine = core/dist/engine.h
header_fork_kind = core/fork.h
header_link_kind = core/link.h
header_queue_kind = core/queue.h
header_spawn_kind = core/spawn.h
header_lock_kind = core/lock.h
header_tls_kind  = core/tls.h
header_versus_model = scenarios/versus/model.h
kind_families    = $(filter-out scenario command renderer,$(families))

# Tables do not change, but for the locks: users load theirs behind the end.
room_lock_kind = , NULL , NULL , NULL , NULL , NULL , NULL , NULL , NULL
$(foreach f,$(filter-out lock_kind,$(families)),$(eval const_$(f) = const))

define table
/* Written by make from the files in $(prefix_$(1)); do not edit. */
#include "$(header_$(1))"
$(foreach n,$(call names,$(prefix_$(1))),extern const struct $(or $(type_$(1)),$(1)) $(1)_$(n);)
const struct $(or $(type_$(1)),$(1)) *$(const_$(1)) $(1)_table[] = {
$(foreach n,$(call names,$(prefix_$(1))),&$(1)_$(n),) NULL $(room_$(1)) };
$(if $(filter $(1),$(kind_families)),const struct kind *$(const_$(1)) $(1)_list[] = {
$(foreach n,$(call names,$(prefix_$(1))),&$(1)_$(n).kind,) NULL $(room_$(1)) };)
$(if $(room_$(1)),const int $(1)_room = $(words $(filter NULL,$(room_$(1))));)
endef

# $(file) below writes while make expands the recipe: the folder must be there.
$(shell mkdir -p $(BUILD)/gen)

tables  = $(families:%=$(BUILD)/gen/table_%.c)
sources = $(sort $(wildcard cli/*.c scenarios/*.c scenarios/*/*.c core/*.c core/*/*.c))
verified = $(wildcard core/lock/*.c core/queue/*.c)
objects = $(sources:%.c=$(BUILD)/%.o) $(tables:%.c=%.o) $(BUILD)/gen/commit.o $(verified:%.c=$(BUILD)/verify/%.o)
library = $(filter-out $(BUILD)/cli/main.o,$(objects))

.PHONY: all run check test-programs unit runs golden faults fuzz questions models asan tsan lint lint-code selftest fmt \
        bench-peers man install uninstall clean help FORCE
.SECONDARY:
all: $(BUILD)/concbench $(PRELOAD) ## the program, build/concbench

$(BUILD)/concbench: $(objects)
	$(call say,LD $@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(objects) $(LIBS)

$(BUILD)/%.o: %.c $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(call say,CC $<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# core/lock/mcs.c defines lock_kind_mcs; here that is verify_lock_mcs.
$(BUILD)/verify/core/%.o: core/%.c $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(call say,CC $< for verify)
	$(Q)$(CC) $(ALL_CFLAGS) -DCONCBENCH_VERIFY -DLOCK_WITHOUT_LOOPS -D$(*D)_kind_$(*F)=verify_$(*D)_$(*F) \
		-MMD -MP -c -o $@ $<

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/gen/flags
	$(call say,CC $<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The library of `lock --preload`: the locks once more, as a library needs them, and
# without a sanitizer, for what it is put under has none.
PRELOAD_CORE = err lock lock_plug futex clock hist sysv
preload_c = $(sort $(wildcard preload/*.c core/lock/*.c)) $(PRELOAD_CORE:%=core/%.c)
preload_o = $(preload_c:%.c=$(BUILD)/pic/%.o) $(BUILD)/pic/table_lock_kind.o
PIC_CFLAGS = $(filter-out -fPIE $(SAN) $(URCU_CFLAGS),$(ALL_CFLAGS)) -fPIC -fvisibility=hidden \
             -ftls-model=initial-exec -fexceptions \
             $(if $(filter core/%,$<),-DPRELOAD_RENAMES -DLOCK_WITHOUT_LOOPS -include preload/real.h)

$(BUILD)/libconcbench_preload.so: $(preload_o)
	$(call say,LD $@)
	$(Q)$(CC) -shared -pthread -Wl,-z,relro,-z,now,-z,defs $(CFLAGS) $(LDFLAGS) -o $@ \
		$(preload_o) -ldl -lm

$(BUILD)/pic/%.o: %.c $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(call say,CC $< (pic))
	$(Q)$(CC) $(PIC_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/pic/table_%.o: $(BUILD)/gen/table_%.c $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(PIC_CFLAGS) -MMD -MP -c -o $@ $<

# Rewritten only when the list of files changed, so a removed file counts, too.
$(BUILD)/gen/table_%.c: FORCE
	$(file >$@.new,$(call table,$*))
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# The commit that results name; `make COMMIT=...` where there is no checkout.
COMMIT ?= $(shell [ -e .git ] && git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown)
$(BUILD)/gen/commit.c: FORCE
	@printf '%s\n' '/* Written by make; do not edit. */' '#include "core/commit.h"' \
		'const char commit_text[] = "$(COMMIT)";' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# A change of compiler or flags rebuilds.
$(BUILD)/gen/flags: FORCE
	@n=$@.$$$$; echo '$(CC) $(subst ','\'',$(ALL_CFLAGS) $(ALL_LDFLAGS) $(PIC_CFLAGS))' >$$n; \
		cmp -s $$n $@ && rm $$n || mv $$n $@

# A Criterion program per core module; it links everything but main().
tests = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/test_*.c))
$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(library)
	$(call say,LD $@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(library) -lcriterion $(LIBS)

# Preloaded by `faults`: the N-th call of a function fails.
$(BUILD)/tests/fault.so: tests/fault.c $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(call say,CC $<)
	$(Q)$(CC) $(filter-out -fPIE,$(ALL_CFLAGS)) -fPIC -shared -o $@ $< -ldl

run: $(BUILD)/concbench ## run the program: make run ARGS='pool -n 4 -t 5'
	$(BUILD)/concbench $(ARGS)

check: ## all tests: lint-code, selftest, unit, runs, faults, questions
	+@$(MAKE) --no-print-directory -k -Otarget lint-code selftest unit runs faults questions

test-programs: all $(tests) $(BUILD)/tests/fault.so ## build what check runs

unit: $(tests) ## Criterion tests of the modules
	@tests/unit.py $(BUILD) $(tests)

runs: $(BUILD)/concbench $(PRELOAD) $(BUILD)/tests/fault.so ## runs of the program against tests/golden/; ONLY='fork*'
	@tests/golden.py $(BUILD) $(ONLY)

golden: $(BUILD)/concbench $(PRELOAD) $(BUILD)/tests/fault.so ## rewrite what these runs expect, show the change; ONLY=
	-tests/golden.py --accept $(BUILD) $(ONLY)
	git --no-pager diff --stat -p -- tests/golden

faults: $(BUILD)/concbench $(BUILD)/tests/fault.so ## every call fails once: no crash, no leftover
	@tests/faults.py $(BUILD) $(ONLY)

questions: $(BUILD)/concbench ## the commands of docs/QUESTIONS.md end as it says
	@tests/questions.py $(BUILD)

asan: ## unit tests and runs under AddressSanitizer and UBSan
	+tests/sanitize.sh asan $(MAKE) -k BUILD=build/asan unit runs \
		SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined'

tsan: ## runs under ThreadSanitizer (Criterion cannot run under it)
	+tests/sanitize.sh tsan $(MAKE) BUILD=build/tsan runs SAN=-fsanitize=thread

models: ## models of locks, searched exhaustively by spin; MODELS='mcs clh'
	@CC='$(CC)' tests/models.sh $(BUILD)/models $(MODELS)

# The reader of what peers send, fed with mutations of captured sessions.
FUZZ_TIME ?= 20
fuzzed = core/err.c $(patsubst %,core/dist/%.c,auth lanes mac value wire) \
         $(wildcard core/dist/pickle*.c) tests/fuzz/dist_reader.c
$(BUILD)/fuzz/dist_reader: $(fuzzed) $(BUILD)/gen/flags
	@mkdir -p $(@D)
	$(call say,CLANG $@)
	$(Q)clang -g -O1 -std=gnu17 -I. -D_GNU_SOURCE $(LIBMD_CFLAGS) \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-o $@ $(fuzzed) $(LIBMD_LIBS)

fuzz: $(BUILD)/fuzz/dist_reader ## feed the readers of dist with mutations (clang); FUZZ_TIME=20
	@tests/fuzz/corpus.py tests/fixtures/managers $(BUILD)/fuzz/seeds
	@mkdir -p $(BUILD)/fuzz/corpus
	$(BUILD)/fuzz/dist_reader -max_total_time=$(FUZZ_TIME) -max_len=65536 -timeout=10 \
		-rss_limit_mb=1024 -verbosity=0 -print_final_stats=1 \
		-artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus $(BUILD)/fuzz/seeds

ours = $(sort $(wildcard $(foreach d,cli scenarios core include preload core/* scenarios/*,$(d)/*.[ch])))
ours_all = $(ours) $(wildcard tests/*.[ch] tests/fuzz/*.[ch] bench/*.[ch])
TIDY_FLAGS = -std=gnu17 $(filter-out -Werror,$(WARN)) -Watomic-implicit-seq-cst -I. \
             -I$(BUILD)/gen -D_GNU_SOURCE -DCONCBENCH_VERSION=\"lint\" $(LIB_CFLAGS)

lint-code: ## layers, banned calls, edges of atomics
	@tests/lint.sh $(ours_all)

selftest: $(BUILD)/concbench $(PRELOAD) ## that lints and runs can fail; the walks of HACKING.md
	@tests/lint_selftest.sh
	@tests/golden_selftest.sh
	+@DEV='$(DEV)' tests/hacking.sh $(BUILD)

lint: lint-code ## that, clang-tidy, cppcheck and the format
	@rc=0; clang-format --dry-run -Werror $(ours_all) || rc=1; \
	printf '%s\n' $(sources) $(wildcard preload/*.c) | xargs -P $$(nproc) -n 1 sh -c \
		'clang-tidy --quiet "$$1" -- $(TIDY_FLAGS) 2>/dev/null' tidy || rc=1; \
	cppcheck --quiet --std=c11 --enable=warning,performance,portability -j $$(nproc) \
		--inline-suppr --error-exitcode=1 --suppress=missingInclude \
		--suppress=uninitvar --suppress=nullPointerRedundantCheck -I. -D_GNU_SOURCE -DCONCBENCH_VERSION='""' \
		$(sources) $(wildcard preload/*.c) || rc=1; exit $$rc

fmt: ## format the sources
	clang-format -i $(ours_all)

bench-peers: $(BUILD)/concbench ## measure against the peers that Debian packages
	bench/run
	bench/run_spawn
	bench/run_coro
	bench/run_queue
	bench/run_lock
	bench/run_lock_instruments
	bench/run_dist_redis
	bench/run_dist

man: docs/concbench.1 ## write the man page from the tables
docs/concbench.1: $(BUILD)/concbench FORCE
	$(BUILD)/concbench man >$@.new && mv $@.new $@

share = $(DESTDIR)$(PREFIX)/share
installed = $(DESTDIR)$(PREFIX)/bin/concbench $(share)/man/man1/concbench.1 \
	$(share)/bash-completion/completions/concbench \
	$(share)/zsh/site-functions/_concbench \
	$(share)/fish/vendor_completions.d/concbench.fish \
	$(DESTDIR)$(PREFIX)/include/concbench_lock.h \
	$(if $(PRELOAD),$(DESTDIR)$(PREFIX)/lib/concbench/libconcbench_preload.so)

install: $(BUILD)/concbench $(PRELOAD) ## program, man page, completions, header and library of locks; PREFIX=/usr/local DESTDIR=
	install -d $(sort $(dir $(installed)))
	install -m 755 $(BUILD)/concbench $(word 1,$(installed))
	$(BUILD)/concbench man >$(word 2,$(installed))
	$(BUILD)/concbench completion bash >$(word 3,$(installed))
	$(BUILD)/concbench completion zsh >$(word 4,$(installed))
	$(BUILD)/concbench completion fish >$(word 5,$(installed))
	install -m 644 include/concbench_lock.h $(word 6,$(installed))
	$(if $(PRELOAD),install -m 755 $(PRELOAD) $(word 7,$(installed)))

uninstall: ## take away what install brought
	rm -f $(installed)

clean: ## remove build/
	rm -rf build

help: ## this list
	@echo 'Variables: CC CFLAGS LDFLAGS BUILD=build DEV=1 (warnings are errors)'
	@echo '  deps         install what a target needs: make deps check (Debian, Ubuntu)'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | \
		while IFS="$$(printf '\t')" read -r t d; do printf '  %-12s %s\n' "$$t" "$$d"; done

FORCE:

-include $(objects:.o=.d) $(preload_o:.o=.d) $(tests:=.d)

endif
