package io.headrace.localstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaServerTest {
  private static KafkaServer server;

  @BeforeAll
  static void start() {
    server = KafkaServer.start(KafkaOptions.throwaway());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void committed_records_survive_sigkill_and_a_restart_on_the_same_port() throws Exception {
    String bootstrap = server.bootstrapServers();
    try (Admin admin = admin()) {
      admin.createTopics(List.of(new NewTopic("kept", 1, (short) 1))).all().get();
    }
    produce("before the kill");

    server.kill();
    assertThat(server.isAlive()).isFalse();
    server.start();
    produce("after the kill");
    server.restart();

    assertThat(server.bootstrapServers()).isEqualTo(bootstrap);
    assertThat(consume(2)).containsExactly("before the kill", "after the kill");
  }

  @Test
  void a_topic_is_not_created_by_asking_for_it() {
    try (Admin admin = admin()) {
      assertThatThrownBy(() -> admin.describeTopics(List.of("unknown")).allTopicNames().get())
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
    }
  }

  @Test
  void a_taken_port_is_named(@TempDir Path directory) throws IOException {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      KafkaOptions options = KafkaOptions.in(directory).withPorts(other.getLocalPort(), 0);
      assertThatThrownBy(() -> KafkaServer.start(options))
          .isInstanceOf(LocalStackException.class)
          .hasMessageContaining("Port " + other.getLocalPort());
    }
  }

  private static Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", server.bootstrapServers()));
  }

  private static void produce(String value) throws Exception {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", server.bootstrapServers(), "transactional.id", "test");
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>("kept", value)).get(30, TimeUnit.SECONDS);
      producer.commitTransaction();
    }
  }

  private static List<String> consume(int count) {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", server.bootstrapServers(), "isolation.level", "read_committed");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      TopicPartition partition = new TopicPartition("kept", 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      List<String> values = new ArrayList<>();
      long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (values.size() < count && System.nanoTime() < deadline) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          values.add(record.value());
        }
      }
      return values;
    }
  }
}
