"""Rules about what code may name: includes, tokens, exceptions, secrets."""
import re

from rule import Rule

PURE = ("base", "net", "api", "vrrp", "health", "reconcile", "status", "sim")

TABLE = "docs/architecture.md"
TABLE_EXAMPLE = """
| package | what it is | may include | libraries |
|---|---|---|---|
| `base` | foundation | nothing | tl::expected fmt |
| `net` | addresses | base | fmt |
| `api` | the resource | base net | nlohmann fmt |
| `vrrp` | the speaker | base net | fmt |
| `kernel` | netlink | base net | netlink fmt |
| `agent` | wiring | everything | fmt |
"""

# Include path of a third-party header -> its name in the table.
LIBRARIES = {
    "tl/": "tl::expected", "fmt/": "fmt", "nlohmann/": "nlohmann", "yaml-cpp/": "yaml-cpp",
    "httplib": "httplib", "curl/": "curl", "netlink/": "netlink", "spdlog/": "spdlog",
    "CLI/": "CLI11", "cap-ng": "cap-ng", "openssl/": "openssl",
}

OS_HEADER = re.compile(
    r"^(sys|net|netinet|netpacket|arpa|linux|asm)/|^(unistd|fcntl|poll|pthread|sched|signal|csignal"
    r"|time|ctime|ifaddrs|netdb|dirent|thread|mutex|shared_mutex|condition_variable|future|atomic"
    r"|semaphore|latch|barrier|stop_token|random|fstream|iostream|filesystem|unordered_map"
    r"|unordered_set)(\.h)?$"
)


def package_table(tree):
    """{package: (may include, libraries)} from the table in docs/architecture.md; the document is
    the rule, so it cannot fall behind."""
    table = {}
    document = tree.get(TABLE)
    for line in document.lines if document else []:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        match = re.fullmatch(r"`([a-z]+)`", cells[0])
        if match and len(cells) == 4:
            table[match.group(1)] = (cells[2].replace("`", "").split(), cells[3].split())
    return table


def includes(file):
    for number, match in file.matches(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]'):
        yield number, match.group(1), match.group(2)


def check_package_includes(tree):
    table = package_table(tree)
    for file in tree.cpp("pkg/"):
        if file.package not in table:
            yield file.finding(1, f"package {file.package} has no row in the table of {TABLE}")
            continue
        allowed = table[file.package][0]
        for number, quote, path in includes(file):
            match = re.match(r"pkg/([a-z]+)/", path)
            if quote == '"' and path.startswith("test/") and file.is_test:
                continue
            if quote == '"' and not match:
                yield file.finding(number, f'write "pkg/{file.package}/..." instead of "{path}"')
            elif match and match.group(1) != file.package and "everything" not in allowed:
                if match.group(1) not in allowed:
                    yield file.finding(
                        number,
                        f"{file.package} may include {' '.join(allowed)}, not {match.group(1)}"
                        f" (table in {TABLE})",
                    )


def check_cmake_dependencies(tree):
    table = package_table(tree)
    for file in tree.files:
        match = re.fullmatch(r"pkg/([a-z]+)/CMakeLists.txt", file.path)
        if not match or match.group(1) not in table:
            continue
        allowed = table[match.group(1)][0]
        for deps in re.finditer(r"\bDEPS\b([a-z\s]*)", file.text):
            line = file.text[: deps.start()].count("\n") + 1
            for name in deps.group(1).split():
                if name not in allowed and "everything" not in allowed:
                    yield file.finding(line, f"{match.group(1)} may not depend on {name}")


def check_libraries(tree):
    table = package_table(tree)
    for file in tree.cpp("pkg/", tests=False):
        libraries = table.get(file.package, ([], []))[1]
        for number, quote, path in includes(file):
            name = next((LIBRARIES[key] for key in LIBRARIES if path.startswith(key)), None)
            if quote == '"' or name is None:
                continue
            if name not in libraries:
                yield file.finding(number, f"{file.package} does not use {name} (table in {TABLE})")
            elif file.is_header and name != "tl::expected" and path != "nlohmann/json_fwd.hpp":
                yield file.finding(number, f"<{path}> belongs into a .cc file")


def check_pure_headers(tree):
    for file in tree.cpp("pkg/", tests=False):
        if file.package in PURE:
            for number, quote, path in includes(file):
                if quote == "<" and OS_HEADER.search(path):
                    yield file.finding(number, f"<{path}> in a pure package")


