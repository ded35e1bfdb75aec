package io.headrace.events.contexts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.EventType;
import io.headrace.events.platform.Headers;
import io.headrace.events.platform.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code asyncapi.yaml} is generated from the catalogue; {@code -Dheadrace.schemas.write=true}. */
class AsyncApiTest {

  private static final Path FILE = Path.of("asyncapi.yaml");
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .build();

  private static final Map<String, String> EVERY_EVENT_HAS =
      Map.of(
          Headers.ID, "<stream id>@<stream version>; deduplicate on it",
          Headers.SOURCE, Headers.SOURCE_PREFIX + "<context>",
          Headers.SPEC_VERSION, "CloudEvents version, 1.0",
          Headers.TYPE, "<context>.<event>.v<version>",
          Headers.SUBJECT, "The stream id",
          Headers.TIME, "When the event was recorded, RFC 3339 in UTC",
          Headers.DATA_SCHEMA, Headers.SCHEMA_URN_PREFIX + "<ce_type>",
          Headers.STREAM_VERSION, "Position in the stream, from 1, without gaps",
          Headers.CONTENT_TYPE, "application/json");

  private static final Map<String, String> AN_EVENT_MAY_HAVE =
      Map.of(
          Headers.CORRELATION_ID, "The same for everything that one request set in motion",
          Headers.CAUSATION_ID, "The event or request that led to this event",
          Headers.TENANT, "The tenant",
          Headers.TRACEPARENT, "W3C Trace Context");

  @Test
  void the_checked_in_document_describes_every_topic() throws IOException {
    String generated = YAML.writeValueAsString(document());
    if (Boolean.getBoolean("headrace.schemas.write")) {
      Files.writeString(FILE, generated);
    }
    assertThat(FILE)
        .as("the topics of all contexts; write it with -Dheadrace.schemas.write=true")
        .hasContent(generated);
  }

  private static ObjectNode document() {
    ObjectNode root = YAML.createObjectNode();
    root.put("asyncapi", "3.0.0");
    root.putObject("info")
        .put("title", "Headrace events")
        .put("version", "1.0.0")
        .put(
            "description",
            "One Kafka topic per bounded context. CloudEvents 1.0, binary content mode: the value"
                + " is the event as JSON, its attributes are record headers. The key is the"
                + " partition key, usually the order id. Order holds within a stream, and within a"
                + " partition key in commit order. Consumers read committed records, ignore fields"
                + " and types they do not know, and deduplicate on ce_id.");
    root.put("defaultContentType", "application/json");
    ObjectNode channels = root.putObject("channels");
    ObjectNode operations = root.putObject("operations");
    ObjectNode components = root.putObject("components");
    ObjectNode messages = components.putObject("messages");
    headers(components.putObject("schemas").putObject("EventHeaders"));
    for (ContextEvents<?> context : Contexts.ALL) {
      ObjectNode channel = channels.putObject(context.context());
      channel.put("address", Topics.of(context.context()));
      ObjectNode channelMessages = channel.putObject("messages");
      for (EventType<?> type : context.types()) {
        String wireName = EventCatalogue.wireName(context.context(), type.name(), type.version());
        reference(channelMessages.putObject(type.name()), "#/components/messages/" + wireName);
        ObjectNode message = messages.putObject(wireName);
        message.put("name", wireName);
        reference(message.putObject("headers"), "#/components/schemas/EventHeaders");
        reference(
            message.putObject("payload"),
            "./src/main/resources/io/headrace/events/schemas/" + wireName + ".schema.json");
      }
      ObjectNode operation = operations.putObject("publish-" + context.context());
      operation.put("action", "send");
      reference(operation.putObject("channel"), "#/channels/" + context.context());
    }
    return root;
  }

  private static void headers(ObjectNode schema) {
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    Map<String, String> sorted = new java.util.TreeMap<>(EVERY_EVENT_HAS);
    sorted.putAll(AN_EVENT_MAY_HAVE);
    sorted.forEach(
        (name, text) -> properties.putObject(name).put("type", "string").put("description", text));
    var required = schema.putArray("required");
    EVERY_EVENT_HAS.keySet().stream().sorted().forEach(required::add);
  }

  private static void reference(ObjectNode node, String target) {
    node.put("$ref", target);
  }
}
