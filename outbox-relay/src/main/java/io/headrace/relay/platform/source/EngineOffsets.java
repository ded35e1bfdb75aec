package io.headrace.relay.platform.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.OffsetBackingStore;
import org.apache.kafka.connect.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * What Debezium takes for its offset store: memory, that begins with the LSN to stream from. The
 * position that counts is in Kafka, in the transaction of the events; what Debezium writes here
 * only tells it how far it may acknowledge the slot. Instantiated by Debezium, by name.
 */
@RegisterForReflection
public final class EngineOffsets implements OffsetBackingStore {

  static final String START = "headrace.start.lsn";

  private final Map<ByteBuffer, ByteBuffer> written = new ConcurrentHashMap<>();
  private @Nullable ByteBuffer start;

  @Override
  public void configure(WorkerConfig config) {
    String lsn = config.originalsStrings().get(START);
    // No lsn_proc: with it, Debezium would look for the row to resume at, by row LSNs. Without, it
    // streams from lsn on, a boundary between transactions, and the tracker counts off the rest.
    start =
        ByteBuffer.wrap("{\"lsn\":%s,\"lsn_commit\":%s}".formatted(lsn, lsn).getBytes(UTF_8))
            .asReadOnlyBuffer();
  }

  @Override
  public void start() {}

  @Override
  public void stop() {}

  @Override
  public Future<Map<ByteBuffer, ByteBuffer>> get(Collection<ByteBuffer> keys) {
    return CompletableFuture.completedFuture(
        keys.stream().collect(Collectors.toMap(key -> key, this::value)));
  }

  private ByteBuffer value(ByteBuffer key) {
    return toArray(written.getOrDefault(key, start));
  }

  /** Debezium takes the array behind the buffer. */
  private static ByteBuffer toArray(ByteBuffer buffer) {
    ByteBuffer from = buffer.duplicate();
    byte[] bytes = new byte[from.remaining()];
    from.get(bytes);
    return ByteBuffer.wrap(bytes);
  }

  @Override
  public Future<Void> set(Map<ByteBuffer, ByteBuffer> values, @Nullable Callback<Void> callback) {
    written.putAll(values);
    if (callback != null) {
      callback.onCompletion(null, null);
    }
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public Set<Map<String, Object>> connectorPartitions(String connectorName) {
    return Set.of();
  }
}
