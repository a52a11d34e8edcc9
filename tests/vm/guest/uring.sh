# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# The same deeds through io_uring: the acts of tests/integ/uring.py, as played.py collected them.
tricks uring ''
