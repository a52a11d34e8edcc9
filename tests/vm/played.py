#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
"""A test of tests/integ that acts and looks by turns, cut into two: in an emulated machine all acts
come first, and the feed is looked at afterwards, on the host.

  played.py MODULE           lines "CONTAINER WORD..." of the acts that the module's tricks do

A module has TRICKS (rows of a name and a function of a laboratory), Skip, and one laboratory class,
the descendant of Lab that it defines, whose acts go through act(*words). play() runs the tricks with
truths that a machine told.
"""
import importlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integ"))

FAULTS = (AttributeError, KeyError, TypeError, ValueError, IndexError, OSError)
CONTAINER = "vmctr"


class NoLook(Exception):
    """The first look into the feed ends a trick whose acts are collected."""


def laboratory(module):
    """The module's own class: the one with the most ancestors."""
    classes = [c for c in vars(module).values() if isinstance(c, type) and hasattr(c, "act")]
    return max(classes, key=lambda c: len(c.__mro__))


def arguments(name, feed, loader):
    """What the laboratory of that module is made with."""
    return ("", feed, CONTAINER, loader) if name == "evasion" else (feed, CONTAINER)


def do_trick(lab, trick):
    trick(lab.on(0) if hasattr(lab, "on") else lab)


class Blank(dict):
    """A truth that has every key."""

    def __contains__(self, key):
        return key != "why"

    def __missing__(self, key):
        return 0


def collector(name, module, loader):
    class Collector(laboratory(module)):
        acts = []

        def act(self, *words):
            self.acts.append((self.container,) + words)
            return Blank()

        def find(self, event, accept):
            raise NoLook
    return Collector(*arguments(name, os.devnull, loader))


def player(name, module, loader, feed, truths):
    class Player(laboratory(module)):
        def act(self, *words):
            status, truth, said = truths[(self.container,) + words].pop(0)
            if truth is None:
                raise ValueError("the act ended with %d: %s" % (status, said))
            return truth

        def find(self, event, accept):
            """All of it is there: nothing to wait for."""
            self.read_on()
            for o in self.seen.get(event, []):
                if accept(o):
                    return o
            raise module.Disagree("no %s event like that" % event)
    return Player(*arguments(name, feed, loader))


def acts(name, loader):
    """Every act once, in order: [(container, word...)]."""
    module = importlib.import_module(name)
    lab = collector(name, module, loader)
    for _, trick in module.TRICKS:
        try:
            do_trick(lab, trick)
        except (NoLook, module.Disagree, module.Skip) + FAULTS:
            pass
    return lab.acts


def read_truths(path):
    """Lines "STATUS<tab>CONTAINER WORD...<tab>TRUTH" as {(container, word...): [(status, truth, text)]}."""
    out = {}
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            status, words, said = (line.rstrip("\n").split("\t", 2) + ["", ""])[:3]
            try:
                truth = json.loads(said)
            except ValueError:
                truth = None
            out.setdefault(tuple(words.split(" ")), []).append((int(status), truth, said))
    return out


def play(name, loader, feed, truths):
    """[(trick, "ok" or "skip" or "not ok", why)]"""
    module, out = importlib.import_module(name), []
    lab = player(name, module, loader, feed, read_truths(truths))
    for trick, fn in module.TRICKS:
        try:
            do_trick(lab, fn)
            out.append((trick, "ok", ""))
        except module.Skip as e:
            out.append((trick, "skip", str(e)))
        except (module.Disagree,) + FAULTS as e:
            out.append((trick, "not ok", "%s: %s" % (type(e).__name__, e)))
    return out


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for row in acts(*sys.argv[1:]):
        print(" ".join(row))
