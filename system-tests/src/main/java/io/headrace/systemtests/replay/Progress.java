package io.headrace.systemtests.replay;

/** Is told how far a piece of work is; called from many threads. */
public interface Progress extends AutoCloseable {

  /** The next piece of work begins; the one before has ended. */
  void begin(String what, long total);

  void step(long done, String detail);

  @Override
  void close();

  Progress NONE =
      new Progress() {
        @Override
        public void begin(String what, long total) {}

        @Override
        public void step(long done, String detail) {}

        @Override
        public void close() {}
      };
}
