"""What a house rule is, and the tree of files that it looks at."""
import os
import re
import subprocess
from dataclasses import dataclass, field
from typing import Callable

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


@dataclass
class Rule:
    """`bad` and `good` are the rule's self-test: (path, text) pairs that it must refuse or accept.
    `context` are further files that those examples need."""

    name: str
    why: str
    check: Callable
    bad: list
    good: list = field(default_factory=list)
    context: dict = field(default_factory=dict)


class File:
    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.split("\n")
        self.is_test = path.endswith("_test.cc") or path.startswith("test/")
        self._code = None

    @property
    def package(self):
        """Name of the package below pkg/ that the file belongs to, or None."""
        match = re.match(r"pkg/([a-z]+)/", self.path)
        return match.group(1) if match else None

    @property
    def is_cpp(self):
        return self.path.endswith((".h", ".cc"))

    @property
    def is_header(self):
        return self.path.endswith(".h")

    @property
    def code(self):
        """The lines with comments, strings and character literals blanked out."""
        if self._code is None:
            self._code = blank(self.text).split("\n")
        return self._code

    def matches(self, pattern, lines=None):
        """Yields (line number, match) for every match of `pattern` in `lines` (default: code)."""
        for number, line in enumerate(self.code if lines is None else lines, 1):
            for match in re.finditer(pattern, line):
                yield number, match

    def finding(self, line, text):
        return Finding(self.path, line, text)


TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S
)


def blank(text):
    """Replaces comments and literals by spaces, keeping line breaks; digit separators stay."""

    def spaces(match):
        start = match.start()
        if match.group().startswith("'") and start > 0 and text[start - 1].isalnum():
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())

    # An #include's path is no literal: rules about includes need it.
    keep = re.compile(r"^\s*#\s*include\b.*$", re.M)
    blanked = TOKEN.sub(spaces, text)
    for match in keep.finditer(text):
        blanked = blanked[: match.start()] + match.group() + blanked[match.end() :]
    return blanked


def walk():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in ("build", ".git", "__pycache__")]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), ROOT)


class Tree:
    def __init__(self, files, real):
        self.files = files
        self.real = real  # a repository, not an example of a self-test
        self.by_path = {file.path: file for file in files}
        self.includers = {}  # path of a header -> the files that include it
        for file in files:
            if file.is_cpp:
                for path in re.findall(r'^#include "([^"]+)"', file.text, re.M):
                    self.includers.setdefault(path, []).append(file)
        self.mark_tests()

    def mark_tests(self):
        """Sources that CMake names as tests are tests whatever they are called, and so is a header
        that only tests include."""
        for file in self.files:
            match = re.fullmatch(r"(pkg/[a-z]+)/CMakeLists.txt", file.path)
            for block in re.findall(r"\bTESTS\b([a-z0-9_.\s]*)", file.text) if match else []:
                for name in block.split():
                    source = self.by_path.get(f"{match.group(1)}/{name}")
                    if source:
                        source.is_test = True
        for file in self.files:
            users = self.includers.get(file.path)
            if file.is_header and users:
                others = [user for user in users if user.path[:-3] != file.path[:-2]]
                own = self.by_path.get(file.path[:-2] + ".cc")
                if others and all(user.is_test for user in others) and (not own or own.is_test):
                    file.is_test = True

    @staticmethod
    def of(texts, context):
        everything = {**context, **texts}
        return Tree([File(path, text) for path, text in everything.items()], False)

    @staticmethod
    def from_repository():
        """The files that git tracks or would track; in an exported tree without git, all files."""
        listing = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=False,
        )
        if listing.returncode == 0:
            paths = [path for path in listing.stdout.decode().split("\0") if path]
        else:
            paths = list(walk())
        files = []
        for path in sorted(set(paths)):
            full = os.path.join(ROOT, path)
            if os.path.islink(full) or not os.path.isfile(full):
                continue
            with open(full, "rb") as stream:
                raw = stream.read()
            if b"\0" not in raw:
                files.append(File(path, raw.decode("utf-8", "replace")))
        return Tree(files, True)

    def get(self, path):
        return self.by_path.get(path)

    def is_public(self, header):
        """Whether another package, a command or a test of several packages includes the header."""
        folder = os.path.dirname(header.path)
        return any(os.path.dirname(user.path) != folder for user in self.includers.get(header.path, []))

    def cpp(self, where="", tests=True):
        """C++ files below `where`."""
        for file in self.files:
            if file.is_cpp and file.path.startswith(where) and (tests or not file.is_test):
                yield file
