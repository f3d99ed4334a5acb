#include "pkg/specfile/spec_directory.h"

#include <poll.h>
#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "pkg/api/report.h"
#include "pkg/specfile/temporary_directory.h"

namespace keelvip::specfile {
namespace {

using base::Milliseconds;
using Lines = std::vector<std::string>;

/// A SpecDirectory and the time that its owner makes up.
class Watched {
 public:
  explicit Watched(const std::string& path) {
    auto opened = SpecDirectory::open(path, now_);
    REQUIRE_MESSAGE(opened.has_value(), opened.error().message);
    directory_.emplace(std::move(*opened));
    REQUIRE(directory_->fd() >= 0);
    REQUIRE(directory_->watch_problem().empty());
  }

  /// Whether the kernel reports something that matters, now that something was done.
  bool noticed() {
    const base::Instant before = directory_->next_deadline();
    pollfd waiting{directory_->fd(), POLLIN, 0};
    while (::poll(&waiting, 1, 0) > 0) {
      directory_->on_readable(now_);
    }
    return directory_->next_deadline() < before;
  }

  /// Passes the debounce and reads again; says whether anything is new.
  bool settle() {
    now_ += Milliseconds(20);
    return directory_->advance(now_) != nullptr;
  }

  /// Looks because somebody asks for it; says whether anything is new.
  bool asked() {
    directory_->look_again(now_);
    return directory_->advance(now_) != nullptr;
  }

  bool pass(base::Duration time) {
    now_ += time;
    return directory_->advance(now_) != nullptr;
  }

  /// "name/VRID generation" of what is in force.
  [[nodiscard]] Lines in_force() const {
    Lines lines;
    for (const api::VirtualIp& vip : directory_->current()->accepted) {
      lines.push_back(fmt::format("{}/{} {}", vip.metadata.name, vip.spec.virtual_router_id,
                                  vip.metadata.generation));
    }
    return lines;
  }

  [[nodiscard]] Lines errors() const {
    Lines lines;
    for (const api::Rejected& rejected : directory_->current()->rejected) {
      for (const api::FieldError& error : rejected.errors) {
        lines.push_back(api::to_line(rejected.source, error));
      }
    }
    return lines;
  }

  [[nodiscard]] const api::SpecSet& set() const { return *directory_->current(); }

 private:
  base::Instant now_{base::Duration{1'000'000'000}};
  std::optional<SpecDirectory> directory_;
};

std::string with_password_file(std::string_view file) {
  return vip_document("web", 1, 1) +
         fmt::format("  vrrpVersion: 2\n  authentication: {{passwordFile: {}}}\n", file);
}

}  // namespace

TEST_CASE("a directory that is not there, or is none, is an error at the start") {
  const TemporaryDirectory at;
  const auto missing = SpecDirectory::open(at.path("none"), {});
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().message ==
        at.path("none") + ": cannot be read: No such file or directory (ENOENT)");
  at.write("file", "");
  CHECK(SpecDirectory::open(at.path("file"), {})
            .error()
            .message.ends_with("Not a directory (ENOTDIR)"));
}

TEST_CASE("the spec files of the directory are read, and no others") {
  const TemporaryDirectory at;
  at.write("b.yml", vip_document("b", 2, 2) + "---\n" + vip_document("c", 3, 3));
  at.write("a.json", R"({"apiVersion": "keelvip.io/v1alpha1", "kind": "VirtualIP",
    "metadata": {"name": "a"}, "spec": {"addresses": ["192.0.2.1/24"], "virtualRouterID": 1}})");
  at.write(".hidden.yaml", "no spec");
  at.write("README", "no spec");
  at.write("web.yaml~", "no spec");
  const Watched specs(at.path());
  CHECK(specs.in_force() == Lines{"a/1 1", "b/2 1", "c/3 1"});
  CHECK(specs.errors().empty());
  CHECK(specs.set().revision == 1);
  CHECK(specs.set().accepted[2].origin.source == at.path("b.yml"));
  CHECK(specs.set().accepted[2].origin.position.line == 10);
}

TEST_CASE("an empty directory has no specs") {
  const TemporaryDirectory at;
  const Watched specs(at.path());
  CHECK(specs.in_force().empty());
  CHECK(specs.errors().empty());
}

TEST_CASE("each way to change a file is noticed") {
  const TemporaryDirectory at;
  at.write("a.yaml", vip_document("web", 1, 1));
  Watched specs(at.path());

  at.write("a.yaml", vip_document("web", 2, 1));
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force() == Lines{"web/2 2"});

