package io.headrace.benchmarks.relay;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Properties;
import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.postgresql.replication.PGReplicationStream;

/** The limit: the same protocol as pg_recvlogical with pgoutput, to a reader that discards. */
final class RawReplication {

  private RawReplication() {}

  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("user", "postgres");
    properties.setProperty("password", "postgres");
    properties.setProperty("replication", "database");
    properties.setProperty("preferQueryMode", "simple");
    properties.setProperty("assumeMinServerVersion", "14");
    int events = Integer.getInteger("bench.events");
    try (Connection connection =
            new Driver().connect(System.getProperty("bench.database"), properties);
        PGReplicationStream stream =
            connection
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(System.getProperty("bench.slot"))
                .withSlotOption("proto_version", 1)
                .withSlotOption("publication_names", "headrace")
                .start()) {
      long first = 0;
      long half = 0;
      int count = 0;
      while (count < events) {
        ByteBuffer message = stream.read();
        if (message.get(message.position()) == 'I') {
          count++;
          if (first == 0) {
            first = System.nanoTime();
          }
          if (count == events / 2) {
            half = System.nanoTime();
          }
          if (count % 10_000 == 0) {
            stream.setFlushedLSN(stream.getLastReceiveLSN());
          }
        }
      }
      long last = System.nanoTime();
      Files.writeString(
          Path.of(System.getProperty("bench.result")),
          count * 1e9 / (last - first) + " " + (count - events / 2) * 1e9 / (last - half));
    }
    // Not by closing all in order: nobody reads on.
    Runtime.getRuntime().halt(0);
  }
}
