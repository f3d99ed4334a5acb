"""Rules about all text: leftovers, links, tests that do not run, shell and YAML hygiene."""
import os
import re

from rule import ROOT, Rule

# Spelt in two halves so that this file passes its own rule.
LEFTOVERS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK|T" r"BD)\b")


def check_leftovers(tree):
    for file in tree.files:
        if file.path.startswith(("LICENSE", "test/fuzz/corpus/")):
            continue
        for number, match in file.matches(LEFTOVERS, file.lines):
            yield file.finding(number, f"{match.group()}: do it, or say in the documents what is missing")


def check_skipped_tests(tree):
    for file in tree.files:
        if file.path.startswith("test/tidy/"):
            continue
        for number, match in file.matches(r"SKIP_RETURN_CODE|doctest::(skip|may_fail|should_fail)", file.lines):
            yield file.finding(number, f"{match.group()}: a test that cannot run fails and says so")


def heading_anchors(text):
    anchors = set()
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        anchors.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return anchors


def check_links(tree):
    paths = {file.path for file in tree.files}
    folders = {os.path.dirname(path) for path in paths}
    folders |= {parent for path in paths for parent in parents(path)}
    for file in tree.files:
        if not file.path.endswith(".md"):
            continue
        fenced = False
        for number, line in enumerate(file.lines, 1):
            fenced ^= line.lstrip().startswith("```")
            for match in re.finditer(r"\[[^\]]*\]\(([^)\s]+)\)", "" if fenced else line):
                yield from broken_link(tree, file, number, match.group(1), paths | folders)


def parents(path):
    while path := os.path.dirname(path):
        yield path


def broken_link(tree, file, number, target, known):
    if re.match(r"[a-z]+:", target):
        return
    path, _, anchor = target.partition("#")
    full = os.path.normpath(os.path.join(os.path.dirname(file.path), path)) if path else file.path
    if full != "." and full not in known and not (tree.real and os.path.exists(os.path.join(ROOT, full))):
        yield file.finding(number, f"links to {target}, which does not exist")
    elif anchor and full.endswith(".md"):
        linked = tree.get(full)
        if linked and anchor not in heading_anchors(linked.text):
            yield file.finding(number, f"links to {target}, but there is no such heading")


def check_whitespace(tree):
    for file in tree.files:
        if file.path.startswith(("test/fuzz/corpus/", "LICENSE")) or not file.text:
            continue
        if not file.text.endswith("\n") or file.text.endswith("\n\n"):
            yield file.finding(len(file.lines), "ends without exactly one line break")
        for number, line in enumerate(file.lines, 1):
            if line.endswith((" ", "\t", "\r")) and not file.path.endswith(".md"):
                yield file.finding(number, "has white space at its end")


def check_shell(tree):
    for file in tree.files:
        if file.lines[0] in ("#!/bin/bash", "#!/usr/bin/env bash") and not any(
            line == "set -euo pipefail" for line in file.lines
        ):
            yield file.finding(1, "has no `set -euo pipefail`")


RULES = [
    Rule("no-leftovers", "the tree holds what is done",
         lambda tree: list(check_leftovers(tree)),
         bad=[("a.md", "TO" "DO: write\n"), ("pkg/net/x.cc", "// FIX" "ME later\n")],
         good=[("a.md", "What is to be done, is done.\n")]),
    Rule("no-skipped-tests", "a test that cannot run is a failure",
         lambda tree: list(check_skipped_tests(tree)),
         bad=[("test/x/CMakeLists.txt", "set_tests_properties(x PROPERTIES SKIP_RETURN_CODE 77)\n"),
              ("pkg/net/x_test.cc", 'TEST_CASE("x" * doctest::skip()) {}\n')],
         good=[("pkg/net/x_test.cc", 'TEST_CASE("x") {}\n')]),
    Rule("links-resolve", "documents point to what exists",
         lambda tree: list(check_links(tree)),
         bad=[("docs/a.md", "See [b](b.md).\n"), ("docs/a.md", "See [b](../README.md#nowhere).\n")],
         good=[("docs/a.md", "See [b](../README.md#quick-start) and [c](#here).\n# Here\n"),
               ("docs/a.md", "```\n[x](y.md)\n```\n"), ("docs/a.md", "[d](..) [e](https://x.y/z)\n")],
         context={"README.md": "# Quick start\n"}),
    Rule("whitespace", "differences show only what changed",
         lambda tree: list(check_whitespace(tree)),
         bad=[("a.yaml", "a: 1 \n"), ("a.yaml", "a: 1"), ("a.yaml", "a: 1\n\n")],
         good=[("a.yaml", "a: 1\n")]),
    Rule("shell-fails-loudly", "a script stops at its first failure",
         lambda tree: list(check_shell(tree)),
         bad=[("scripts/x", "#!/bin/bash\ntrue\n")],
         good=[("scripts/x", "#!/bin/bash\nset -euo pipefail\n")]),
]
