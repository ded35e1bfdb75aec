package io.headrace.query.contexts.ordering;

import io.headrace.query.platform.http.Answers;
import io.headrace.query.platform.http.Problem;
import io.headrace.query.platform.http.QueryParameters;
import io.headrace.query.platform.read.RowReads;
import io.headrace.query.platform.read.ViewReads;
import io.headrace.query.platform.view.ValueType;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;

@Path("/sellers/{sellerId}")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "sellers")
class SellersResource {

  private final Answers answers;
  private final RowReads<String, Seller> sellers;

  SellersResource(Answers answers, ViewReads reads, Sellers sellers) {
    this.answers = answers;
    this.sellers = reads.byKey(sellers, sellers::totals);
  }

  @GET
  @Operation(operationId = "getSeller", summary = "The totals of one seller")
  public Uni<RestResponse<Seller>> seller(String sellerId, @Context UriInfo uri) {
    QueryParameters.of(uri, List.of());
    QueryParameters.parse("sellerId", ValueType.TEXT, sellerId);
    return answers.one(sellers, sellerId, () -> Problem.notFound("sellerId", sellerId));
  }
}
