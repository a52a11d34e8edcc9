# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
#
# make               the binary, build/hullwatch
# make check         unit and replay tests under ASan and UBSan, docs, structure; no root needed
# make check-root    real programs in the running kernel, real containers
# make check-vm      the same on other kernels, in emulated machines (QEMU)
# make fuzz          builds the fuzz targets; FUZZ_SECONDS=n make fuzz-run runs them
# make bench         ratios measured side by side in one run
#
# For another architecture, with a cross compiler and that architecture's libraries in a folder:
# make B=build/arm64 ARCH=aarch64 CC=aarch64-linux-gnu-gcc SYSROOT=FOLDER

B ?= build
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)
# Where rules are looked for when there are none nearer: PREFIX/share/hullwatch/rules.
PREFIX ?= /usr/local
VERSION := 0.1.0

ARCH := $(shell uname -m)
SYSROOT ?=
BPF_ARCH := $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(ARCH)))

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla -Werror
LIBS := -lbpf -lelf -lz -lcjson -lyaml -lpcre2-8 -pthread
CPPFLAGS += -D_GNU_SOURCE -DHW_VERSION='"$(VERSION)"' -DHW_PREFIX='"$(PREFIX)"' -Iinclude -Iuser
OPT ?= -O2 -g
ifneq ($(SYSROOT),)
CPPFLAGS += -isystem $(SYSROOT)/usr/include
LDFLAGS += $(foreach d,$(SYSROOT)/usr/lib $(SYSROOT)/lib,-L$d/$(ARCH)-linux-gnu \
	-Wl,-rpath-link,$d/$(ARCH)-linux-gnu)
endif
CFLAGS += -std=c11 $(WARN) $(OPT) -fno-strict-aliasing
SAN := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

BPF_SRC := $(wildcard bpf/*.bpf.c)
BPF_OBJ := $(BPF_SRC:bpf/%.bpf.c=$B/bpf/%.bpf.o)
BPF_HDR := $(wildcard bpf/*.h include/*.h include/*.def)
SRC := $(filter-out user/main.c,$(wildcard user/*.c user/*/*.c))
OBJ := $(SRC:%.c=$B/%.o)
ASAN_OBJ := $(SRC:%.c=$B/asan/%.o)
UNIT := $(patsubst tests/unit/%.c,$B/tests/unit/%,$(wildcard tests/unit/test_*.c))

all: $B/hullwatch

# --- kernel side: one object per family, linked into one ---
$B/bpf/%.bpf.o: bpf/%.bpf.c $(BPF_HDR)
	@mkdir -p $(@D)
	$(CLANG) -O2 -g -Wall -Werror -target bpf -D__TARGET_ARCH_$(BPF_ARCH) -mcpu=v2 \
		-Iinclude -Ibpf -c $< -o $@

$B/bpf/hullwatch.bpf.o: $(BPF_OBJ)
	$(BPFTOOL) gen object $@ $^

# The linked object travels inside the binary (user/source/object.S includes it by path).
$B/bpf/object.o: user/source/object.S $B/bpf/hullwatch.bpf.o
	$(CC) -DHW_BPF_OBJECT='"$B/bpf/hullwatch.bpf.o"' -c $< -o $@

# --- user side ---
$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$B/asan/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(SAN) -MMD -MP -c $< -o $@

$B/libhullwatch.a: $(OBJ) $B/bpf/object.o
	rm -f $@
	ar rcs $@ $^

$B/asan/libhullwatch.a: $(ASAN_OBJ) $B/bpf/object.o
	rm -f $@
	ar rcs $@ $^

$B/hullwatch: $B/user/main.o $B/libhullwatch.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$B/asan/hullwatch: $B/asan/user/main.o $B/asan/libhullwatch.a
	$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) $^ $(LIBS) -o $@

# Unit tests link the sanitized library, so a test needs only what it names.
$B/tests/unit/%: tests/unit/%.c $B/asan/libhullwatch.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(SAN) -MMD -MP $< $B/asan/libhullwatch.a $(LIBS) -lcmocka -o $@

unit: $(UNIT)

# vm/ holds other systems' files.
-include $(shell find $B -path $B/vm -prune -o -name '*.d' -type f -print 2>/dev/null)

clean:
	rm -rf $B

include tests/tests.mk

.PHONY: all unit clean
.DELETE_ON_ERROR:
