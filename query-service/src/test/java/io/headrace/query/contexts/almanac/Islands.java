package io.headrace.query.contexts.almanac;

import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.Sort;
import io.headrace.query.platform.view.ValueType;
import io.headrace.query.platform.view.Within;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.LocalDate;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.hibernate.annotations.Immutable;

/** All that a context has to write to be served. */
@ApplicationScoped
class Islands implements ResourceView<Islands.Row, String, Islands.Island> {

  @Entity(name = "Island")
  @Immutable
  @Table(name = "almanac")
  static class Row {
    @Id String island;
    String ocean;
    LocalDate seen;
  }

  @RegisterForReflection
  @Schema(name = "Island")
  record Island(String island, String ocean, LocalDate seen) {}

  @Override
  public String name() {
    return "almanac";
  }

  @Override
  public Class<Island> representation() {
    return Island.class;
  }

  @Override
  public Island represent(Row row) {
    return new Island(row.island, row.ocean, row.seen);
  }

  @Override
  public Island example() {
    return new Island("Ithaca", "Ionian Sea", LocalDate.parse("2018-01-31"));
  }

  @Override
  public Attribute<Row> key() {
    return Attribute.text("island", row -> row.island);
  }

  @Override
  public List<Attribute<Row>> filters() {
    return List.of(Attribute.text("ocean", row -> row.ocean));
  }

  @Override
  public List<Sort<Row>> sorts() {
    return List.of(Sort.ascending(new Attribute<>("seen", ValueType.DATE, row -> row.seen)));
  }

  @Override
  public List<Within> within() {
    return List.of(new Within("oceans", "ocean"));
  }
}
