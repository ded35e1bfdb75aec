package io.headrace.benchmarks.relay;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import java.net.URI;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A peer: the stock Debezium engine with its JSON converter and a plain producer, at least once.
 */
final class StockDebezium {

  private static final Pattern STREAM = Pattern.compile("\"stream_id\":\"([^\"]*)\"");

  private StockDebezium() {}

  public static void main(String[] arguments) throws Exception {
    URI database = URI.create(System.getProperty("bench.database").substring("jdbc:".length()));
    String topic = System.getProperty("bench.topic");
    Properties settings = new Properties();
    settings.setProperty("name", "stock");
    settings.setProperty("topic.prefix", "stock");
    settings.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
    settings.setProperty("database.hostname", database.getHost());
    settings.setProperty("database.port", Integer.toString(database.getPort()));
    settings.setProperty("database.dbname", database.getPath().substring(1));
    settings.setProperty("database.user", "postgres");
    settings.setProperty("database.password", "postgres");
    settings.setProperty("plugin.name", "pgoutput");
    settings.setProperty("slot.name", System.getProperty("bench.slot"));
    settings.setProperty("publication.name", "headrace");
    settings.setProperty("publication.autocreate.mode", "disabled");
    settings.setProperty("table.include.list", "public.event_log");
    settings.setProperty("snapshot.mode", "no_data");
    // The relay's heartbeats are in the same log.
    settings.setProperty("message.prefix.include.list", "none");
    settings.setProperty(
        "offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore");
    settings.setProperty("offset.flush.interval.ms", "1000");
    settings.setProperty("key.converter.schemas.enable", "false");
    settings.setProperty("value.converter.schemas.enable", "false");
    try (KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(
                Map.of(
                    "bootstrap.servers",
                    System.getProperty("bench.kafka"),
                    "acks",
                    "all",
                    "linger.ms",
                    5,
                    "batch.size",
                    128 * 1024),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        DebeziumEngine<ChangeEvent<String, String>> engine =
            DebeziumEngine.create(Json.class)
                .using(settings)
                .notifying(
                    (events, committer) -> {
                      for (ChangeEvent<String, String> event : events) {
                        producer.send(
                            new ProducerRecord<>(
                                topic,
                                stream(event.key()).getBytes(UTF_8),
                                event.value().getBytes(UTF_8)));
                      }
                      producer.flush();
                      for (ChangeEvent<String, String> event : events) {
                        committer.markProcessed(event);
                      }
                      committer.markBatchFinished();
                    })
                .build()) {
      engine.run();
    }
  }

  /** Debezium's key holds the version too; a stream is to stay in one partition. */
  private static String stream(String key) {
    Matcher matcher = STREAM.matcher(key);
    return matcher.find() ? matcher.group(1) : key;
  }
}
