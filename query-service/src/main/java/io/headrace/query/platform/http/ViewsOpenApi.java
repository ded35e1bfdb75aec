package io.headrace.query.platform.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.query.platform.read.RequestedConsistency;
import io.headrace.query.platform.read.ViewPosition;
import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.Sort;
import io.headrace.query.platform.view.ValueType;
import io.quarkus.arc.Arc;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.headers.Header;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

/**
 * Describes the endpoints that views get by themselves, and what all endpoints have in common: the
 * headers of an answer and the problems.
 *
 * <p>Runs at start, when the views are known; the schemas of the representations are found in the
 * build, by their {@code @Schema}.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.RUNTIME_STARTUP)
public class ViewsOpenApi implements OASFilter {

  private static final String JSON = "application/json";
  private static final String MONEY = "Money";
  private static final String PROBLEM = "Problem";
  private static final String VIEW_BEHIND = "ViewBehind";

  @Override
  public void filterOpenAPI(OpenAPI api) {
    var catalogue = Arc.requireContainer().instance(ViewCatalogue.class).get();
    var config = Arc.requireContainer().instance(PageConfig.class).get();
    var json = Arc.requireContainer().instance(ObjectMapper.class).get();
    if (api.getPaths() == null) {
      api.setPaths(OASFactory.createPaths());
    }
    if (api.getComponents() == null) {
      api.setComponents(OASFactory.createComponents());
    }
    api.getComponents().addSchema(MONEY, money());
    for (var view : catalogue.all()) {
      describe(api, view, config, json);
    }
    for (var path : api.getPaths().getPathItems().values()) {
      path.getOperations().values().forEach(ViewsOpenApi::addWhatAllHave);
      addConsistency(path);
    }
  }

  private static void describe(
      OpenAPI api, ResourceView<?, ?, ?> view, PageConfig config, ObjectMapper json) {
    var type = view.representation().getSimpleName();
    var row = ref(type);
    var example = json.valueToTree(view.example());
    var page = Map.of(view.name(), List.of(example));

    var one =
        operation(view, "get" + type, "One " + type.toLowerCase(Locale.ROOT), answer(row, example));
    one.addParameter(inPath(view.key()));
    addPath(api, "/" + view.name() + "/{" + view.key().name() + "}", one);

    addPath(
        api,
        "/" + view.name(),
        list(view, "list" + capital(view.name()), Set.of(), config, page, row));
    for (var within : view.within()) {
      var owner = ViewCatalogue.owner(view, within);
      var id = "list" + capital(view.name()) + "Of" + capital(within.collection());
      var list = list(view, id, Set.of(owner.name()), config, page, row);
      list.addParameter(inPath(owner));
      addPath(api, "/" + within.collection() + "/{" + owner.name() + "}/" + view.name(), list);
    }
    LiveOpenApi.describe(api, view);
  }

  private static Operation list(
      ResourceView<?, ?, ?> view,
      String id,
      Set<String> fixed,
      PageConfig config,
      Object example,
      Schema row) {
    var body =
        OASFactory.createSchema()
            .addType(SchemaType.OBJECT)
            .addRequired(view.name())
            .addProperty(
                view.name(), OASFactory.createSchema().addType(SchemaType.ARRAY).items(row));
    var answer = answer(body, example);
    answer.addHeader(
        "Link",
        header(
            "The pages beside this one: rel=\"next\" and rel=\"prev\", where there are any (RFC 8288)."));
    var list = operation(view, id, "Many " + view.name() + ", page by page", answer);
    for (var filter : view.filters()) {
      if (!fixed.contains(filter.name())) {
        list.addParameter(
            inQuery(filter.name(), "Only those with this value.", schema(filter.type())));
      }
    }
    var sorts = view.sorts().stream().map(Sort::parameter).toList();
    list.addParameter(
        inQuery(
            PageRequest.SORT,
            "The order; a minus means descending.",
            text().enumeration(new ArrayList<>(sorts)).defaultValue(sorts.getFirst())));
    list.addParameter(
        inQuery(
            PageRequest.LIMIT,
            "How many at most.",
            OASFactory.createSchema()
                .addType(SchemaType.INTEGER)
                .minimum(java.math.BigDecimal.ONE)
                .maximum(java.math.BigDecimal.valueOf(config.maxSize()))
                .defaultValue(config.size())));
    list.addParameter(
        inQuery(PageRequest.AFTER, "The cursor of the link to the next page.", text()));
    list.addParameter(
        inQuery(PageRequest.BEFORE, "The cursor of the link to the previous page.", text()));
    return list;
  }

  private static void addWhatAllHave(Operation operation) {
    var responses = operation.getResponses();
    var success = responses.getAPIResponse("200");
    if (success != null) {
      success.addHeader(
          ViewPosition.HEADER,
          header(
              "How fresh the answer is at least: a dictionary (RFC 9651). `view`; `generation` of its tables; `events`, the number that it has taken; `newest`, when the newest of them was recorded; `complete-until`, a time up to which it has all events that were committed, by the clock of the event log's database, and `age`, the seconds since then (both absent if that is not known); `parked`, how many streams and rows have events that could not be applied (at most 1000 are counted), and `row-parked` if the row that was asked for is one of them; `rebuilding` while another generation is being built; `behind` if the view lacks what the consistency token speaks of."));
      success.addHeader("ETag", header("Over the bytes of the answer; for If-None-Match."));
    }
    add(operation, "304", "Unchanged since the ETag in If-None-Match.", false);
    add(operation, "400", "A parameter is unknown, or its value is not what it must be.", true);
    add(operation, "404", "There is no such thing in the view, as far as it has come.", true);
    if (!operation.getResponses().hasAPIResponse("503")) {
      var unavailable = OASFactory.createSchema().addAnyOf(ref(PROBLEM)).addAnyOf(ref(VIEW_BEHIND));
      operation
          .getResponses()
          .addAPIResponse(
              "503",
              OASFactory.createAPIResponse()
                  .description(
                      "The database is away or overloaded, or the view has not come to what the consistency token speaks of; see Retry-After.")
                  .content(content(Problem.MEDIA_TYPE, unavailable, null)));
    }
    add(operation, "500", "A defect; 'instance' is its id in the log.", true);
  }

  private static void addConsistency(PathItem path) {
    path.addParameter(
        inHeader(
            RequestedConsistency.HEADER,
            "What answers to commands had in this header: the query waits until the view has it. Several are separated by commas."));
    path.addParameter(inQuery(RequestedConsistency.PARAMETER, "The same, for links.", text()));
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
        .schema(text());
  }

  private static void add(Operation operation, String status, String description, boolean problem) {
    if (operation.getResponses().hasAPIResponse(status)) {
      return;
    }
    var response = OASFactory.createAPIResponse().description(description);
    if (problem) {
      response.content(content(Problem.MEDIA_TYPE, ref(PROBLEM), null));
    }
    operation.getResponses().addAPIResponse(status, response);
  }

  private static Operation operation(
      ResourceView<?, ?, ?> view, String id, String summary, APIResponse answer) {
    return OASFactory.createOperation()
        .operationId(id)
        .summary(summary)
        .addTag(view.name())
        .responses(OASFactory.createAPIResponses().addAPIResponse("200", answer));
  }

  private static APIResponse answer(Schema schema, Object example) {
    return OASFactory.createAPIResponse()
        .description("As far as the view has come.")
        .content(content(JSON, schema, example));
  }

  private static Content content(
      String mediaType, Schema schema, @org.jspecify.annotations.Nullable Object example) {
    var media = OASFactory.createMediaType().schema(schema);
    if (example != null) {
      media.example(example);
    }
    return OASFactory.createContent().addMediaType(mediaType, media);
  }

  private static void addPath(OpenAPI api, String path, Operation operation) {
    api.getPaths().addPathItem(path, OASFactory.createPathItem().GET(operation));
  }

  private static Parameter inPath(Attribute<?> attribute) {
    return OASFactory.createParameter()
        .name(attribute.name())
        .in(Parameter.In.PATH)
        .required(true)
        .schema(schema(attribute.type()));
  }

  private static Parameter inQuery(String name, String description, Schema schema) {
    return OASFactory.createParameter()
        .name(name)
        .in(Parameter.In.QUERY)
        .description(description)
        .schema(schema);
  }

  private static Header header(String description) {
    return OASFactory.createHeader().description(description).schema(text());
  }

  private static Schema schema(ValueType type) {
    var schema = text().description("Must be " + type.expected() + ".");
    if (!type.format().isEmpty()) {
      schema.format(type.format());
    }
    if (!type.allowed().isEmpty()) {
      schema.enumeration(new ArrayList<>(type.allowed()));
    }
    return schema;
  }

  private static Schema text() {
    return OASFactory.createSchema().addType(SchemaType.STRING);
  }

  private static Schema ref(String name) {
    return OASFactory.createSchema().ref("#/components/schemas/" + name);
  }

  // The build sees a number where JSON has a string, since it knows nothing of @JsonFormat.
  private static Schema money() {
    return OASFactory.createSchema()
        .addType(SchemaType.OBJECT)
        .description("An exact amount with the currency's number of decimals.")
        .addRequired("amount")
        .addRequired("currency")
        .addProperty("amount", text().addExample("12.30"))
        .addProperty("currency", text().description("ISO 4217.").addExample("BRL"));
  }

  private static String capital(String name) {
    return Character.toUpperCase(name.charAt(0)) + name.substring(1);
  }
}