  at.replace("a.yaml", vip_document("web", 3, 1));
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force() == Lines{"web/3 3"});

  at.rename("a.yaml", "b.yaml");
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force() == Lines{"web/3 3"});

  at.write("c.yaml", vip_document("new", 4, 4));
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force() == Lines{"new/4 1", "web/3 3"});

  at.remove("b.yaml");
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force() == Lines{"new/4 1"});
}

TEST_CASE("events wait for the debounce, and nothing is due before") {
  const TemporaryDirectory at;
  Watched specs(at.path());
  at.write("a.yaml", vip_document("web", 1, 1));
  CHECK(specs.noticed());
  CHECK_FALSE(specs.pass(Milliseconds(19)));
  CHECK(specs.in_force().empty());
  CHECK(specs.pass(Milliseconds(1)));
  CHECK(specs.in_force() == Lines{"web/1 1"});
}

TEST_CASE("files that are no specs wake nobody") {
  const TemporaryDirectory at;
  Watched specs(at.path());
  at.write(".a.yaml.swp", "x");
  at.write("notes.txt", "x");
  CHECK_FALSE(specs.noticed());
}

TEST_CASE("a change that changes nothing is not reported") {
  const TemporaryDirectory at;
  at.write("a.yaml", vip_document("web", 1, 1));
  Watched specs(at.path());
  at.replace("a.yaml", vip_document("web", 1, 1));
  CHECK(specs.noticed());
  CHECK_FALSE(specs.settle());
  CHECK(specs.set().revision == 1);
}

TEST_CASE("a bad file keeps what came from it, and the others change") {
  const TemporaryDirectory at;
  at.write("a.yaml", vip_document("a", 1, 1));
  at.write("b.yaml", vip_document("b", 2, 2));
  Watched specs(at.path());
  const auto becomes = [&](const std::string& content) {
    at.write("a.yaml", content);
    at.write("b.yaml", vip_document("b", 2, 2));
    CHECK(specs.noticed());
    (void)specs.settle();
    CHECK(specs.in_force() == Lines{"a/1 1", "b/2 1"});
    REQUIRE(specs.errors().size() == 1);
    std::string line = specs.errors().front();
    REQUIRE(line.starts_with(at.path("a.yaml")));
    return line.substr(at.path("a.yaml").size());
  };
  CHECK(becomes("") == ": is empty: delete it if its objects shall go, or leave a comment in it");
  CHECK(becomes(" \n\n") ==
        ": is empty: delete it if its objects shall go, or leave a comment in it");
  CHECK(becomes(std::string("\x7f"
                            "ELF\0\0",
                            6)) ==
        ":1:1: this is not a text file: control character 0x7f at offset 0");
  CHECK(becomes(std::string(10U << 20U, 'x')) ==
        ": is too large: 10485760 bytes, and at most 4194304 are read");
  CHECK(becomes("a: &x [1]\nb: [*x, *x]\n") ==
        ":1:4: anchors (&name) are not accepted: repeat the value");
  CHECK(becomes("kind: [\n").starts_with(":2:1: "));
  CHECK(becomes("kind: Foo\napiVersion: v1\n") ==
        ":1:7: kind: unknown kind \"Foo\": must be VirtualIP");
  CHECK(becomes(vip_document("a", 0, 1)) ==
        ":8:20: spec.virtualRouterID: must be a whole number from 1 to 255, not 0");
  CHECK(becomes(vip_document("a", 1, 1) + "  nods: []\n") ==
        ":9:3: spec.nods: unknown field \"nods\", did you mean \"nodes\"?");
  at.remove("a.yaml");
  at.make_directory("a.yaml");
  CHECK(specs.noticed());
  (void)specs.settle();
  CHECK(specs.errors() == Lines{at.path("a.yaml") + ": is no regular file"});
  CHECK(specs.in_force() == Lines{"a/1 1", "b/2 1"});
}

