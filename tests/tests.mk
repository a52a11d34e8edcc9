# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# Targets that test, measure and fuzz; included by the Makefile.
#
# make check        without root: unit, fuzz corpora, structure, replay, docs; under ASan and UBSan
# make check-root   as root: the real programs in this kernel, real containers
# make check-vm     other kernels, emulated
# make check-all    check and check-root, whatever the first says, and one total
# make check ONLY=WORD   only the suites whose names hold WORD (check-root and check-vm, too)
#
# Every suite is a program that speaks TAP, run by tests/run-suite. The last line of each target is
# "N passed, N failed, N skipped", and its status says whether all is well.

ONLY ?=
SUMMARY ?= tests/summary
ACTOR_SRC := $(wildcard tests/integ/actors/*.c)
INTEG := $(sort $(wildcard tests/integ/test_*))
VM := $(sort $(wildcard tests/vm/test_*))
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_SHARED := tests/fuzz/line.c tests/fuzz/target.c
$(FUZZ_SRC:tests/fuzz/%.c=$B/fuzz/%) $(FUZZ_SRC:tests/fuzz/%.c=$B/tests/fuzz/%): $(wildcard tests/fuzz/*.h)
FUZZ_LIB_OBJ := $(SRC:%.c=$B/fuzz/%.o)
FUZZ := $(FUZZ_SRC:tests/fuzz/%.c=$B/fuzz/%)
CORPUS := $(FUZZ_SRC:tests/fuzz/%.c=$B/tests/fuzz/%)

# $(call suite,COUNTS,NAME,COMMAND): runs it unless ONLY leaves it out; make goes on after a failure.
suite = case "$(2)" in *$(ONLY)*) tests/run-suite $(1) $(2) $(3) || : ;; esac

# --- without root ---
check: export HULLWATCH := $(abspath $B/asan/hullwatch)
check: export B := $(abspath $B)
check: $(UNIT) $(CORPUS) $B/asan/hullwatch
	@rm -f $B/check.counts
	@$(foreach t,$(UNIT),$(call suite,$B/check.counts,$(patsubst test_%,unit/%,$(notdir $t)),$t);)
	@$(foreach t,$(CORPUS),$(call suite,$B/check.counts,$(patsubst fuzz_%,corpus/%,$(notdir $t)),\
		$t $(wildcard tests/fuzz/corpus/$(patsubst fuzz_%,%,$(notdir $t))));)
	@$(call suite,$B/check.counts,structure/tools,tests/structure)
	@$(foreach t,includes sizes spdx,$(call suite,$B/check.counts,structure/$t,tools/check-$t);)
	@[ ! -e tests/replay/run ] || $(call suite,$B/check.counts,replay,\
		tests/replay/run $(abspath $B/asan/hullwatch))
	@$(call suite,$B/check.counts,docs,tests/docs)
	@$(SUMMARY) $B/check.counts

# --- real programs, real containers ---
# The actors do one thing each and print the truth; static, since they run in bare containers.
$B/tests/actor: $(ACTOR_SRC) $(wildcard tests/integ/actors/*.h)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -static $(ACTOR_SRC) -o $@

check-root: export HULLWATCH := $(abspath $B/hullwatch)
check-root: export B := $(abspath $B)
check-root: $B/hullwatch $(if $(ACTOR_SRC),$B/tests/actor)
	@[ "$$(id -u)" = 0 ] || { echo "make check-root: loads BPF programs: run it as root" >&2; exit 1; }
	@rm -f $B/check-root.counts
	@$(foreach t,$(INTEG),$(call suite,$B/check-root.counts,$(patsubst test_%,integ/%,$(notdir $t)),$t);)
	@$(SUMMARY) $B/check-root.counts

# Machines are emulated, two at a time: minutes. The tests run in alphabetical order, the matrix of
# what they saw after them.
check-vm: export HULLWATCH := $(abspath $B/hullwatch)
check-vm: export B := $(abspath $B)
check-vm: export SUITE_SECONDS := 3600
check-vm: $B/hullwatch $B/tests/actor
	@[ -n "$(VM)" ] || { echo "make check-vm: there are no tests/vm/test_*" >&2; exit 1; }
	@rm -f $B/check-vm.counts
	@$(foreach t,$(VM),$(call suite,$B/check-vm.counts,$(patsubst test_%,vm/%,$(notdir $t)),$t);)
	@$(SUMMARY) $B/check-vm.counts

# Both run whatever the other says; what did not come to its counts is a failure in the total.
check-all:
	@rm -f $B/check.counts $B/check-root.counts
	-@$(MAKE) --no-print-directory check SUMMARY=:
	-@$(MAKE) --no-print-directory check-root SUMMARY=:
	@tests/summary $B/check.counts $B/check-root.counts

# --- fuzzing ---
$B/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(CLANG) $(CPPFLAGS) -std=c11 $(WARN) $(FUZZ_FLAGS) -MMD -MP -c $< -o $@

$B/fuzz/libhullwatch.a: $(FUZZ_LIB_OBJ) $B/bpf/object.o
	rm -f $@
	ar rcs $@ $^

FUZZ_FLAGS := -O1 -g -Wno-format-nonliteral -fno-strict-aliasing -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

$B/fuzz/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.c $(FUZZ_SHARED) $B/fuzz/libhullwatch.a
	$(CLANG) $(CPPFLAGS) -Itests/fuzz -std=c11 $(WARN) $(FUZZ_FLAGS) -fsanitize=fuzzer \
		$(filter %.c %.a,$^) $(LIBS) -o $@

# The same targets without libFuzzer: each file of the corpus once, as a test.
$B/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/once.c $(FUZZ_SHARED) $B/asan/libhullwatch.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/fuzz $(CFLAGS) $(SAN) $(filter %.c %.a,$^) $(LIBS) -o $@

# The words of records and of rules, from the schema and the fields.
$B/fuzz/%.dict: $B/fuzz/dict
	$< $* >$@

$B/fuzz/dict: tests/fuzz/dict.c $B/asan/libhullwatch.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(SAN) $^ $(LIBS) -o $@

fuzz: $(FUZZ) $B/fuzz/records.dict $B/fuzz/rules.dict

# FUZZ_SECONDS=600 make fuzz-run FUZZ_ONLY=record
FUZZ_SECONDS ?= 60
FUZZ_ONLY ?=
fuzz-run: fuzz
	tests/fuzz/run $B/fuzz $(FUZZ_SECONDS) $(sort $(foreach t,$(FUZZ),$(if $(FUZZ_ONLY),\
		$(filter $(FUZZ_ONLY:%=$B/fuzz/fuzz_%),$t),$t)))

bench: $B/hullwatch
	B=$(abspath $B) HULLWATCH=$(abspath $B/hullwatch) tests/bench/run

.PHONY: check check-root check-vm check-all fuzz fuzz-run bench
