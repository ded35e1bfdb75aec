package io.headrace.query.contexts.ordering;

import io.headrace.query.platform.http.Answers;
import io.headrace.query.platform.http.Problem;
import io.headrace.query.platform.http.ProblemException;
import io.headrace.query.platform.http.QueryParameters;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

@Path("/sales/daily")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "sales")
class SalesResource {

  private static final int MAX_DAYS = 366;

  private final Answers answers;
  private final Sales sales;

  SalesResource(Answers answers, Sales sales) {
    this.answers = answers;
    this.sales = sales;
  }

  @GET
  @Operation(operationId = "getDailySales", summary = "Orders and revenue by day")
  @Parameter(
      name = "from",
      in = ParameterIn.QUERY,
      required = true,
      description = "The first day.",
      example = "2018-01-01",
      schema = @Schema(implementation = LocalDate.class))
  @Parameter(
      name = "to",
      in = ParameterIn.QUERY,
      required = true,
      description = "The last day; at most 366 days in all.",
      example = "2018-01-31",
      schema = @Schema(implementation = LocalDate.class))
  public Uni<RestResponse<DailySales>> daily(@Context UriInfo uri) {
    var query = QueryParameters.of(uri, List.of("from", "to"));
    var from = query.requiredDate("from");
    var to = query.requiredDate("to");
    if (to.isBefore(from) || ChronoUnit.DAYS.between(from, to) >= MAX_DAYS) {
      throw new ProblemException(
          Problem.invalidParameter(
              "to", "from (" + from + ") or up to " + (MAX_DAYS - 1) + " days later"));
    }
    return answers.all(sales, () -> sales.daily(from, to));
  }
}
