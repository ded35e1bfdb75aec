package io.headrace.events.platform;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventCatalogueTest {

  /** Version 1 had {@code name}; version 2 split it; version 3 added {@code country}. */
  record Renamed(String id, String first, String last, String country) implements DomainEvent {
    @Override
    public String partitionKey() {
      return id;
    }
  }

  private static final EventType<Renamed> RENAMED =
      new EventType<>(
          Renamed.class,
          "Renamed",
          3,
          List.of(EventCatalogueTest::splitName, json -> json.put("country", "BR")));

  private final EventCatalogue catalogue =
      new EventCatalogue(List.of(new ContextEvents<>("people", Renamed.class, List.of(RENAMED))));

  private static ObjectNode splitName(ObjectNode v1) {
    String[] parts = v1.remove("name").textValue().split(" ", 2);
    return v1.put("first", parts[0]).put("last", parts[1]);
  }

  @Test
  void what_is_encoded_is_decoded_again() {
    Renamed event = new Renamed("1", "Ana", "Lima", "PT");
    EventCatalogue.Encoded encoded = catalogue.encode(event);
    assertThat(encoded.context()).isEqualTo("people");
    assertThat(encoded.type()).isEqualTo("people.Renamed.v3");
    assertThat(catalogue.decode(encoded.type(), encoded.payload())).contains(event);
  }

  @Test
  void an_older_version_passes_every_upcaster_in_turn() {
    assertThat(catalogue.decode("people.Renamed.v1", utf8("{'id':'1','name':'Ana Lima'}")))
        .contains(new Renamed("1", "Ana", "Lima", "BR"));
    assertThat(
            catalogue.decode("people.Renamed.v2", utf8("{'id':'1','first':'Ana','last':'Lima'}")))
        .contains(new Renamed("1", "Ana", "Lima", "BR"));
  }

  @Test
  void an_unknown_field_is_ignored_and_an_unknown_type_is_empty() {
    assertThat(
            catalogue.decode(
                "people.Renamed.v3",
                utf8("{'id':'1','first':'A','last':'B','country':'C','later':[1]}")))
        .contains(new Renamed("1", "A", "B", "C"));
    assertThat(catalogue.decode("people.Renamed.v4", utf8("{}"))).isEmpty();
    assertThat(catalogue.decode("other.Renamed.v1", utf8("{}"))).isEmpty();
  }

  @Test
  void a_payload_that_does_not_fit_says_which_type() {
    assertThatThrownBy(() -> catalogue.decode("people.Renamed.v3", utf8("{'id':{}}")))
        .isInstanceOf(UndecodableEventException.class)
        .hasMessageContaining("people.Renamed.v3");
    assertThatThrownBy(() -> catalogue.decode("people.Renamed.v1", utf8("[]")))
        .isInstanceOf(UndecodableEventException.class);
    assertThatThrownBy(() -> catalogue.decode("people.Renamed.v3", utf8("{")))
        .isInstanceOf(UndecodableEventException.class);
  }

  @Test
  void a_missing_upcaster_is_refused_when_the_type_is_declared() {
    assertThatThrownBy(() -> new EventType<>(Renamed.class, "Renamed", 2, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs 1 upcasters");
  }

  @Test
  void two_contexts_of_one_name_are_refused() {
    ContextEvents<Renamed> people =
        new ContextEvents<>("people", Renamed.class, List.of(EventType.of(Renamed.class)));
    ContextEvents<Renamed> again = new ContextEvents<>("people", Renamed.class, List.of());
    assertThatThrownBy(() -> new EventCatalogue(List.of(people, again)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("share a name");
  }

  @Test
  void an_event_of_no_context_is_a_defect() {
    record Stray() implements DomainEvent {
      @Override
      public String partitionKey() {
        return "";
      }
    }
    assertThatThrownBy(() -> catalogue.encode(new Stray()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Stray");
  }

  private static byte[] utf8(String json) {
    return json.replace('\'', '"').getBytes(UTF_8);
  }
}
