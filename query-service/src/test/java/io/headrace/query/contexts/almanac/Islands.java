package io.headrace.query.contexts.almanac;

import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.Link;
import io.headrace.query.platform.view.Relation;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.Sort;
import io.headrace.query.platform.view.ValueType;
import io.headrace.query.platform.view.Within;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.hibernate.annotations.Immutable;
import org.jspecify.annotations.Nullable;

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
    @Nullable Integer height;
    @Nullable BigDecimal area;
    boolean inhabited;
  }

  @RegisterForReflection
  @Schema(name = "Island")
  record Island(
      String island,
      String ocean,
      LocalDate seen,
      @Nullable Integer height,
      @Nullable BigDecimal area,
      boolean inhabited) {}

  private static final Attribute<Row> OCEAN = Attribute.text("ocean", row -> row.ocean);
  private static final Attribute<Row> SEEN =
      new Attribute<>("seen", ValueType.DATE, row -> row.seen);

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
    return new Island(row.island, row.ocean, row.seen, row.height, row.area, row.inhabited);
  }

  @Override
  public Island example() {
    return new Island("Ithaca", "Ionian Sea", LocalDate.parse("2018-01-31"), 806, null, true);
  }

  @Override
  public Attribute<Row> key() {
    return Attribute.text("island", row -> row.island);
  }

  @Override
  public List<Attribute<Row>> filters() {
    return List.of(
        OCEAN,
        SEEN,
        new Attribute<>("height", ValueType.INTEGER, row -> row.height),
        new Attribute<>("area", ValueType.DECIMAL, row -> row.area),
        new Attribute<>("inhabited", ValueType.BOOLEAN, row -> row.inhabited));
  }

  @Override
  public List<Sort<Row>> sorts() {
    return List.of(Sort.ascending(SEEN), Sort.ascending(OCEAN).then(Sort.descending(SEEN)));
  }

  @Override
  public List<Link> links(Row row, Island island) {
    return List.of(
        Link.to("same-ocean", "Islands of the same ocean", "oceans", row.ocean, "almanac"),
        Link.command("almanac", "islands", row.island, "forget-island", "Forget it"));
  }

  @Override
  public List<Relation<Island, ?, ?>> relations() {
    return List.of(
        new Relation<>(
            "neighbours", Island.class, island -> List.of(island.ocean()), this::inOceans));
  }

  private Uni<Map<String, List<Island>>> inOceans(Set<String> oceans) {
    return list("ocean in ?1 order by island", List.copyOf(oceans))
        .map(
            rows ->
                rows.stream().map(this::represent).collect(Collectors.groupingBy(Island::ocean)));
  }

  @Override
  public List<Within> within() {
    return List.of(new Within("oceans", "ocean"));
  }
}
