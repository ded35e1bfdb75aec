package io.headrace.query.platform.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.query.platform.read.ViewPosition;
import io.quarkus.arc.Arc;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;

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
    }
    for (var view : catalogue.allExportable()) {
      new ExportDescription(api, view, representations.fields(view)).add();
    }
    for (var path : api.getPaths().getPathItems().values()) {
      path.getOperations().values().forEach(ViewsOpenApi::addWhatAllHave);
    }
  }

  private static void addWhatAllHave(Operation operation) {
    var responses = operation.getResponses();
    var success = responses.getAPIResponse("200");
    if (success != null) {
      success.addHeader(
          ViewPosition.HEADER,
          Schemas.header(
              "How fresh the answer is at least: a dictionary (RFC 9651) of the view, the generation of its tables, the number of events it has taken, and when the newest of them was recorded."));
      success.addHeader("ETag", Schemas.header("Over the bytes of the answer; for If-None-Match."));
      success.addHeader(
          "Cache-Control",
          Schemas.header(
              "A cache of the client's own may keep the answer, and asks with its ETag before it gives it out again."));
    }
    add(operation, "304", "Unchanged since the ETag in If-None-Match.", false);
    add(operation, "400", "A parameter is unknown, or its value is not what it must be.", true);
    add(operation, "404", "There is no such thing in the view, as far as it has come.", true);
    add(operation, "503", "The database is away or overloaded; see Retry-After.", true);
    add(operation, "500", "A defect; 'instance' is its id in the log.", true);
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
