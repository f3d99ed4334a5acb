"""Rules about the shape of files: names, lengths, headers, where things stand."""
import re

from rule import Rule

MAX_FILE = 500
MAX_FUNCTION = 70
BANNED_WORDS = {"util", "utils", "common", "helper", "helpers", "manager", "misc"}


def check_header_opening(tree):
    for file in tree.cpp("pkg/"):
        if not file.is_header:
            continue
        opening = 0
        # The first paragraph; a picture or a finer point may follow it.
        while opening < len(file.lines) and file.lines[opening].startswith("// "):
            opening += 1
        least = 3 if tree.is_public(file) else 1
        if not least <= opening <= 8:
            yield file.finding(
                1, f"opens with {opening} comment lines; say in {least} to 8 what it is, who calls it"
                " and on which thread")


def check_pragma_once(tree):
    for file in tree.cpp():
        if file.is_header and not any(line == "#pragma once" for line in file.lines):
            yield file.finding(1, "has no #pragma once")


def check_names(tree):
    for file in tree.cpp():
        stem = file.path.rsplit("/", 1)[1].rsplit(".", 1)[0]
        if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", stem):
            yield file.finding(1, "a file name is snake_case")
        for word in set(stem.split("_")) & BANNED_WORDS:
            yield file.finding(1, f'"{word}" says nothing; name the thing')
    for file in tree.cpp("pkg/"):
        for number, match in file.matches(r"\b(class|struct)\s+\w*(Util|Helper|Manager|Misc)\w*"):
            yield file.finding(number, f'"{match.group(2)}" says nothing; name the thing')


def check_file_length(tree):
    for file in tree.cpp(tests=False):
        length = len(file.lines) - 1
        if length > MAX_FILE:
            yield file.finding(1, f"has {length} lines, more than {MAX_FILE}")


def function_spans(file):
    """Yields (first line, last line) of every function body, found by its braces: a block whose
    opening text holds a parenthesis and that stands directly in a namespace or a class."""
    scopes = []  # (is container, is function, first line)
    opening = ""
    first = 1
    for number, line in enumerate(file.code, 1):
        if line.lstrip().startswith("#"):
            continue
        for char in line:
            if char == "{":
                outside = all(container for container, _, _ in scopes)
                container = re.search(r"\b(namespace|class|struct|union|enum|extern)\b[^()]*$", opening)
                function = outside and not container and "(" in opening
                scopes.append((bool(container), function, first if opening.strip() else number))
                opening = ""
            elif char == "}":
                if scopes:
                    _, function, start = scopes.pop()
                    if function:
                        yield start, number
                opening = ""
            elif char == ";":
                opening = ""
            else:
                if not opening.strip() and not char.isspace():
                    first = number
                opening += char
        opening += " "


def check_function_length(tree):
    for file in tree.cpp(tests=False):
        for start, end in function_spans(file):
            if end - start + 1 > MAX_FUNCTION:
                yield file.finding(
                    start, f"the function has {end - start + 1} lines, more than {MAX_FUNCTION}")


def check_namespace(tree):
    for file in tree.cpp("pkg/"):
        if not file.is_test and f"namespace keelvip::{file.package}" not in file.text:
            yield file.finding(1, f"declares nothing in namespace keelvip::{file.package}")


def check_listed(tree):
    for file in tree.cpp("pkg/"):
        folder, name = file.path.rsplit("/", 1)
        if folder.count("/") != 1:
            yield file.finding(1, "a package is one directory without directories below it")
            continue
        if file.is_header and tree.includers.get(file.path):
            continue
        lists = tree.get(f"{folder}/CMakeLists.txt")
        if not lists or not re.search(rf"(?<![\w/.]){re.escape(name)}(?![\w/.])", lists.text):
            yield file.finding(1, f"is not named in {folder}/CMakeLists.txt")


