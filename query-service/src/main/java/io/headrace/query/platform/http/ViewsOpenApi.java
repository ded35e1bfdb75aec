package io.headrace.query.platform.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.query.platform.read.RequestedConsistency;
import io.headrace.query.platform.read.ViewPosition;
import io.quarkus.arc.Arc;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;

/**
 * Describes the endpoints that views get by themselves, and what all endpoints have in common: the
 * headers of an answer and the problems.
 *
 * <p>Runs at start, when the views are known; the schemas of the representations are found in the
 * build, by their {@code @Schema}.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.RUNTIME_STARTUP)
public class ViewsOpenApi implements OASFilter {

  private static final String PROBLEM = "Problem";
  private static final String VIEW_BEHIND = "ViewBehind";

  @Override
  public void filterOpenAPI(OpenAPI api) {
    var container = Arc.requireContainer();
    var representations = container.instance(Representations.class).get();
    var catalogue = container.instance(ViewCatalogue.class).get();
    var config = container.instance(PageConfig.class).get();
    var json = container.instance(ObjectMapper.class).get();
    if (api.getPaths() == null) {
      api.setPaths(OASFactory.createPaths());
    }
    if (api.getComponents() == null) {
      api.setComponents(OASFactory.createComponents());
    }
    api.getComponents().addSchema(Schemas.MONEY, Schemas.money());
    api.getComponents().addSchema(Schemas.LINKS, Schemas.links());
    for (var view : catalogue.all()) {
      new ViewDescription<>(api, view, representations.fields(view), config, json).add();
      LiveOpenApi.describe(api, view);
    }
    for (var view : catalogue.allExportable()) {
      new ExportDescription(api, view, representations.fields(view)).add();
    }
    for (var path : api.getPaths().getPathItems().values()) {
      path.getOperations().values().forEach(ViewsOpenApi::addWhatAllHave);
      addConsistency(path);
    }
  }

  private static void addWhatAllHave(Operation operation) {
    var responses = operation.getResponses();
    var success = responses.getAPIResponse("200");
    if (success != null) {
      success.addHeader(
          ViewPosition.HEADER,
          Schemas.header(
              "How fresh the answer is at least: a dictionary (RFC 9651). `view`; `generation` of its tables; `events`, the number that it has taken; `newest`, when the newest of them was recorded; `complete-until`, a time up to which it has all events that were committed, by the clock of the event log's database, and `age`, the seconds since then (both absent if that is not known); `parked`, how many streams and rows have events that could not be applied (at most 1000 are counted), and `row-parked` if the row that was asked for is one of them; `rebuilding` while another generation is being built; `behind` if the view lacks what the consistency token speaks of."));
      success.addHeader("ETag", Schemas.header("Over the bytes of the answer; for If-None-Match."));
      success.addHeader(
          "Cache-Control",
          Schemas.header(
              "A cache of the client's own may keep the answer, and asks with its ETag before it gives it out again."));
    }
    add(operation, "304", "Unchanged since the ETag in If-None-Match.", false);
    add(operation, "400", "A parameter is unknown, or its value is not what it must be.", true);
    add(operation, "404", "There is no such thing in the view, as far as it has come.", true);
    if (!operation.getResponses().hasAPIResponse("503")) {
      var unavailable =
          OASFactory.createSchema()
              .addAnyOf(Schemas.ref(PROBLEM))
              .addAnyOf(Schemas.ref(VIEW_BEHIND));
      operation
          .getResponses()
          .addAPIResponse(
              "503",
              OASFactory.createAPIResponse()
                  .description(
                      "The database is away or overloaded, or the view has not come to what the consistency token speaks of; see Retry-After.")
                  .content(Schemas.content(Problem.MEDIA_TYPE, unavailable, null)));
    }
    add(operation, "500", "A defect; 'instance' is its id in the log.", true);
  }

  private static void addConsistency(PathItem path) {
    path.addParameter(
        inHeader(
            RequestedConsistency.HEADER,
            "What answers to commands had in this header: the query waits until the view has it. Several are separated by commas."));
    path.addParameter(
        Schemas.inQuery(RequestedConsistency.PARAMETER, "The same, for links.", Schemas.text()));
    path.addParameter(
        inHeader(
            "Prefer",
            "With a token: wait=<seconds> says how long to wait; handling=lenient has the answer as it is then, with `behind` in View-Position, rather than 503 (RFC 7240)."));
  }

  private static Parameter inHeader(String name, String description) {
    return OASFactory.createParameter()
        .name(name)
        .in(Parameter.In.HEADER)
        .description(description)
        .schema(Schemas.text());
  }

  private static void add(Operation operation, String status, String description, boolean problem) {
    if (operation.getResponses().hasAPIResponse(status)) {
      return;
    }
    var response = OASFactory.createAPIResponse().description(description);
    if (problem) {
      response.content(Schemas.content(Problem.MEDIA_TYPE, Schemas.ref(PROBLEM), null));
    }
    operation.getResponses().addAPIResponse(status, response);
  }
}
