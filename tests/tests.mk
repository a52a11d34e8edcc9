# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# Targets that test, measure and fuzz; included by the Makefile.
