package io.headrace.query.platform.read;

import io.headrace.query.platform.view.View;
import io.quarkus.arc.All;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready when the database answers and every declared view is there and may be read. */
@Readiness
@ApplicationScoped
class ViewsReadiness implements AsyncHealthCheck {

  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final String MISSING =
      """
      SELECT name FROM unnest($1::text[]) AS name
      WHERE NOT coalesce(has_table_privilege(to_regclass(quote_ident(name)), 'SELECT'), false)
      ORDER BY name""";

  private final Pool pool;
  private final String[] views;

  ViewsReadiness(Pool pool, @All List<View> views) {
    this.pool = pool;
    this.views = views.stream().map(View::name).sorted().toArray(String[]::new);
  }

  @Override
  public Uni<HealthCheckResponse> call() {
    return pool.preparedQuery(MISSING)
        .execute(Tuple.of(views))
        .map(rows -> StreamSupport.stream(rows.spliterator(), false).map(ViewsReadiness::name))
        .map(missing -> answer(missing.toList()))
        .ifNoItem()
        .after(PATIENCE)
        .fail()
        .onFailure()
        .recoverWithItem(
            failure ->
                down(
                    "The database of the views cannot be reached: "
                        + failure.getClass().getSimpleName()));
  }

  private static String name(Row row) {
    return row.getString(0);
  }

  private static HealthCheckResponse answer(List<String> missing) {
    return missing.isEmpty()
        ? HealthCheckResponse.named("views").up().build()
        : down(
            "These views do not exist or may not be read: %s. The projection worker creates them when it starts."
                .formatted(String.join(", ", missing)));
  }

  private static HealthCheckResponse down(String why) {
    return HealthCheckResponse.named("views").down().withData("reason", why).build();
  }
}
