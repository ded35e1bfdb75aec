package io.headrace.systemtests.replay;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.systemtests.replay.Expected.ExpectedStep;
import io.headrace.systemtests.replay.Expected.StreamVersion;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Sends the steps of a timeline through the command API.
 *
 * <p><b>Order.</b> A step begins only after every earlier step of its order, and every earlier step
 * of its stream (one review id occurs on several orders), has ended. Between orders the timeline is
 * followed within a window: no step begins while one that lies more than the window's length before
 * it has not ended. Steps enter the window in the timeline's order and wait only for earlier ones,
 * so the earliest step in the window can always go on: no deadlock.
 */
public final class Driver {

  /** Steps that wait for a reaction hold a place in the window but no connection. */
  private static final int WINDOW_PER_CONNECTION = 8;

  private static final Duration FIRST_POLL = Duration.ofMillis(20);
  private static final Duration LONGEST_POLL = Duration.ofMillis(250);

  /** Reactions that do not work at all must not cost the full patience for every order. */
  private static final Duration AFTER_A_MISS = Duration.ofSeconds(1);

  private final Api commands;
  private final Duration patience;
  private final int concurrency;
  private final Progress progress;
  private final Semaphore connections;
  private volatile boolean givenUp;

  public Driver(Api commands, Duration patience, int concurrency, Progress progress) {
    this.commands = commands;
    this.patience = patience;
    this.concurrency = concurrency;
    this.progress = progress;
    this.connections = new Semaphore(concurrency);
  }

  /**
   * @param outcomes one for each step, in the timeline's order
   * @param missedReactions sentences: what did not happen although it had to
   */
  public record Run(
      List<Outcome> outcomes, List<String> missedReactions, long sent, Duration duration) {

    public double commandsPerSecond() {
      return sent / Math.max(0.001, duration.toNanos() / 1e9);
    }
  }

