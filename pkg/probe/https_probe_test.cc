// HTTPS against a real TLS server with a certificate that nobody signed.
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "pkg/probe/test_scene.h"

namespace keelvip::probe {
namespace {

template <auto kFree>
struct Deleter {
  template <typename Value>
  void operator()(Value* value) const {
    kFree(value);
  }
};
using Context = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Deleter<SSL_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;

Context make_context() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const Certificate certificate(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -2000);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), -1000);  // and it has expired
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  Context context(SSL_CTX_new(TLS_server_method()));
  REQUIRE(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
  return context;
}

/// Answers over TLS and remembers what it was asked.
class TlsServer {
 public:
  TestPeer::Behaviour behaviour() {
    return [this](Conversation& client) { step(client); };
  }
  std::string server_name;
  std::string request;

 private:
  void step(Conversation& client) {
    Session& session = sessions_[client.fd()];
    if (session == nullptr) {
      session.reset(SSL_new(context_.get()));
      SSL_set_fd(session.get(), client.fd());
    }
    if (SSL_accept(session.get()) != 1) {
      return;
    }
    std::array<char, 4096> buffer;
    const int length = SSL_read(session.get(), buffer.data(), buffer.size());
    if (length <= 0) {
      return;
    }
    request.append(buffer.data(), static_cast<std::size_t>(length));
    const char* name = SSL_get_servername(session.get(), TLSEXT_NAMETYPE_host_name);
    server_name = name == nullptr ? "" : name;
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    SSL_write(session.get(), answer.data(), static_cast<int>(answer.size()));
    SSL_shutdown(session.get());
    sessions_.erase(client.fd());
    client.close();
  }

  Context context_ = make_context();
  std::map<int, Session> sessions_;
};

health::HttpProbe https_to(std::uint16_t port) {
  health::HttpProbe probe = http_to(port);
  probe.tls = true;
  return probe;
}

}  // namespace

TEST_CASE("an HTTPS server is asked whatever its certificate says") {
  TlsServer server;
  TestScene scene;
  const TestPeer& peer = scene.peer(server.behaviour(), {.raw = true});
  const auto result = scene.first_result(check_of(https_to(peer.port())));
  CHECK(result.success);
  CHECK(result.reason == "HTTP 200");
  CHECK(server.server_name.empty());  // an address is no name (RFC 6066 3)
}

TEST_CASE("over TLS the Host header names the virtual host in the handshake, too") {
  TlsServer server;
  TestScene scene;
  const TestPeer& peer = scene.peer(server.behaviour(), {.raw = true});
  health::HttpProbe probe = https_to(peer.port());
  probe.headers = {{"Host", "www.example.com"}};
  CHECK(scene.first_result(check_of(probe)).success);
  CHECK(server.server_name == "www.example.com");
  CHECK(server.request.find("Host: www.example.com\r\n") != std::string::npos);
}

}  // namespace keelvip::probe