TEST_CASE("a FIFO, a dangling link and an unreadable file stop nobody") {
  const TemporaryDirectory at;
  REQUIRE(::mkfifo(at.path("fifo.yaml").c_str(), 0600) == 0);
  at.link("dangling.yaml", "nowhere");
  at.link("loop.yaml", "loop.yaml");
  at.write("web.yaml", vip_document("web", 1, 1));
  const Watched specs(at.path());
  CHECK(specs.in_force() == Lines{"web/1 1"});
  CHECK(
      specs.errors() ==
      Lines{at.path("dangling.yaml") + ": cannot be read: No such file or directory (ENOENT)",
            at.path("fifo.yaml") + ": is no regular file",
            at.path("loop.yaml") + ": cannot be read: Too many levels of symbolic links (ELOOP)"});
}

TEST_CASE("a file of comments removes its objects: that is what it says") {
  const TemporaryDirectory at;
  at.write("a.yaml", vip_document("web", 1, 1));
  Watched specs(at.path());
  at.write("a.yaml", "# nothing any more\n---\n");
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force().empty());
  CHECK(specs.errors().empty());
}

TEST_CASE("a mounted ConfigMap changes by one swapped link") {
  const TemporaryDirectory at;
  at.make_directory("..1");
  at.write("..1/web.yaml", vip_document("web", 1, 1));
  at.write("..1/old.yaml", vip_document("old", 9, 9));
  at.link("..data", "..1");
  at.link("web.yaml", "..data/web.yaml");
  at.link("old.yaml", "..data/old.yaml");
  Watched specs(at.path());
  CHECK(specs.in_force() == Lines{"old/9 1", "web/1 1"});

  at.make_directory("..2");
  at.write("..2/web.yaml", vip_document("web", 2, 1));
  at.link("..data_tmp", "..2");
  at.rename("..data_tmp", "..data");
  at.remove("old.yaml");
  at.remove("..1");
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force() == Lines{"web/2 2"});
  CHECK(specs.errors().empty());
}

TEST_CASE("a directory that goes away keeps what ran, and is found again") {
  const TemporaryDirectory at;
  at.make_directory("specs");
  at.write("specs/a.yaml", vip_document("web", 1, 1));
  Watched specs(at.path("specs"));

  at.remove("specs");
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force() == Lines{"web/1 1"});
  CHECK(specs.errors() ==
        Lines{at.path("specs") + ": cannot be read: No such file or directory (ENOENT)"});
  CHECK(specs.set().rejected[0].previous_in_force);

  at.make_directory("specs");
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force() == Lines{"web/1 1"});
  CHECK(specs.errors().front().find("replaced by a directory without spec files") !=
        std::string::npos);

  at.write("specs/a.yaml", vip_document("web", 2, 1));
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force() == Lines{"web/2 2"});
  CHECK(specs.errors().empty());

  at.remove("specs/a.yaml");
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force().empty());
}

TEST_CASE("a directory that is a link may be swapped as a whole") {
  const TemporaryDirectory at;
  at.make_directory("v1");
  at.make_directory("v2");
  at.write("v1/a.yaml", vip_document("web", 1, 1));
  at.write("v2/a.yaml", vip_document("web", 2, 1));
  at.link("specs", "v1");
  Watched specs(at.path("specs"));
  at.link("next", "v2");
  at.rename("next", "specs");
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force() == Lines{"web/2 2"});
  at.write("v2/a.yaml", vip_document("web", 3, 1));
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force() == Lines{"web/3 3"});
}

TEST_CASE("a spec file may be a link to elsewhere, and is watched there") {
  const TemporaryDirectory at;
  at.make_directory("specs");
  at.make_directory("elsewhere");
  at.write("elsewhere/real", vip_document("web", 1, 1));
  at.link("specs/web.yaml", "../elsewhere/real");
  Watched specs(at.path("specs"));
  at.write("elsewhere/other", "x");
  CHECK_FALSE(specs.noticed());
  at.write("elsewhere/real", vip_document("web", 2, 1));
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(specs.in_force() == Lines{"web/2 2"});
}

