package io.headrace.images;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Clients of replicas behind a cluster's Service, each with a connection that it keeps: a new one
 * goes to any replica that the Service has, and one that is open stays where it is, whatever the
 * Service has now, until the replica ends it.
 */
final class RollingLoad implements AutoCloseable {

  /** Of one client, over its own connection. */
  interface Request {
    HttpResponse<String> send(Container replica, HttpClient client, String id) throws IOException;
  }

  private static final int CLIENTS = 8;

  private final List<Container> replicas;
  private final Request request;
  private final Queue<String> answered = new ConcurrentLinkedQueue<>();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean over;

  RollingLoad(List<Container> replicas, Request request) {
    this.replicas = new CopyOnWriteArrayList<>(replicas);
    this.request = request;
    for (int i = 0; i < CLIENTS; i++) {
      String client = "rolling-" + i + "-";
      threads.add(Thread.ofPlatform().start(() -> run(client)));
    }
  }

  private void run(String prefix) {
    try (HttpClient client = HttpClient.newBuilder().version(Version.HTTP_1_1).build()) {
      Container replica = any();
      for (int n = 0; !over; n++) {
        String id = prefix + n;
        try {
          HttpResponse<String> answer = request.send(replica, client, id);
          if (answer.statusCode() / 100 == 2) {
            answered.add(id);
          } else {
            failures.add(answer.statusCode() + " " + answer.body());
          }
          if (answer.headers().allValues("connection").contains("close")) {
            replica = any();
          }
          Thread.sleep(5);
        } catch (IOException e) {
          failures.add(e.toString());
          replica = any();
        } catch (InterruptedException e) {
          return;
        }
      }
    }
  }

  private Container any() {
    List<Container> now = List.copyOf(replicas);
    return now.get(ThreadLocalRandom.current().nextInt(now.size()));
  }

  /** Both are in the Service for a moment, as a rolling update with no unavailable pod has it. */
  void replace(Container old, Container by) {
    replicas.add(by);
    replicas.remove(old);
  }

  List<String> answered() {
    return List.copyOf(answered);
  }

  List<String> failures() {
    return List.copyOf(failures);
  }

  @Override
  public void close() {
    end();
  }

  /** Lets the requests that are under way come to their end. */
  void end() {
    over = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
