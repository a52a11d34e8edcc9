# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
# shellcheck shell=sh
#
# Ways not to be seen: the acts of tests/integ/evasion.py, as played.py collected them.
tricks evasion '- rule: Hidden argument
  desc: an argument far behind
  condition: evt.type = execve and proc.args contains hidden-argument
  output: "%proc.cmdline"
  priority: NOTICE'