TEST_CASE("a password file is read beside its spec, and again when it changes") {
  const TemporaryDirectory at;
  at.make_directory("specs");
  at.make_directory("secret");
  at.write("secret/vrrp", "first\n");
  at.write("specs/web.yaml", with_password_file("../secret/vrrp"));
  Watched specs(at.path("specs"));
  const auto password = [&] {
    return specs.set().accepted.at(0).spec.authentication.value().password.reveal();
  };
  CHECK(password() == "first");
  at.replace("secret/vrrp", "second");
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(password() == "second");
  CHECK(specs.in_force() == Lines{"web/1 2"});

  at.remove("secret/vrrp");
  CHECK(specs.noticed());
  CHECK(specs.settle());
  CHECK(password() == "second");
  CHECK(specs.errors() ==
        Lines{at.path("specs/web.yaml") +
              ":10:34: spec.authentication.passwordFile: cannot be read: No such file or directory "
              "(ENOENT)"});

  at.write("secret/vrrp", "a secret that is too long");
  CHECK(specs.noticed());
  (void)specs.settle();
  CHECK(specs.errors().front().find("secret that") == std::string::npos);
  CHECK(password() == "second");
}

TEST_CASE("a password file may have an absolute path") {
  const TemporaryDirectory at;
  at.make_directory("specs");
  at.write("vrrp", "absolute");
  at.write("specs/web.yaml", with_password_file(at.path("vrrp")));
  const Watched specs(at.path("specs"));
  CHECK(specs.set().accepted.at(0).spec.authentication->password.reveal() == "absolute");
}

TEST_CASE("what the kernel does not report is found by looking now and then") {
  const TemporaryDirectory at;
  at.make_directory("parent");
  at.make_directory("parent/specs");
  at.write("parent/specs/a.yaml", vip_document("web", 1, 1));
  Watched specs(at.path("parent/specs"));
  // Behind the back of every watch: a directory above is swapped.
  at.rename("parent", "old");
  at.make_directory("parent");
  at.make_directory("parent/specs");
  at.write("parent/specs/a.yaml", vip_document("web", 2, 1));
  (void)specs.noticed();
  CHECK(specs.pass(std::chrono::seconds(10)));
  CHECK(specs.in_force() == Lines{"web/2 2"});
}

TEST_CASE("who asks for it need not wait for the next look") {
  const TemporaryDirectory at;
  at.make_directory("parent");
  at.make_directory("parent/specs");
  at.write("parent/specs/a.yaml", vip_document("web", 1, 1));
  Watched specs(at.path("parent/specs"));
  at.rename("parent", "old");
  at.make_directory("parent");
  at.make_directory("parent/specs");
  at.write("parent/specs/a.yaml", vip_document("web", 2, 1));
  CHECK_FALSE(specs.pass(Milliseconds(1)));
  CHECK(specs.asked());
  CHECK(specs.in_force() == Lines{"web/2 2"});
  CHECK_FALSE(specs.asked());
}

TEST_CASE("looking now and then finds nothing new where nothing is") {
  const TemporaryDirectory at;
  at.write("a.yaml", vip_document("web", 1, 1));
  Watched specs(at.path());
  for (int i = 0; i < 10; ++i) {
    CHECK_FALSE(specs.pass(std::chrono::seconds(10)));
  }
  CHECK(specs.set().revision == 1);
}

TEST_CASE("a thousand objects are read in a moment") {
  const TemporaryDirectory at;
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += fmt::format(
        "---\napiVersion: keelvip.io/v1alpha1\nkind: VirtualIP\nmetadata: {{name: v{}}}\n"
        "spec: {{addresses: [10.0.{}.{}/32], interface: eth{}, virtualRouterID: {}}}\n",
        i, i / 250, 1 + i % 250, i / 250, 1 + i % 250);
  }
  at.write("all.yaml", text);
  const Watched specs(at.path());
  CHECK(specs.in_force().size() == 1000);
  CHECK(specs.errors().empty());
}

}  // namespace keelvip::specfile
