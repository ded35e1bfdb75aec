package io.headrace.command.platform.http;

import io.headrace.command.platform.binding.CommandBinding;
import io.headrace.command.platform.dispatch.CommandConfig;
import io.headrace.command.platform.dispatch.CommandDispatcher;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * {@code POST /commands}: many commands in one request, each line of JSON one command with an
 * outcome of its own, see {@link Batch}. Not routed through JAX-RS, which takes no body piece by
 * piece.
 */
@ApplicationScoped
class BatchRoute {

  static final String PATH = "/commands";

  private final CommandBinding binding;
  private final CommandDispatcher dispatcher;
  private final CommandConfig config;
  private final Bodies bodies;
  private final Replies replies;
  private final Problems problems;

  BatchRoute(
      CommandBinding binding,
      CommandDispatcher dispatcher,
      CommandConfig config,
      Bodies bodies,
      Replies replies,
      Problems problems) {
    this.binding = binding;
    this.dispatcher = dispatcher;
    this.config = config;
    this.bodies = bodies;
    this.replies = replies;
    this.problems = problems;
  }

  void register(@Observes Router router) {
    router.post(PATH).handler(this::answer);
  }

  private void answer(RoutingContext routing) {
    try {
      var headers = new RequestHeaders(name -> routing.request().headers().getAll(name));
      headers.requireNdjson();
      var metadata = headers.metadata();
      Correlation.answer(routing, metadata);
      new Batch(
              routing,
              new BatchLine(binding, metadata),
              dispatcher,
              replies,
              problems,
              bodies.limit(),
              config)
          .start();
    } catch (ProblemException e) {
      routing.request().resume(); // to its end, unread
      problems.send(routing, e);
    }
  }
}
