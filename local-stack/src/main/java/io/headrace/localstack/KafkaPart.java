package io.headrace.localstack;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Kafka as a part of a stack. */
record KafkaPart(KafkaServer server) implements Part {
  static final String NAME = "kafka";

  KafkaPart(KafkaOptions options) {
    this(KafkaServer.of(options));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String address() {
    return server.bootstrapServers();
  }

  @Override
  public void start() {
    server.start();
  }

  @Override
  public void awaitReady(Duration patience) {
    // Starting it has waited for that.
    server.process();
  }

  @Override
  public void stop() {
    server.stop();
  }

  @Override
  public void kill() {
    server.kill();
  }

  @Override
  public @Nullable ProcessHandle process() {
    return server.isAlive() ? server.process() : null;
  }

  @Override
  public Path log() {
    return server.log();
  }
}
