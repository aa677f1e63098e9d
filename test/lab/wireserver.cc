#include "wireserver.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <future>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace azcni::lab {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

struct Wireserver::Server {
  asio::io_context context{1};
  asio::ip::tcp::acceptor acceptor{context};
  std::mutex mutex;
  std::condition_variable asked;
  Handler handler;
  int requests = 0;
  std::vector<std::shared_ptr<Session>> held_back;

  Reply reply_to(const std::string& client, const std::string& target) {
    const std::scoped_lock held(mutex);
    ++requests;
    asked.notify_all();
    return handler(client, target);
  }
  void accept();
};

/// One connection: one request, one reply.
class Wireserver::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Server& server, asio::ip::tcp::socket socket)
      : server_(server),
        client_(socket.remote_endpoint().address().to_string()),
        stream_(std::move(socket)),
        timer_(server.context) {}

  void run() {
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code failed, std::size_t) {
                       if (!failed) self->reply();
                     });
  }

  void send() {
    http::async_write(stream_, response_,
                      [self = shared_from_this()](beast::error_code, std::size_t) {});
  }

 private:
  void reply() {
    const Reply reply = server_.reply_to(client_, std::string(request_.target()));
    response_.result(reply.status);
    response_.body() = reply.body;
    response_.prepare_payload();
    response_.keep_alive(false);
    if (reply.delay_ms < 0) return server_.held_back.push_back(shared_from_this());
    timer_.expires_after(std::chrono::milliseconds(reply.delay_ms));
    timer_.async_wait([self = shared_from_this()](beast::error_code cancelled) {
      if (!cancelled) self->send();
    });
  }

  Server& server_;
  std::string client_;
  beast::tcp_stream stream_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

void Wireserver::Server::accept() {
  acceptor.async_accept([this](beast::error_code failed, asio::ip::tcp::socket socket) {
    if (failed) return;
    beast::error_code gone;
    socket.remote_endpoint(gone);
    if (!gone) std::make_shared<Session>(*this, std::move(socket))->run();
    accept();
  });
}

Wireserver::Wireserver(int net, const std::string& address, Handler handler)
    : server_(std::make_unique<Server>()) {
  server_->handler = std::move(handler);
  std::promise<void> listening;
  // A socket stays in the namespace of the thread that made it.
  thread_ = std::thread([this, net, address, &listening] {
    try {
      if (::setns(net, CLONE_NEWNET) != 0) throw std::runtime_error("setns for the wireserver");
      // Azure's is on no busy machine: it answers as soon as it is asked.
      ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), -20);
      const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address), 80);
      server_->acceptor.open(endpoint.protocol());
      server_->acceptor.set_option(asio::socket_base::reuse_address(true));
      server_->acceptor.bind(endpoint);
      server_->acceptor.listen();
      server_->accept();
      listening.set_value();
    } catch (...) {
      listening.set_exception(std::current_exception());
      return;
    }
    const auto work = asio::make_work_guard(server_->context);
    server_->context.run();
  });
  try {
    listening.get_future().get();
  } catch (const std::exception&) {
    thread_.join();
    throw;
  }
}

Wireserver::~Wireserver() {
  server_->context.stop();
  if (thread_.joinable()) thread_.join();
}

void Wireserver::answer_with(Handler handler) {
  const std::scoped_lock held(server_->mutex);
  server_->handler = std::move(handler);
}

void Wireserver::release() {
  asio::post(server_->context, [server = server_.get()] {
    for (const auto& session : std::exchange(server->held_back, {})) session->send();
  });
}

void Wireserver::die() {
  std::promise<void> closed;
  asio::post(server_->context, [&] {
    server_->acceptor.close();
    closed.set_value();
  });
  closed.get_future().wait();
}

int Wireserver::requests() const {
  const std::scoped_lock held(server_->mutex);
  return server_->requests;
}

bool Wireserver::wait_for_requests(int count) const {
  std::unique_lock held(server_->mutex);
  return server_->asked.wait_for(held, kPatience, [&] { return server_->requests >= count; });
}

}  // namespace azcni::lab
