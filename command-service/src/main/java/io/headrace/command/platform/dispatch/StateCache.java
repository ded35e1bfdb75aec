package io.headrace.command.platform.dispatch;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.headrace.command.platform.log.LogReplaced;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/**
 * States of streams as they were a moment ago: another replica may have appended since. Whoever
 * uses one has its version confirmed by the log before it answers. Bounded by weight; safe for use
 * by many threads.
 */
@Singleton
class StateCache {

  /** About what an entry weighs besides its state: key, node and record. */
  private static final int OVERHEAD = 256;

  private final @Nullable Cache<String, Kept> cache;

  StateCache(CommandConfig config) {
    long bytes = config.stateCacheSize().asLongValue();
    cache =
        bytes == 0
            ? null
            : Caffeine.newBuilder()
                .maximumWeight(bytes)
                .weigher(
                    (String key, Kept kept) ->
                        (int) Math.min(Integer.MAX_VALUE, OVERHEAD + kept.bytes()))
                .executor(Runnable::run)
                .build();
  }

  @Nullable Kept get(String streamId) {
    return cache == null ? null : cache.getIfPresent(streamId);
  }

  /** Keeps the newer of this and the present one. */
  void put(String streamId, VersionedState state) {
    if (cache != null) {
      cache
          .asMap()
          .merge(
              streamId,
              Kept.of(state),
              (old, young) -> young.version() >= old.version() ? young : old);
    }
  }

  void remove(String streamId) {
    if (cache != null) {
      cache.invalidate(streamId);
    }
  }

  void forget(@Observes LogReplaced event) {
    if (cache != null) {
      cache.invalidateAll();
    }
  }

  long size() {
    return cache == null ? 0 : cache.estimatedSize();
  }

  long bytes() {
    return cache == null ? 0 : cache.policy().eviction().orElseThrow().weightedSize().orElseThrow();
  }
}