def check_own_header_first(tree):
    for file in tree.cpp("pkg/", tests=False):
        own = file.path[:-3] + ".h"
        if file.is_header or not tree.get(own):
            continue
        first = next(file.matches(r'^#include ["<]([^">]+)'), None)
        if first and first[1].group(1) != own:
            yield file.finding(first[0], f'include "{own}" first, so that it compiles alone')


def lines(count, body="int x;\n"):
    return body * count


OPENING = "// A thing.\n// Called by another thing.\n// On the speaker thread.\n#pragma once\n"

RULES = [
    Rule("header-opening", "a header says what it is, who calls it and on which thread",
         lambda tree: list(check_header_opening(tree)),
         bad=[("pkg/net/own.h", "#pragma once\n"), ("pkg/net/own.h", "// Long.\n" * 9),
              ("pkg/net/shared.h", "// One line.\n#pragma once\n")],
         good=[("pkg/net/shared.h", OPENING), ("pkg/net/own.h", "// One line.\n#pragma once\n")],
         context={"pkg/api/x.cc": '#include "pkg/net/shared.h"\n'}),
    Rule("pragma-once", "every header can be included twice",
         lambda tree: list(check_pragma_once(tree)),
         bad=[("pkg/net/x.h", "// A thing.\n")],
         good=[("pkg/net/x.h", OPENING)]),
    Rule("names", "names are domain nouns",
         lambda tree: list(check_names(tree)),
         bad=[("pkg/net/string_utils.h", OPENING), ("pkg/net/helper.cc", ""),
              ("pkg/net/MacAddress.cc", ""), ("pkg/net/x.cc", "class AddressManager {};")],
         good=[("pkg/net/mac_address.cc", "class MacAddress {};")]),
    Rule("file-length", "a file is about one thing",
         lambda tree: list(check_file_length(tree)),
         bad=[("pkg/net/x.cc", lines(501))],
         good=[("pkg/net/x.cc", lines(500)), ("pkg/net/x_test.cc", lines(501))]),
    Rule("function-length", "a function fits on a screen",
         lambda tree: list(check_function_length(tree)),
         bad=[("pkg/net/x.cc", "namespace a {\nint f(int x) {\n" + lines(70) + "}\n}\n"),
              ("pkg/net/x.cc", "namespace a {\nclass B {\n void f() const {\n" + lines(70, "if (x) {\n}\n")
               + " }\n};\n}\n")],
         good=[("pkg/net/x.cc", "namespace a {\nint f(int x) {\n" + lines(68) + "}\n}\n"),
               ("pkg/net/x.cc", "namespace a {\n" + lines(80) + "}\n"),
               ("pkg/net/x.cc", "struct A {\n" + lines(80) + "};\n")]),
    Rule("namespace", "directory, target and namespace have one name",
         lambda tree: list(check_namespace(tree)),
         bad=[("pkg/net/x.h", "namespace keelvip::base {}\n")],
         good=[("pkg/net/x.h", "namespace keelvip::net {\n}\n")]),
    Rule("listed-in-cmake", "no file lies about that nothing builds",
         lambda tree: list(check_listed(tree)),
         bad=[("pkg/net/forgotten.h", ""), ("pkg/net/deep/x.h", "")],
         good=[("pkg/net/known.h", ""), ("pkg/net/used.h", "")],
         context={"pkg/net/used.cc": '#include "pkg/net/used.h"\n',
                  "pkg/net/CMakeLists.txt": "keelvip_package(net HEADERS known.h SOURCES used.cc)"}),
    Rule("own-header-first", "every header compiles alone",
         lambda tree: list(check_own_header_first(tree)),
         bad=[("pkg/net/known.cc", "#include <string>\n\n#include \"pkg/net/known.h\"\n")],
         good=[("pkg/net/known.cc", "#include \"pkg/net/known.h\"\n#include <string>\n")],
         context={"pkg/net/known.h": OPENING}),
]