  /** Returns when every step has ended; to be called once. */
  public Run drive(List<ExpectedStep> timeline) throws InterruptedException {
    Outcome[] outcomes = new Outcome[timeline.size()];
    Map<String, Integer> stepsLeft = new ConcurrentHashMap<>();
    timeline.forEach(step -> stepsLeft.merge(step.step().order().orderId(), 1, Integer::sum));
    Set<String> refusedOrders = ConcurrentHashMap.newKeySet();
    ConcurrentLinkedQueue<String> missed = new ConcurrentLinkedQueue<>();
    AtomicInteger ordersDone = new AtomicInteger();
    AtomicInteger sent = new AtomicInteger();
    long begin = System.nanoTime();
    progress.begin("Replay", stepsLeft.size());

    Map<String, CompletableFuture<?>> lastOfOrder = new HashMap<>();
    Map<StreamRef, CompletableFuture<?>> lastOfStream = new HashMap<>();
    Semaphore window = new Semaphore(concurrency * WINDOW_PER_CONNECTION);
    ConcurrentLinkedQueue<Throwable> defects = new ConcurrentLinkedQueue<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < timeline.size(); i++) {
        int index = i;
        ExpectedStep expected = timeline.get(i);
        Step step = expected.step();
        String orderId = step.order().orderId();
        window.acquire();
        if (!defects.isEmpty()) {
          window.release();
          break;
        }
        CompletableFuture<?> before =
            CompletableFuture.allOf(
                lastOfOrder.getOrDefault(orderId, CompletableFuture.completedFuture(null)),
                lastOfStream.getOrDefault(step.stream(), CompletableFuture.completedFuture(null)));
        CompletableFuture<?> done =
            before.thenRunAsync(
                () -> {
                  try {
                    outcomes[index] = carryOut(expected, refusedOrders, missed);
                    if (!(outcomes[index] instanceof Outcome.NotSent)) {
                      sent.incrementAndGet();
                    }
                    if (stepsLeft.merge(orderId, -1, Integer::sum) == 0) {
                      double seconds = (System.nanoTime() - begin) / 1e9;
                      progress.step(
                          ordersDone.incrementAndGet(),
                          "%.0f commands/s".formatted(sent.get() / Math.max(0.001, seconds)));
                    }
                  } catch (InterruptedException _) {
                    Thread.currentThread().interrupt();
                    outcomes[index] = new Outcome.Failed("interrupted");
                  } catch (RuntimeException | Error e) {
                    // Kept, and thrown when all has ended; a step that failed here must let its
                    // successors go on, or the window would never empty.
                    defects.add(e);
                    givenUp = true;
                    outcomes[index] = new Outcome.Failed(String.valueOf(e.getMessage()));
                  } finally {
                    window.release();
                  }
                },
                threads);
        lastOfOrder.put(orderId, done);
        lastOfStream.put(step.stream(), done);
      }
      // Closing waits for the steps that run; those that wait for them are not submitted yet.
      window.acquire(concurrency * WINDOW_PER_CONNECTION);
    }
    Throwable defect = defects.peek();
    switch (defect) {
      case null -> {
        // All steps have ended, each in its own way.
      }
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(defect);
    }
    return new Run(
        Arrays.asList(outcomes),
        List.copyOf(missed),
        sent.get(),
        Duration.ofNanos(System.nanoTime() - begin));
  }

  private Outcome carryOut(
      ExpectedStep expected, Set<String> refusedOrders, ConcurrentLinkedQueue<String> missed)
      throws InterruptedException {
    Step step = expected.step();
    if (refusedOrders.contains(step.order().orderId())) {
      return Outcome.NOT_SENT;
    }
    for (StreamVersion reaction : expected.after()) {
      String trouble = awaitReaction(reaction, missed.isEmpty() ? patience : AFTER_A_MISS);
      if (trouble != null) {
        missed.add("before %s of %s: %s".formatted(step.command(), step.stream().id(), trouble));
      }
    }
    Outcome outcome = outcome(call(() -> commands.post(Command.of(step))));
    if (step instanceof Step.PlaceOrder && outcome != Outcome.ACCEPTED) {
      refusedOrders.add(step.order().orderId());
    }
    return outcome;
  }

  private @Nullable String awaitReaction(StreamVersion reaction, Duration patience)
      throws InterruptedException {
    long giveUpAt = System.nanoTime() + patience.toNanos();
    long pause = FIRST_POLL.toMillis();
    while (true) {
      Api.Answer answer = call(() -> commands.get(reaction.stream().path()));
      if (version(answer) >= reaction.version()) {
        return null;
      }
      if (System.nanoTime() >= giveUpAt) {
        return "%s is at version %d instead of %d after %d s"
            .formatted(
                reaction.stream().path(),
                version(answer),
                reaction.version(),
                patience.toSeconds());
      }
      Thread.sleep(pause);
      pause = Math.min(LONGEST_POLL.toMillis(), pause * 3 / 2);
    }
  }

  /** The version of the stream whose state was asked for; 0 of one that has no events. */
  static int version(Api.Answer answer) {
    String etag = answer.etag();
    return answer.status() == 200 && etag != null && etag.matches("[0-9]{1,9}")
        ? Integer.parseInt(etag)
        : 0;
  }

  private interface Call {
    Api.Answer send() throws InterruptedException;
  }

  private Api.Answer call(Call call) throws InterruptedException {
    connections.acquire();
    try {
      if (givenUp) {
        // The reason is among the defects already; waiting again for each step would take hours.
        throw new Api.GaveUpException("not sent, because the replay was given up");
      }
      return call.send();
    } finally {
      connections.release();
    }
  }

  static Outcome outcome(Api.Answer answer) {
    JsonNode body = answer.body();
    return switch (answer.status()) {
      case 200, 201 -> body.path("events").isEmpty() ? Outcome.UNCHANGED : Outcome.ACCEPTED;
      case 422 -> {
        String[] type = body.path("type").asText().split(":");
        yield type.length == 5 && body.path("type").asText().startsWith("urn:headrace:rejection:")
            ? new Outcome.Rejected(type[3], type[4])
            : new Outcome.Failed("422 with the type " + body.path("type"));
      }
      case 400 -> {
        String field = body.path("field").asText(body.at("/errors/0/field").asText());
        yield new Outcome.Invalid(field.isEmpty() ? body.toString() : field);
      }
      default -> new Outcome.Failed(answer.status() + " " + body);
    };
  }
}