IMPURE = [
    (r"\b(system_clock|steady_clock|high_resolution_clock)\b", "asks a clock; take now"),
    (r"::now\s*\(", "asks a clock; take now"),
    (r"\b(clock_gettime|gettimeofday|time)\s*\(\s*(nullptr|NULL|0|CLOCK)", "asks a clock"),
    (r"\bgetenv\b", "reads the environment; take a parameter"),
    (r"\bstd::(rand|srand|random_device|mt19937\w*|default_random_engine|\w+_distribution)\b",
     "makes up chance; take a Prng"),
    (r"\bstd::(thread|jthread|async|mutex|condition_variable|atomic)\b", "knows of threads"),
    (r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", "waits; put a deadline into the state"),
    (r"\bunordered_(map|set|multimap|multiset)\b", "its iteration order leaks into outputs"),
    (r"\bstd::(cout|cerr|clog)\b|\bprintf\s*\(|\blog_event\b|\bspdlog\b", "logs; return a value"),
    (r"\bvirtual\b", "has virtual functions; cores are values and free functions"),
]


def check_pure_tokens(tree):
    for file in tree.cpp("pkg/", tests=False):
        if file.package in PURE:
            for pattern, reason in IMPURE:
                for number, match in file.matches(pattern):
                    yield file.finding(number, f"pure package {file.package} {reason}: {match.group().strip()}")


def check_clock(tree):
    for file in tree.cpp("pkg/", tests=False):
        if file.package != "runtime":
            for number, match in file.matches(IMPURE[0][0] + "|" + IMPURE[2][0]):
                yield file.finding(number, f"only runtime reads a clock: {match.group()}")


def check_throw(tree):
    for file in tree.cpp("pkg/", tests=False):
        for number, _ in file.matches(r"\bthrow\b"):
            yield file.finding(number, "throws; return a Result")


# Where waiting for a condition is implemented: between two looks at it, somebody has to sleep.
WAITERS = ("test/namespaces/network_namespace.cc", "test/lab/waiting.py", "test/lab/suite.py")


def check_sleep_in_tests(tree):
    for file in tree.files:
        if file.path in WAITERS or file.path.startswith("test/tidy/"):
            continue
        if file.is_cpp and file.is_test:
            found = file.matches(r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(")
        elif file.path.startswith("test/") and (file.path.endswith(".py") or "python3" in file.lines[0]):
            found = file.matches(r"\btime\.(sleep)\s*\(", file.lines)
        else:
            continue
        for number, match in found:
            yield file.finding(number, f"{match.group(1)} in a test; wait for a condition")


# Who may look at a secret's text: the decoder that checks its length, and the step that turns it
# into the bytes of an advert.
REVEALERS = ("pkg/api/", "pkg/reconcile/")


def check_reveal(tree):
    for file in tree.cpp(tests=False):
        revealed = [number for number, _ in file.matches(r"(\.|->)reveal\s*\(\)")]
        if revealed and not file.path.startswith(REVEALERS):
            yield file.finding(revealed[0], f"reveals a secret; only {' '.join(REVEALERS)} may")
        for number in revealed:
            if re.search(r"format|log_event|to_json|message", file.code[number - 1]):
                yield file.finding(number, "a revealed secret goes into text")


def check_log_messages(tree):
    for file in tree.cpp("pkg/", tests=False):
        for number, _ in file.matches(r"\blog_event\s*\((?!.*std::string_view message)"):
            call = " ".join(file.lines[number - 1 : number + 2])
            match = re.search(r"log_event\s*\(\s*[^,()]+,\s*(\S)", call)
            if match and match.group(1) != '"':
                yield file.finding(number, "a log message is a constant; put what varies into fields")


def pure(text):
    return [("pkg/vrrp/x.cc", text)]


TABLE_CONTEXT = {TABLE: TABLE_EXAMPLE}

RULES = [
    Rule("package-includes", "a package sees only what the architecture allows it to",
         lambda tree: list(check_package_includes(tree)),
         bad=[("pkg/net/x.cc", '#include "pkg/vrrp/types.h"\n'),
              ("pkg/net/x.cc", '#include "x.h"\n'),
              ("pkg/extra/x.cc", "\n")],
         good=[("pkg/vrrp/x.cc", '#include "pkg/net/prefix.h"\n#include "pkg/vrrp/x.h"\n'),
               ("pkg/agent/x.cc", '#include "pkg/kernel/x.h"\n')],
         context=TABLE_CONTEXT),
    Rule("package-dependencies", "CMake links a package only with what the architecture allows",
         lambda tree: list(check_cmake_dependencies(tree)),
         bad=[("pkg/net/CMakeLists.txt", "keelvip_package(net\n  DEPS base vrrp\n  LIBS x)")],
         good=[("pkg/vrrp/CMakeLists.txt", "keelvip_package(vrrp\n  DEPS base net)")],
         context=TABLE_CONTEXT),
    Rule("library-includes", "a library is used where the architecture says, behind a .cc file",
         lambda tree: list(check_libraries(tree)),
         bad=[("pkg/vrrp/x.cc", "#include <nlohmann/json.hpp>\n"),
              ("pkg/api/x.h", "#include <nlohmann/json.hpp>\n"),
              ("pkg/net/x.h", "#include <fmt/format.h>\n")],
         good=[("pkg/api/x.cc", "#include <nlohmann/json.hpp>\n"),
               ("pkg/api/x.h", "#include <nlohmann/json_fwd.hpp>\n"),
               ("pkg/base/x.h", "#include <tl/expected.hpp>\n")],
         context=TABLE_CONTEXT),
    Rule("pure-headers", "pure packages include nothing of the operating system",
         lambda tree: list(check_pure_headers(tree)),
         bad=pure("#include <sys/socket.h>\n") + pure("#include <thread>\n")
         + pure("#include <random>\n"),
         good=pure("#include <chrono>\n") + [("pkg/kernel/x.cc", "#include <sys/socket.h>\n")]),
    Rule("pure-tokens", "a core never asks the time, the system or chance; they are handed in",
         lambda tree: list(check_pure_tokens(tree)),
         bad=pure("auto t = std::chrono::steady_clock::now();") + pure("x = getenv(name);")
         + pure("std::mt19937 engine;") + pure("std::mutex lock;") + pure("usleep(3);")
         + pure("std::unordered_map<int, int> m;") + pure("std::cerr << x;")
         + pure("virtual void run() = 0;") + pure("Clock::now()") + pure("time(nullptr)"),
         good=pure("// asks std::chrono::steady_clock\nint now = 0;") + pure('"getenv"')
         + [("pkg/runtime/x.cc", "clock_gettime(CLOCK_MONOTONIC, &t);")]),
    Rule("one-clock", "only runtime reads a clock, so that everything else can be simulated",
         lambda tree: list(check_clock(tree)),
         bad=[("pkg/kernel/x.cc", "std::chrono::system_clock::now();")],
         good=[("pkg/runtime/x.cc", "std::chrono::system_clock::now();")]),
    Rule("no-throw", "errors are values",
         lambda tree: list(check_throw(tree)),
         bad=[("pkg/kernel/x.cc", "throw 1;")],
         good=[("pkg/kernel/x.cc", "// may throw\n")]),
    Rule("no-sleep-in-tests", "tests wait for conditions",
         lambda tree: list(check_sleep_in_tests(tree)),
         bad=[("pkg/vrrp/x_test.cc", "std::this_thread::sleep_for(1s);"),
              ("test/lab/x.cc", "usleep(5);"), ("test/netns/x.py", "time.sleep(1)\n")],
         good=[("pkg/vrrp/x_test.cc", "wait_until(done);")]),
    Rule("secrets-stay-secret", "passwords never reach logs, status, metrics or messages",
         lambda tree: list(check_reveal(tree)),
         bad=[("pkg/status/x.cc", "put(secret.reveal());"),
              ("pkg/api/x.cc", 'fmt::format("bad {}", password.reveal());')],
         good=[("pkg/reconcile/x.cc", "copy(spec.password.reveal());")]),
    Rule("constant-log-messages", "a log line is a constant message and fields, so it can be found",
         lambda tree: list(check_log_messages(tree)),
         bad=[("pkg/agent/x.cc", "log_event(LogLevel::kInfo, message);")],
         good=[("pkg/agent/x.cc", 'log_event(LogLevel::kInfo,\n  "Became active", {{"a", b}});')]),
]
